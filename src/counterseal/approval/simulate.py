"""What if: a case decided again, with something that did not happen, or without something that did."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from counterseal.approval.decide import decide
from counterseal.approval.model import Case, Decision, Event, Facts
from counterseal.errors import MalformedError
from counterseal.manifest.canonical import parse
from counterseal.manifest.types import Name, Struct, Time


class Supposition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is supposed, as a file says it.

    Attributes:
        events: what else happened.
        without: the ids of events that did not happen.
        facts: what is true instead.
        now: the moment that it is.
    """

    events: tuple[Event, ...] = ()
    without: tuple[Name, ...] = ()
    facts: Facts | None = None
    now: Time | None = None


def read_supposition(data: bytes, where: str) -> Supposition:
    """Read what is supposed.

    Raises:
        MalformedError: it is not what it should be.
    """
    try:
        return msgspec.convert(parse(data, where=where), Supposition)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"nothing that can be supposed: {cause}"[:300], where=where) from cause


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
