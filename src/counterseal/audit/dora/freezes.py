"""Freezes: times at which nothing is deployed, so nobody is late in them, and no week of one is scored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import takewhile

from counterseal.approval.calendar import in_utc, windows
from counterseal.audit.dora.model import Freeze
from counterseal.manifest.types import format_time, parse_time
from counterseal.policy.approval import ApprovalPolicy, Calendar

Span = tuple[datetime, datetime]
"""The first moment, and the first one after it."""

_WORKING = timedelta(days=5)  # from Monday on, where no calendar says which days those are
_WEEK = timedelta(days=7)


def freezes_of(policy: ApprovalPolicy | None, environments: Iterable[str]) -> tuple[Freeze, ...]:
    """Return the freezes that hold for all of the environments, oldest first.

    One that leaves an environment open is none for a service that is deployed to both.
    """
    wanted = set(environments)
    found = (
        Freeze(
            name=one.name,
            since=format_time(in_utc(one.from_, one.zone)),
            until=format_time(in_utc(one.until, one.zone)),
        )
        for one in (policy.freezes if policy else ())
        if not one.environments or wanted <= set(one.environments)
    )
    return tuple(sorted(found, key=lambda one: (parse_time(one.since), one.name)))


@dataclass(frozen=True)
class BusinessTime:
    """The time in which people work and may deploy.

    Attributes:
        calendar: when they work; None where nobody says.
        freezes: when nothing is deployed.
    """

    calendar: Calendar | None = None
    freezes: tuple[Freeze, ...] = ()

    def seconds(self, begin: datetime, end: datetime) -> float:
        """Return the business time between two moments; without a calendar all time outside freezes is."""
        spans = (_cut(span, begin, end) for span in self._open(begin, end))
        return sum((until - since - self._frozen(since, until)).total_seconds() for since, until in spans)

    def shuts(self, monday: datetime) -> bool:
        """Tell whether freezes leave nothing of the working time of the week that begins there."""
        end = monday + (_WORKING if self.calendar is None else _WEEK)
        spans = [_cut(span, monday, end) for span in self._open(monday, end)]
        return bool(spans) and all(self._frozen(*span) == span[1] - span[0] for span in spans)

    def _open(self, begin: datetime, end: datetime) -> list[Span]:
        if self.calendar is None:
            return [(begin, end)]
        found = takewhile(lambda span: span[0] < end, windows(self.calendar, begin))
        return [span for span in found if span[1] > begin]

    def _frozen(self, begin: datetime, end: datetime) -> timedelta:
        cut = (_cut(span, begin, end) for span in self._merged if span[0] < end and span[1] > begin)
        return sum((until - since for since, until in cut), timedelta())

    @cached_property
    def _merged(self) -> list[Span]:
        """The freezes as spans that do not overlap."""
        found: list[Span] = []
        for since, until in sorted((parse_time(one.since), parse_time(one.until)) for one in self.freezes):
            if found and since <= found[-1][1]:
                found[-1] = found[-1][0], max(found[-1][1], until)
            else:
                found.append((since, until))
        return found


def _cut(span: Span, begin: datetime, end: datetime) -> Span:
    return max(span[0], begin), min(span[1], end)
