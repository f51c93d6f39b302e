"""The scope of a measurement: what of all that is on record lies in its window, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from counterseal.audit.dora.blame import Blame
from counterseal.audit.dora.freezes import BusinessTime
from counterseal.audit.dora.model import Attempt, Facts, Freeze, Known, Stopped
from counterseal.audit.population import Window
from counterseal.manifest.types import parse_time
from counterseal.policy.approval import Calendar
from counterseal.policy.delivery import Delivery


@dataclass(frozen=True)
class Scope:
    """Facts, and what they are held against.

    Attributes:
        facts: the facts.
        window: the window; its end is the present.
        targets: the policy's section `delivery`.
        calendar: the calendar of business time; None where there is none.
        freezes: when nothing is deployed.
    """

    facts: Facts
    window: Window
    targets: Delivery
    calendar: Calendar | None = None
    freezes: tuple[Freeze, ...] = ()

    @cached_property
    def since(self) -> datetime:
        """The beginning of the window."""
        return parse_time(self.window.since)

    @cached_property
    def now(self) -> datetime:
        """The end of the window."""
        return parse_time(self.window.until)

    @cached_property
    def business(self) -> BusinessTime:
        """The time in which people work and may deploy."""
        return BusinessTime(self.calendar, self.freezes)

    @cached_property
    def blame(self) -> Blame:
        """What incidents say of the attempts."""
        return Blame(self.facts)

    def touching(self) -> Iterable[Freeze]:
        """Yield the freezes that touch the window."""
        return (
            one
            for one in self.freezes
            if parse_time(one.since) <= self.now and parse_time(one.until) > self.since
        )

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts of the window."""
        return tuple(self.attempts_since(self.since))

    def attempts_since(self, since: datetime) -> Iterable[Attempt]:
        """Yield the attempts that ended from then until the end of the window."""
        return (one for one in self.facts.attempts if since <= parse_time(one.finished_at) <= self.now)

    @cached_property
    def failed(self) -> tuple[Attempt, ...]:
        """The attempts of the window that failed."""
        return tuple(filter(self.blame.failed, self.attempts))

    @cached_property
    def incidents(self) -> tuple[Known, ...]:
        """The incidents that were detected in the window, or were open in it."""
        return tuple(
            one
            for one in self.facts.incidents
            if parse_time(one.incident.detected_at) <= self.now
            and (one.incident.restored_at is None or parse_time(one.incident.restored_at) >= self.since)
        )

    @cached_property
    def stopped(self) -> tuple[Stopped, ...]:
        """The releases of the window that were kept from production."""
        return tuple(one for one in self.facts.stopped if self.since <= parse_time(one.at) <= self.now)

    def rests_on(self) -> Iterable[str]:
        """Yield what the figures were made from.

        What lies before the window is in it: the year is pooled, commits wait for a release that gets there,
        and each counts where it got there first. An incident that was noticed later still blames.
        """
        yield from (one.payload for one in self.facts.attempts if parse_time(one.finished_at) <= self.now)
        yield from (one.payload for one in self.facts.stopped if parse_time(one.at) <= self.now)
        yield from (one.payload for one in self.facts.incidents)
