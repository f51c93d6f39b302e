"""`branch-policy`: judge a change by the stated policy before anything is built of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from counterseal.commands import _forge, _policy, _run, _tracker
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from counterseal.checks.branch_case import BranchCase, Judged
    from counterseal.checks.evidence import Facts
    from counterseal.checks.trusted import Trusted
    from counterseal.host import Host
    from counterseal.manifest.record import EvidenceReference, Origin
    from counterseal.store.casefile import CaseFile

_STAGE = "branch-policy"


INPUTS = (
    _policy.POLICY,
    _policy.POLICY_REF,
    _policy.POLICY_FILE,
    _forge.TOKEN,
    _forge.MEMBERS_TOKEN,
    _tracker.TRACKER_URL,
    _tracker.TRACKER_CREDENTIALS,
    Input("simulate", "JSON file with the facts of changes, such as the evidence of a run; asks nobody."),
    Input("suppose", "JSON file with what is supposed to exist besides: reviews, commits, files, tickets."),
    Input(
        "key",
        "Signer that seals the record at once, such as env:COUNTERSEAL_SIGNING_KEY; by default at upload.",
    ),
    _run.TIMESTAMP_URL,
    _run.EVIDENCE_DIR,
)
OUTPUTS = (
    Output("outcome", "What the rules say: passed, failed or inconclusive."),
    Output("record-digest", "SHA-256 of the record's payload; empty for a simulation."),
    Output("pull-request", "Numbers of the pull requests that were judged, separated by spaces."),
    Output("commits", "How many commits were judged."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Judge the change that the event is about; the exit code is the record's outcome."""
    from counterseal.checks.branch_case import facts_of, judge_case

    simulated = bool(inputs["simulate"])
    if inputs["suppose"] and not simulated:
        raise UsageError("something can be supposed in a simulation only", where="suppose")
    if simulated:
        case = _simulated(inputs, host)
        judged = judge_case(case)
        return _result(case, judged, facts_of(case, judged), "")
    files = _run.case_file(host, inputs)
    files.require_new(_STAGE, _STAGE)
    origin = _origin(host)
    case, trusted = _observed(inputs, host)
    judged = judge_case(case)
    facts = facts_of(case, judged)
    digest = _file(inputs, host, files, origin, _evidence(files, case, trusted), facts)
    return _result(case, judged, facts, digest)


def _observed(inputs: Inputs, host: Host) -> tuple[BranchCase, Trusted]:
    from counterseal.checks.branch import Observer
    from counterseal.clients.veil import veiled_forge, veiled_tracker
    from counterseal.host.event import read_event

    event = read_event(host.env)
    forge = _forge.open_forge(inputs, host)
    trusted = (
        _policy.of_machine(inputs, host)
        if inputs["policy-file"]
        else _policy.of_forge(inputs, host, forge, event)
    )
    rules, names = trusted.policy.branch, trusted.pseudonyms
    tracker = _tracker.open_tracker(inputs, host, rules.tickets.tracker if rules and rules.tickets else None)
    observer = Observer(veiled_forge(forge, names), trusted, host.cwd, veiled_tracker(tracker, names))
    return observer.observe(event, host.context.ref, host.context.sha), trusted


def _simulated(inputs: Inputs, host: Host) -> BranchCase:
    from counterseal.checks.branch_case import read_case
    from counterseal.checks.branch_simulate import read_supposition, suppose, under

    case = read_case(_run.read_file(host, inputs["simulate"]), inputs["simulate"])
    if inputs["policy-file"]:
        case = under(case, _policy.of_machine(inputs, host))
    if inputs["suppose"]:
        what = read_supposition(_run.read_file(host, inputs["suppose"]), inputs["suppose"])
        case = suppose(case, what)
    return case


def _origin(host: Host) -> Origin:
    """Return the commit and run that the record belongs to; a runner without a checkout knows both."""
    from counterseal.manifest.record import Origin

    context = host.context
    checked_out = any(os.path.lexists(folder / ".git") for folder in (host.cwd, *host.cwd.parents))
    if checked_out or context.sha is None or not host.in_actions:
        return _run.origin(host)
    return Origin(repository=_run.repository_uri(host), commit=context.sha, run=_run.run_name(host))


def _evidence(files: CaseFile, case: BranchCase, trusted: Trusted) -> tuple[EvidenceReference, ...]:
    """Keep the facts and the policy in the case file."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
        facts = _written(Path(folder) / "facts.json", case.encode())
        policy = _written(Path(folder) / "policy.yml", trusted.data)
        return (
            files.add_file(facts, "branch-policy.json", "application/json"),
            files.add_file(policy, "counterseal.yml", "application/yaml"),
        )


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _file(
    inputs: Inputs,
    host: Host,
    files: CaseFile,
    origin: Origin,
    evidence: tuple[EvidenceReference, ...],
    facts: Facts,
) -> str:
    """File the control record and return its digest."""
    from counterseal import __version__
    from counterseal.checks.evidence import Observation
    from counterseal.manifest.digest import sha256
    from counterseal.manifest.record import Tool

    seen = Observation(
        stage=_STAGE,
        name=_STAGE,
        kind="change-control",
        origin=origin,
        facts=facts,
        evidence=evidence,
        tool=Tool(name="counterseal", version=__version__),
    )
    return sha256(files.add_record(seen.write(_run.now()), _run.seal_at_once(host, inputs)))


def _result(case: BranchCase, judged: tuple[Judged, ...], facts: Facts, digest: str) -> Result:
    from counterseal.checks.branch_report import headline, summary
    from counterseal.manifest.types import Outcome

    pulls = [one.subject.change.pull_request for one in judged if one.subject.change.pull_request]
    outcome = facts.outcome
    blocking = [one for one in facts.reasons if outcome is not Outcome.PASSED]
    return Result(
        outcome=outcome,
        exit_code=_run.EXIT_CODES[outcome],
        headline=headline(case, judged, simulated=not digest),
        reasons=_run.reasons(blocking or facts.reasons),
        digests={"record": digest} if digest else {},
        outputs={
            "outcome": outcome,
            "record-digest": digest,
            "pull-request": " ".join(str(pull.number) for pull in pulls),
            "commits": str(facts.counts["commits"]),
        },
        summary=summary(case, judged, simulated=not digest),
    )


COMMAND = Command(_STAGE, "Judge a change by the stated policy before it is built.", INPUTS, OUTPUTS, run)
