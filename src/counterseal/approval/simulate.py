"""What if: a case decided again, with something that did not happen, or without something that did."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from counterseal.approval.decide import decide
from counterseal.approval.model import Case, Decision, Event, Facts


def suppose(
    case: Case,
    *,
    events: Iterable[Event] = (),
    without: Collection[str] = (),
    facts: Facts | None = None,
    now: str | None = None,
) -> Decision:
    """Return what the case would have come to; the case itself stays as it is.

    Args:
        case: what really was.
        events: what else is supposed to have happened.
        without: the ids of events that are supposed not to have happened.
        facts: what is supposed to be true instead.
        now: the moment that it is supposed to be.
    """
    kept = tuple(event for event in case.events if event.id not in without)
    return decide(
        case.request,
        case.request_id,
        (*kept, *events),
        case.policy,
        case.duties,
        facts or case.facts,
        now or case.now,
    )
