"""The change record: what an external board has decided about the same change, where the policy needs it."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.approval.model import ChangeRecord, Facts
from counterseal.approval.moments import order
from counterseal.approval.roll import Roll
from counterseal.host.text import one_line
from counterseal.manifest.approval import ApprovalRequest
from counterseal.manifest.record import Reason
from counterseal.policy.approval import ApprovalPolicy, ChangeClass

FINAL = "change-record-rejected"
"""The rule of a record that says no."""


def needs_board(rules: ChangeClass, policy: ApprovalPolicy) -> bool:
    """Tell whether the change record has to be approved, and is not only compared."""
    return rules.change_record and not (policy.parity and policy.parity.binding == "counterseal")


def unmet(request: ApprovalRequest, facts: Facts, roll: Roll, now: str) -> Iterator[Reason]:
    """Yield what the change record lacks.

    Args:
        request: what was asked.
        facts: what is true.
        roll: who is who.
        now: the moment of the decision.
    """
    record = facts.change_record
    if record is None:
        yield _reason("change-record-missing", "there is no change record", request.ticket, "create one")
        return
    if record.verdict in {"rejected", "cancelled"}:
        yield _reason(FINAL, f"the change record is {record.verdict}", record.key, "ask again, with another")
    elif record.verdict != "approved":
        yield _reason("change-record-pending", "it is not approved yet", record.key, "let the board decide")
    if request.ticket and record.key != request.ticket:
        message = f"the request names {one_line(request.ticket, limit=100)}"
        yield _reason("change-record-other", message, record.key, "ask again, with this one")
    if record.candidate != request.binding.candidate.sha256:
        message = "it does not carry the candidate's digest"
        yield _reason("change-record-candidate", message, record.key, "write the candidate's digest into it")
    if record.verdict == "approved":
        yield from _approvers(record, roll)
    if facts.using:
        yield from _window(record, now)


def _approvers(record: ChangeRecord, roll: Roll) -> Iterator[Reason]:
    if not record.approvers:
        yield _reason("change-record-approver", "nobody knows who approved it", record.key)
    for name in record.approvers:
        person = roll.identities.person_of_tracker(name)
        shown = one_line(name, limit=100)
        if person is None:
            remedy = "add their tracker id to the identity map"
            message = f"nobody knows who approved it: {shown}"
            yield _reason("change-record-approver", message, record.key, remedy)
        elif conflict := roll.conflict(person):
            message = f"{shown} approved it and is {conflict.role} of the change"
            yield _reason("change-record-conflict", message, record.key, "let somebody else approve it")


def _window(record: ChangeRecord, now: str) -> Iterator[Reason]:
    """Yield why the planned window does not hold the moment; both of its ends belong to it."""
    at = order(now)
    early = record.window_from is not None and at < order(record.window_from)
    late = record.window_until is not None and order(record.window_until) < at
    if early or late:
        message = (
            f"its window is from {record.window_from or 'any time'} until {record.window_until or 'any time'}"
        )
        yield _reason("change-record-window", message, record.key, "deploy inside the window")


def _reason(rule: str, message: str, subject: str | None, remedy: str | None = None) -> Reason:
    return Reason(rule=rule, message=message, subject=subject, remedy=remedy)
