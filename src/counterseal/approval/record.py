"""A decision as other documents need it: approvals for the manifest, an outcome for the control record."""

from __future__ import annotations

from collections.abc import Iterable

from counterseal.approval.model import Counted, Decision, Event, State
from counterseal.errors import ApprovalMissing, Inconclusive
from counterseal.manifest.approval import ApprovalRequest
from counterseal.manifest.record import Digest
from counterseal.manifest.release import Approval, Person
from counterseal.manifest.types import Outcome


def approvals_of(
    request: ApprovalRequest, events: Iterable[Event], decision: Decision, *, record: Digest | None = None
) -> tuple[Approval, ...]:
    """Return every act that counted, as the manifest lists it: approvals stage by stage, then denials.

    Args:
        request: what was asked.
        events: the events that the decision was made from.
        decision: the decision.
        record: the payload digest of the sealed record of the decision.
    """
    at = {event.id: event for event in events}
    counted = [(stage.name, "approved", one) for stage in decision.stages for one in stage.counted]
    counted += [(at[one.event].stage or "any", "denied", one) for one in decision.denied_by]
    return tuple(
        Approval(
            stage=stage,
            person=_person(one, at[one.event]),
            role=one.group,
            decision=word,
            requested_at=request.requested_at,
            decided_at=at[one.event].at,
            candidate=request.binding.candidate,
            expires_at=decision.expires_at if word == "approved" else None,
            record=record,
        )
        for stage, word, one in counted
    )


def outcome_of(decision: Decision) -> Outcome:
    """Return what a decision is for the control record: a definite no outranks what is uncertain."""
    if decision.state in {State.DENIED, State.REVOKED}:
        return Outcome.FAILED
    if not decision.certain:
        return Outcome.INCONCLUSIVE
    return Outcome.PASSED if decision.lets_through else Outcome.FAILED


def exit_code_of(decision: Decision) -> int:
    """Return the exit code of a command that tells a decision."""
    match outcome_of(decision):
        case Outcome.PASSED:
            return 0
        case Outcome.INCONCLUSIVE:
            return Inconclusive.exit_code
        case Outcome.FAILED:
            return ApprovalMissing.exit_code


def _person(one: Counted, event: Event) -> Person:
    if one.account:
        return Person(id=one.account.id, login=one.account.login, text=one.person)
    return Person(text=f"{one.person} ({event.keyid or event.tracker})")
