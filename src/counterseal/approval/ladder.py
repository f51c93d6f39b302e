"""The ladder: the steps that are due, each with a name that never changes, so that it is done once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from counterseal.approval.emergency import Review
from counterseal.approval.model import StageResult, Step
from counterseal.approval.moments import order
from counterseal.approval.timetable import Timetable


def nudges(times: Timetable, stages: Sequence[StageResult], now: str) -> Iterator[Step]:
    """Yield the reminders and escalations that are due by now, while people are still needed.

    Args:
        times: the timetable.
        stages: what each stage has come to.
        now: the moment.
    """
    waiting = next((stage for stage in stages if not stage.passed), None)
    if waiting is None:
        return
    for rung in times.reminders:
        if order(rung.at) <= order(now):
            yield Step(key=f"remind-{rung.percent}", kind="remind", due_at=rung.at, groups=waiting.who)
    added: dict[int, list[str]] = {}
    for rung in times.escalations:
        added.setdefault(rung.percent, []).extend(rung.groups)
    due = {rung.percent: rung.at for rung in times.escalations if order(rung.at) <= order(now)}
    for percent, at in due.items():
        groups = tuple(dict.fromkeys(added[percent]))
        yield Step(key=f"escalate-{percent}", kind="escalate", due_at=at, groups=groups)


def endings(deadline: str | None, expires_at: str | None, owed: Review | None, now: str) -> Iterator[Step]:
    """Yield the steps that follow when nothing more can be decided.

    Args:
        deadline: the deadline of a request that has expired; None of one that has not.
        expires_at: the last moment at which its approval could be used, None where there was none.
        owed: the review that an emergency owes.
        now: the moment.
    """
    if deadline:
        yield Step(key="expire", kind="expire", due_at=max(deadline, expires_at or deadline, key=order))
    if owed and not owed.result.passed and order(owed.due_at) <= order(now):
        yield Step(key="post-review-due", kind="post-review-due", due_at=owed.due_at, groups=owed.result.who)
