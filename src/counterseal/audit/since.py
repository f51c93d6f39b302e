"""The window of an audit, from the words in which a person gives it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from counterseal.audit.population import Window
from counterseal.errors import UsageError
from counterseal.manifest.rules import RuleBroken
from counterseal.manifest.types import format_time, parse_time

_SPAN: Final = re.compile(r"([1-9][0-9]{0,3})([hdw])")
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}
_REMEDY: Final = "write 90d, 12w, 24h, a day (2026-09-01) or a time (2026-09-01T00:00:00Z)"


def window_of(since: str, until: str, now: datetime) -> Window:
    """Return the window that two inputs give.

    Args:
        since: a span back from the end, a day, or a time in UTC.
        until: a day (its last second) or a time in UTC; the present moment when empty.
        now: the present moment.

    Raises:
        UsageError: one of them is none of these, or the window ends before it begins.
    """
    end = _moment(until, "until", time(23, 59, 59)) if until else now
    span = _SPAN.fullmatch(since)
    back = timedelta(**{_UNITS[span[2]]: int(span[1])}) if span else None
    begin = end - back if back is not None else _moment(since, "since", time(0))
    if begin >= end:
        raise UsageError("the window ends before it begins", where="since", remedy=_REMEDY)
    return Window(since=format_time(begin), until=format_time(end))


def _moment(text: str, where: str, at: time) -> datetime:
    try:
        if len(text) == len("2026-09-01"):
            return datetime.combine(date.fromisoformat(text), at, UTC)
        return parse_time(text)
    except (ValueError, RuleBroken) as cause:
        raise UsageError(f"{text[:40]!r} is no moment", where=where, remedy=_REMEDY) from cause
