"""External change records: what the board's own tool says about a request."""

from __future__ import annotations

from counterseal.approval.model import ChangeRecord
from counterseal.clients.tracker import Tracker
from counterseal.errors import CountersealError
from counterseal.policy.forge import Gap


def change_record(tracker: Tracker, key: str) -> tuple[ChangeRecord | None, Gap | None]:
    """Return a change record, or why it cannot be told what it says."""
    try:
        found = tracker.change(key)
    except CountersealError as error:
        return None, Gap(topic="change-record", message=error.diagnosis()[:1000], subject=key[:200])
    record = ChangeRecord(
        key=found.key,
        verdict=found.verdict or "pending",
        approvers=found.approvers,
        at=found.decided_at,
        candidate=found.candidate,
        window_from=found.window_from,
        window_until=found.window_until,
    )
    return record, None
