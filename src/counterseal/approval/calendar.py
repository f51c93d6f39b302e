"""Business time: hours that pass only while people work, in a zone with its clock changes and holidays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from counterseal.errors import MalformedError
from counterseal.policy.approval import Calendar
from counterseal.policy.zones import zone

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FURTHEST: Final = 7320
"""How many days a deadline is looked for; a calendar in which it lies further away has too little time."""


def in_utc(local: str, name: str) -> datetime:
    """Return the moment at which clocks of a zone show a time.

    A time that a clock change leaves out lies as long after the change as it would have without it; of one
    that comes twice the first is meant.

    Args:
        local: `YYYY-MM-DDTHH:MM`.
        name: the zone.
    """
    return datetime.fromisoformat(local).replace(tzinfo=zone(name)).astimezone(UTC)


def moments(calendar: Calendar | None, start: datetime, offsets: Iterable[int]) -> list[datetime]:
    """Return the moments at which so many seconds have passed since the start.

    Args:
        calendar: the business time in which they pass; None for all time.
        start: the start.
        offsets: the seconds, ascending.

    Raises:
        MalformedError: when there is no such moment within twenty years.
    """
    if calendar is None:
        return [_after(start, offset) for offset in offsets]
    found: list[datetime] = []
    open_times = _from(start, windows(calendar, start))
    begin, end = _next(open_times)
    passed = timedelta()
    for offset in offsets:
        wanted = timedelta(seconds=offset)
        while passed + (end - begin) < wanted:
            passed += end - begin
            begin, end = _next(open_times)
        found.append(begin + (wanted - passed))
    return found


def windows(calendar: Calendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times at which people work, in UTC, from the day of the start on, for twenty years."""
    today = start.astimezone(zone(calendar.zone)).date()
    off = frozenset(calendar.holidays)
    for number in range(_FURTHEST):
        day = today + timedelta(days=number)
        if _DAYS[day.weekday()] in calendar.days and day.isoformat() not in off:
            yield _window(calendar, day)


def _window(calendar: Calendar, day: date) -> tuple[datetime, datetime]:
    opens = in_utc(f"{day}T{calendar.from_}", calendar.zone)
    closes = in_utc(f"{day}T{calendar.until}", calendar.zone)
    return opens, max(opens, closes)  # on the day of a clock change nothing may be left of a short window


def _from(start: datetime, spans: Iterator[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times that lie after the start, and what is left of the one that it lies in."""
    for opens, closes in spans:
        if closes > start:
            yield max(opens, start), closes


def _next(spans: Iterator[tuple[datetime, datetime]]) -> tuple[datetime, datetime]:
    try:
        return next(spans)
    except (StopIteration, OverflowError) as cause:
        raise MalformedError("the calendar has too little time for the deadline") from cause


def _after(start: datetime, offset: int) -> datetime:
    try:
        return start + timedelta(seconds=offset)
    except OverflowError as cause:
        raise MalformedError(f"nothing can be reckoned from {start}: the calendar ends") from cause
