"""When to look again: the next moment at which time alone may change what a request has come to."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.approval.emergency import Review
from counterseal.approval.matter import Matter
from counterseal.approval.model import State
from counterseal.approval.moments import earliest, later

_OPEN = {State.PENDING, State.APPROVED, State.EMERGENCY}


def next_wake(matter: Matter, state: State, owed: Review | None) -> str | None:
    """Return the moment; None when nothing more can happen by time alone.

    Args:
        matter: what is known.
        state: what it has come to.
        owed: the review that is owed.
    """
    moments = [owed.due_at] if owed and not owed.result.passed else []
    if matter.hearing.ahead:
        moments.append(matter.hearing.ahead)
    if state in _OPEN:
        moments += _edges(matter)
    return earliest(moments, after=matter.now)


def _edges(matter: Matter) -> Iterator[str]:
    for freeze in matter.freezes:
        yield from (freeze.begins, freeze.ends)
    if not matter.rules.break_glass:
        yield from (debt.due_at for debt in matter.facts.debts)
    if record := matter.facts.change_record:
        yield from (edge for edge in (record.window_from, record.window_until) if edge)
    if matter.hearing.expires_at:
        yield later(matter.hearing.expires_at, seconds=1)
    else:
        yield from (rung.at for rung in (*matter.times.reminders, *matter.times.escalations))
    yield matter.times.deadline
