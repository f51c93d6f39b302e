"""Weeks: the complete ones of a window, with what was attempted in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from counterseal.audit.dora.freezes import BusinessTime
from counterseal.audit.dora.model import Measure, Week
from counterseal.audit.dora.statistics import share_of

_WEEK: Final = timedelta(days=7)
_SECOND: Final = timedelta(seconds=1)


def monday_of(moment: datetime) -> datetime:
    """Return the beginning of the ISO week, in UTC, in which a moment lies."""
    return (moment - timedelta(days=moment.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)


def mondays(since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the beginnings of the ISO weeks, in UTC, that lie in a window as a whole."""
    monday = monday_of(since)
    monday = monday if monday >= since else monday + _WEEK
    while monday + _WEEK - _SECOND <= until:  # a window may end with the last second of a day
        yield monday
        monday += _WEEK


def weeks_of(
    ended: Sequence[tuple[datetime, bool]], since: datetime, until: datetime, business: BusinessTime
) -> tuple[Week, ...]:
    """Return the complete weeks of a window, oldest first.

    Args:
        ended: when each attempt ended, and whether it failed.
        since: the beginning of the window.
        until: its end.
        business: tells whether a freeze shuts a week.
    """
    return tuple(_week(monday, ended, business) for monday in mondays(since, until))


def _week(monday: datetime, ended: Sequence[tuple[datetime, bool]], business: BusinessTime) -> Week:
    inside = [failed for moment, failed in ended if monday <= moment < monday + _WEEK]
    return Week(
        monday=monday.date().isoformat(),
        attempts=len(inside),
        failed=sum(inside),
        frozen=business.shuts(monday),
    )


def shares_so_far(weeks: Sequence[Week]) -> Iterator[tuple[int, Measure]]:
    """Yield after each week how many attempts had failed, and their share."""
    failed = among = 0
    for week in weeks:
        failed, among = failed + week.failed, among + week.attempts
        yield failed, share_of(failed, among)
