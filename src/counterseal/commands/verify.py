"""`verify`: check artifacts, bundles, a chain or a whole store, offline, and say what is wrong and where."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from counterseal.commands import _run
from counterseal.commands._base import Command, Input, Inputs, Output, Reason, Result
from counterseal.errors import (
    ControlFailed,
    CountersealError,
    Inconclusive,
    NothingToJudge,
    SealError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from counterseal.host import Host
    from counterseal.manifest.statement import Statement
    from counterseal.seal.trust import Trust

_BUNDLE_LIMIT = 24 * 1024 * 1024
_MOST_LINES = 200
_UNLISTED = "listing-unreadable"
_UNSEEN = {_UNLISTED, NothingToJudge.code}  # says what was not seen, and not that something is wrong
_NO_ANCHOR = (
    "no-anchor: a store that was put back to an earlier state looks sound: "
    "give a checkpoint that was kept elsewhere as anchor"
)

INPUTS = (
    Input("trust", "Trust file: whose seals are believed, for what and when.", required=True),
    Input("artifacts", "Artifacts that a bundle must vouch for: paths or glob patterns.", multiple=True),
    Input("bundles", "Sealed bundles: manifests, records, provenance or checkpoints.", multiple=True),
    Input("store", "Store to verify: s3://BUCKET/PREFIX, dir:PATH or a path."),
    Input("stream", "Name of the one chain to verify; by default all of the store."),
    Input("sequence", "The one release of the stream to verify; by default all."),
    Input("anchor", "Checkpoint bundle that was kept elsewhere; the chain must still contain it."),
)
OUTPUTS = (
    Output("outcome", "passed, failed or inconclusive."),
    Output("checked", "How many signatures were verified."),
    Output("artifacts", "How many artifacts were held against the bundles."),
    Output("findings", "How many things are wrong."),
)


@dataclass
class Seen:
    """What a verification came across so far.

    Attributes:
        checked: how many signatures held.
        artifacts: how many artifacts were held against the bundles.
        reasons: what is wrong.
        notes: what is not wrong and worth knowing.
    """

    checked: int = 0
    artifacts: int = 0
    reasons: list[Reason] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def run(inputs: Inputs, host: Host) -> Result:
    """Verify what was named; nothing named is nothing judged."""
    from counterseal.seal.trust import parse_trust

    if not (inputs["store"] or inputs.many("bundles")):
        raise UsageError("name a store or bundles to verify", where="store, bundles")
    if inputs.many("artifacts") and not inputs.many("bundles"):
        raise UsageError("name the bundles that should vouch for the artifacts", where="artifacts")
    trust = parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"])
    seen = Seen()
    if inputs.many("bundles"):
        _verify_bundles(inputs, host, trust, seen)
    if inputs["store"]:
        _verify_store(inputs, host, trust, seen)
    return _result(seen)


def _verify_bundles(inputs: Inputs, host: Host, trust: Trust, seen: Seen) -> None:
    """Verify each bundle, and that what passed in them vouches for every artifact."""
    from counterseal.host.files import expand
    from counterseal.ledger.verify_artifacts import refusal, vouched

    statements: dict[str, Statement] = {}
    for path in expand(inputs.many("bundles"), host.cwd):
        name = os.path.relpath(path, host.cwd)
        try:
            statements[name] = _open(_run.read_file(host, name, _BUNDLE_LIMIT), trust, name)
        except CountersealError as error:
            seen.reasons.append(
                Reason(error.code, error.message, subject=error.where or name, remedy=error.remedy)
            )
    seen.checked += len(statements)
    if inputs.many("artifacts"):
        for name, statement in statements.items():
            if (problem := refusal(statement)) is not None:
                seen.reasons.append(Reason(ControlFailed.code, problem, subject=name))
        proven = {digest for statement in statements.values() for digest in vouched(statement)}
        _hold_against(proven, expand(inputs.many("artifacts"), host.cwd), seen)


def _hold_against(proven: set[str], artifacts: Iterable[Path], seen: Seen) -> None:
    from counterseal.host.files import hash_file

    for path in artifacts:
        seen.artifacts += 1
        digest, _ = hash_file(path)
        if digest not in proven:
            message = "no release that passed and no provenance vouches for an artifact with this digest"
            seen.reasons.append(Reason("artifact", message, subject=path.name, digest=digest))


def _open(data: bytes, trust: Trust, where: str) -> Statement:
    """Return the statement in a bundle whose seal is trusted for what it says it is."""
    from counterseal.ledger.opened import open_attestation, open_sealed, read_unverified, role_of
    from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE

    announced = read_unverified(data, where=where).statement.predicate_type
    if announced == PROVENANCE:
        return open_attestation(data, trust, where=where).statement
    return open_sealed(data, trust, role_of(announced), where=where).statement


def _verify_store(inputs: Inputs, host: Host, trust: Trust, seen: Seen) -> None:
    from counterseal.checks.approvals.decided import decision_problems
    from counterseal.ledger.verify import verify_store

    report = verify_store(
        _run.store_to_read(inputs, host),
        trust,
        stream=inputs["stream"] or None,
        sequence=_run.sequence(inputs),
        anchor=_run.read_file(host, inputs["anchor"]) if inputs["anchor"] else None,
        inspect=decision_problems,
        now=_run.now(),
    )
    seen.checked += report.signatures
    seen.reasons += [Reason(one.code, one.message, subject=one.where) for one in report.findings]
    seen.notes += [f"{one.code}: {one.where}: {one.message}" for one in report.notices]
    if not inputs["anchor"]:
        seen.notes.append(_NO_ANCHOR)


def _result(seen: Seen) -> Result:
    from counterseal.host.markdown import escape

    reasons = seen.reasons
    outputs = {
        "outcome": "passed",
        "checked": str(seen.checked),
        "artifacts": str(seen.artifacts),
        "findings": str(len(reasons)),
    }
    if not seen.checked and all(one.rule == NothingToJudge.code for one in reasons):
        raise NothingToJudge(
            "nothing sealed was found", remedy="check the store and the stream that were named"
        )
    notes = [f"note: {note}" for note in seen.notes[:_MOST_LINES]]
    lines = "".join(f"- {escape(one)}\n" for one in [*(one.line() for one in reasons[:_MOST_LINES]), *notes])
    summary = f"### Verification: {len(reasons)} findings, {seen.checked} signatures\n\n{lines}"
    text = "\n".join(f"  {note}" for note in notes)
    if not reasons:
        headline = f"{seen.checked} signatures verify"
        return Result.passed(headline, outputs=outputs, summary=summary, text=text)
    outcome, code = _verdict({one.rule for one in reasons})
    outputs["outcome"] = outcome
    headline = f"{len(reasons)} findings among {seen.checked} verified signatures"
    return Result(outcome, code, headline, tuple(reasons), {}, outputs, summary, (), text)


def _verdict(rules: set[str]) -> tuple[str, int]:
    """Return outcome and exit code of findings: what is proven wrong outranks what was not seen."""
    if rules <= _UNSEEN and _UNLISTED in rules:
        return "inconclusive", Inconclusive.exit_code
    if rules - _UNSEEN == {ControlFailed.code}:
        return "failed", ControlFailed.exit_code
    return "failed", SealError.exit_code


COMMAND = Command("verify", "Check seals, chains and whole stores, offline.", INPUTS, OUTPUTS, run)
