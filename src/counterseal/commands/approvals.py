"""`approval-gate replay` and `approve`: decide again from a file, and decide with a key of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _people, _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError
from counterseal.host.result import Reason

if TYPE_CHECKING:
    from counterseal.host import Host
    from counterseal.ledger.requests import Asked
    from counterseal.seal.trust import Trust

_ACTIONS = ("approve", "deny", "withdraw")


def _replay(inputs: Inputs, host: Host) -> Result:
    """Decide again from everything that a decision was made from, and compare."""
    from counterseal.approval.replay import differs, read_case, replay
    from counterseal.manifest.digest import sha256

    data = _run.read_file(host, inputs["case"])
    case = read_case(data, inputs["case"])
    again, differing = replay(case), differs(case)
    reasons = tuple(
        Reason("decision-replays", f"{name} is not what the case comes to", name) for name in differing
    )
    said = f"the decision of {case.now} is {again.state}"
    return Result(
        outcome="failed" if differing else "passed",
        exit_code=12 if differing else 0,
        headline=f"{said}, and the one on record differs" if differing else f"{said}, as it is on record",
        reasons=(*reasons, *_run.reasons(again.reasons)),
        digests={"case": sha256(data)},
        outputs={"state": again.state, "request-id": case.request_id},
    )


def simulate(inputs: Inputs, host: Host) -> Result:
    """Decide a case again with something supposed: what if this review existed? Nobody is asked."""
    from msgspec.structs import replace

    from counterseal.approval.replay import read_case
    from counterseal.approval.simulate import Supposition, read_supposition, suppose
    from counterseal.checks.approvals import verdict

    case = read_case(_run.read_file(host, inputs["simulate"]), inputs["simulate"])
    path = inputs["suppose"]
    what = read_supposition(_run.read_file(host, path), path) if path else Supposition()
    decision = suppose(case, events=what.events, without=what.without, facts=what.facts, now=what.now)
    supposed = replace(case, decision=decision, facts=what.facts or case.facts)
    return Result(
        outcome=verdict.outcome(supposed),
        exit_code=verdict.exit_code(supposed),
        headline=f"simulated: {case.request_id} would be {decision.state} and is {case.decision.state}",
        reasons=_run.reasons(verdict.reasons(supposed)),
        outputs={
            "outcome": verdict.outcome(supposed),
            "state": decision.state,
            "request-id": case.request_id,
            "deadline": decision.deadline or "",
            "expires-at": decision.expires_at or "",
        },
    )


def _approve(inputs: Inputs, host: Host) -> Result:
    """Sign a decision about one request, after showing what it is about."""
    from counterseal.manifest.approval import SIGNED_APPROVAL, SignedApproval
    from counterseal.manifest.digest import sha256
    from counterseal.manifest.statement import Statement, encode_statement, subject_of_file
    from counterseal.manifest.types import format_time
    from counterseal.seal.trust import parse_trust
    from counterseal.seal.verify import open_bundle

    if inputs["action"] not in _ACTIONS:
        raise UsageError("decide to approve, deny or withdraw", where="action")
    trust = parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"])
    asked = _asked(inputs, host, trust)
    binding = asked.request.binding
    if inputs["candidate"] != binding.candidate.sha256:
        raise UsageError(
            f"the request is about the candidate {binding.candidate.sha256}",
            where="candidate",
            remedy="compare what you looked at with what the request is about",
        )
    names = _people.pseudonyms(host, None)
    said = SignedApproval(
        request=asked.id,
        candidate=binding.candidate,
        action=inputs["action"],  # type: ignore[arg-type]
        signed_at=format_time(_run.now()),
        stage=_run.slug(inputs, "stage") if inputs["stage"] else None,
        reason=(names.prose(inputs["reason"]) if names else inputs["reason"]) or None,
    )
    subject = subject_of_file("candidate", binding.candidate.sha256)
    payload = encode_statement(Statement((subject,), SIGNED_APPROVAL, said))
    bundle = _run.open_sealer(host, inputs["key"], inputs["timestamp-url"]).seal(payload)
    open_bundle(bundle, trust, role="approval", where="key")  # a key that nobody believes decides nothing
    path = _run.write_file(host, inputs["out"], bundle)
    return Result(
        outcome="passed",
        exit_code=0,
        headline=f"signed: {said.action} request {asked.id}",
        digests={"approval": sha256(payload), "candidate": binding.candidate.sha256},
        outputs={"file": str(path), "request-id": asked.id},
        text=_shown(asked),
    )


def _asked(inputs: Inputs, host: Host, trust: Trust) -> Asked:
    """Return the request that is decided about: from the store, or from the file that was sent."""
    from counterseal.ledger.requests import RequestBook, read_request

    path, name = inputs["request-file"], inputs["request"]
    if bool(path) == bool(inputs["store"]) or bool(path) == bool(name):
        raise UsageError("give either request and store, or request-file", where="request")
    if path:
        return read_request(_run.read_file(host, path), trust, path)
    return RequestBook(_run.store_to_read(inputs, host), trust).read(name)


def _shown(asked: Asked) -> str:
    """Return what is decided about, for the person who decides."""
    from counterseal.host.text import one_line

    binding = asked.request.binding
    rows = {
        "repository": binding.repository,
        "environment": binding.environment,
        "commit": binding.commit,
        "tree": binding.tree,
        "candidate": binding.candidate.sha256,
        "asked at": asked.request.requested_at,
        "class": asked.request.change_class,
    }
    return "\n".join(f"{name:<12} {one_line(value, limit=200)}" for name, value in rows.items())


REPLAY = Command(
    "approval-gate replay",
    "Decide again from the evidence of a decision, offline, and compare.",
    (Input("case", "The evidence of a decision: approval-case.json.", required=True),),
    (
        Output("state", "What the request comes to."),
        Output("request-id", "Id of the request."),
    ),
    _replay,
)
APPROVE = Command(
    "approve",
    "Sign a decision about a request with a key of your own.",
    (
        Input("store", "Where the request is kept: s3://BUCKET/PREFIX, dir:PATH or a path."),
        Input("trust", "Trust file that the request's seal must satisfy, and yours.", required=True),
        Input("request", "Id of the request, in the store."),
        Input("request-file", "The sealed request as a file, where there is no access to the store."),
        Input("candidate", "Digest of the candidate that you looked at.", required=True),
        Input("action", "What you decide: approve, deny or withdraw.", default="approve"),
        Input(
            "key",
            "Your own key, such as file:me.pem; the trust file gives it the role approval.",
            required=True,
        ),
        Input("out", "File to write the signed decision to.", required=True),
        Input("stage", "Stage that it is meant for; by default every stage that you may decide in."),
        Input("reason", "Why."),
        _run.TIMESTAMP_URL,
    ),
    (
        Output("file", "Path of the signed decision."),
        Output("request-id", "Id of the request."),
    ),
    _approve,
)
