"""`approval-gate`: ask people, hear what they say, and let a deployment use it once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _forge, _run, _tracker
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError
from counterseal.host.result import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from counterseal.checks.approvals.gate import Looked
    from counterseal.checks.approvals.sweep import Swept
    from counterseal.host import Host
    from counterseal.ledger.requests import Asked

_STAGE = "approval-gate"
_MODES = ("request", "decide", "wait", "sweep")

INPUTS = (
    Input("mode", "What to do: request, decide, wait or sweep."),
    Input("store", "Where the evidence and the requests are kept: s3://BUCKET/PREFIX, dir:PATH or a path."),
    Input("trust", "Trust file that every seal in the store must satisfy."),
    Input("key", "Signer that seals requests and records, such as env:COUNTERSEAL_SIGNING_KEY."),
    Input("environment", "Environment that the release goes to."),
    Input("simulate", "Evidence of a decision, to be decided again with something supposed; asks nobody."),
    Input(
        "suppose", "JSON file with what is supposed: events, without, facts, now; each as in that evidence."
    ),
    Input(
        "policy",
        "Path of the policy in the repository; it is read at a trusted ref, never from the change.",
        default=".github/counterseal.yml",
    ),
    Input("policy-ref", "Trusted ref in full, such as refs/heads/main; the default branch by default."),
    Input("request", "Id of the request; by default the one in the evidence folder."),
    Input(
        "use", "Whether this deployment uses the approval: it is verified again, and used once.", flag=True
    ),
    Input("change-class", "Class of change in the policy's words; by default that of the environment."),
    Input("reason", "Why; an emergency must have one."),
    Input("incident", "Incident that an emergency belongs to."),
    Input("change-record", "Key of the change record in the tracker that accompanies the request."),
    Input("pull-request", "Number of the pull request where people answer; by default an issue is opened."),
    Input("signed", "Signed approvals, as files; one a line.", multiple=True),
    Input("minutes", "How long to wait for a decision, from 1 to 30.", default="10"),
    Input("seconds", "How often to look while waiting, from 5 to 300.", default="20"),
    Input("dispatch", "Workflow file that a sweep starts when a request is approved, such as deploy.yml."),
    _forge.TOKEN,
    _forge.MEMBERS_TOKEN,
    _tracker.TRACKER_URL,
    _tracker.TRACKER_CREDENTIALS,
    _run.TIMESTAMP_URL,
    _run.EVIDENCE_DIR,
)
OUTPUTS = (
    Output("outcome", "What the decision means: passed, failed or inconclusive."),
    Output(
        "state", "What the request has come to: pending, approved, denied, expired, revoked or emergency."
    ),
    Output("request-id", "Id of the request."),
    Output("deadline", "First moment that is too late for people."),
    Output("expires-at", "Last moment at which the approval may be used."),
    Output("issue", "Number of the issue or pull request where people answer."),
    Output("decision-digest", "SHA-256 of the record's payload."),
    Output("open", "How many requests a sweep has looked at."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Do what the mode says; the exit code is that of the decision."""
    if inputs["suppose"] and not inputs["simulate"]:
        raise UsageError("something can be supposed in a simulation only", where="suppose")
    if inputs["simulate"]:
        from counterseal.commands.approvals import simulate

        return simulate(inputs, host)
    for name in ("mode", "store", "trust", "key"):
        if not inputs[name]:
            raise UsageError("this input is required", where=name)
    mode = inputs["mode"]
    if mode not in _MODES:
        raise UsageError(f"{mode[:40]!r} is no mode", where="mode", remedy=f"one of: {', '.join(_MODES)}")
    from counterseal.checks.approvals import verdict
    from counterseal.commands._desk import Desk

    desk = Desk(inputs, host)
    if mode == "sweep":
        return _swept_result(desk.sweep())
    if mode == "request":
        asked, looked = desk.request()
        state = looked.case.decision.state
        return _result(asked, looked, exit_code=0, headline=f"request {asked.id} is asked, and {state}")
    asked, looked, digest = desk.decide() if mode == "decide" else desk.wait()
    return _result(asked, looked, exit_code=verdict.exit_code(looked.case), digest=digest)


def _result(asked: Asked, looked: Looked, *, exit_code: int, digest: str = "", headline: str = "") -> Result:
    from counterseal.checks.approvals import verdict
    from counterseal.checks.approvals.messages import state

    case, decision = looked.case, looked.case.decision
    outputs = {
        "outcome": verdict.outcome(case),
        "state": decision.state,
        "request-id": asked.id,
        "deadline": decision.deadline or "",
        "expires-at": decision.expires_at or "",
        "issue": str(asked.request.issue or ""),
        "decision-digest": digest,
    }
    return Result(
        outcome="passed" if headline else verdict.outcome(case),
        exit_code=exit_code,
        headline=headline or f"request {asked.id} is {decision.state}",
        reasons=_run.reasons((*verdict.reasons(case), *looked.notes)),
        digests={"record": digest} if digest else {},
        outputs=outputs,
        summary=f"### Approval: {decision.state}\n\n{state(case)}\n",
    )


def _swept_result(swept: Iterable[Swept]) -> Result:
    from counterseal.host.markdown import code, escape, table

    done = list(swept)
    outcome = "inconclusive" if any(one.unclear for one in done) else "passed"
    rows = [
        [code(one.id), str(one.case.decision.state) if one.case else "unknown", escape(", ".join(one.told))]
        for one in done
    ]
    return Result(
        outcome=outcome,
        exit_code=_run.EXIT_CODES[outcome],
        headline=f"{len(done)} open requests, {sum(len(one.told) for one in done)} steps told",
        reasons=tuple(_unclear(one) for one in done if one.unclear),
        outputs={"outcome": outcome, "open": str(len(done))},
        summary=f"### Open requests\n\n{table(['request', 'state', 'told now'], rows)}",
    )


def _unclear(swept: Swept) -> Reason:
    """Return why it is not known what became of a request."""
    if swept.error is not None:
        return Reason("sweep", swept.error.diagnosis()[:1000], swept.id, None, swept.error.remedy)
    rules = sorted({one.rule for one in swept.case.decision.reasons}) if swept.case else []
    return Reason("sweep", f"something could not be found out: {', '.join(rules)}", swept.id)


COMMAND = Command(
    _STAGE, "Ask people, hear what they say, and let a deployment use it once.", INPUTS, OUTPUTS, run
)
