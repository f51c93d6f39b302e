"""External change records: what the board's own tool says about a request."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.approval.board import needs_board
from counterseal.approval.model import ChangeRecord, Event
from counterseal.clients.tracker import Tracker
from counterseal.errors import CountersealError
from counterseal.manifest.approval import ApprovalRequest
from counterseal.policy.approval import ApprovalPolicy, ChangeClass
from counterseal.policy.forge import Gap

_ACTIONS = {"approved": "approve", "rejected": "deny"}


def change_record(
    tracker: Tracker | None, request: ApprovalRequest, policy: ApprovalPolicy
) -> tuple[ChangeRecord | None, Gap | None]:
    """Return the change record that a request names, or why it cannot be told what it says.

    Where the record is only compared with, what cannot be told holds nothing up.

    Args:
        tracker: the tracker; None where this run has none.
        request: what was asked.
        policy: the policy's section `approval`.
    """
    if request.ticket is None:
        return None, None
    rules = policy.classes.get(request.change_class)
    matters = rules is not None and (needs_board(rules, policy) or _counts(rules))
    try:
        return (
            (None, _unasked(request, matters)) if tracker is None else (_read(tracker, request.ticket), None)
        )
    except CountersealError as error:
        return None, _gap(error.diagnosis(), request.ticket) if matters else None


def record_events(record: ChangeRecord | None, rules: ChangeClass | None) -> Iterator[Event]:
    """Yield what a change record's approvers decided, for a class with a stage that names this source."""
    if record is None or record.at is None or rules is None or not _counts(rules):
        return
    if action := _ACTIONS.get(record.verdict):
        for name in record.approvers:
            yield Event(
                id=f"change-record:{record.key}:{name}"[:1024],
                source="change-record",
                action=action,  # type: ignore[arg-type]
                at=record.at,
                tracker=name,
                candidate=record.candidate,
            )


def _counts(rules: ChangeClass) -> bool:
    return any("change-record" in stage.sources for stage in rules.stages)


def _read(tracker: Tracker, key: str) -> ChangeRecord:
    found = tracker.change(key)
    return ChangeRecord(
        key=found.key,
        verdict=found.verdict or "pending",
        approvers=found.approvers,
        at=found.decided_at,
        candidate=found.candidate,
        window_from=found.window_from,
        window_until=found.window_until,
    )


def _unasked(request: ApprovalRequest, matters: bool) -> Gap | None:
    message = "no tracker is named here (inputs tracker-url and tracker-credentials)"
    return _gap(message, request.ticket) if matters else None


def _gap(message: str, key: str | None) -> Gap:
    return Gap(topic="change-record", message=message[:1000], subject=key)
