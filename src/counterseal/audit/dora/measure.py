"""The metrics: pure functions from facts to figures, each with its number of cases, interval and target.

What is not known is never good: no deployment is no frequency, no incident is no short time to restore, and a
share or a median of few cases is not demonstrable however small it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from msgspec.structs import replace

from counterseal import __version__
from counterseal.audit.dora.freezes import BusinessTime
from counterseal.audit.dora.lead import LeadTimes
from counterseal.audit.dora.model import (
    Attempt,
    Facts,
    Failure,
    Freeze,
    Journey,
    Known,
    Kpi,
    Measure,
    Metrics,
    Status,
    Stopped,
    Week,
)
from counterseal.audit.dora.requirements import REQUIREMENTS
from counterseal.audit.dora.statistics import at_most, below, quantile, share_of
from counterseal.audit.dora.weeks import monday_of, weeks_of
from counterseal.audit.dora.words import counted
from counterseal.audit.population import Window
from counterseal.manifest.types import parse_time
from counterseal.policy.approval import Calendar
from counterseal.policy.delivery import Delivery

_DAY: Final = 86400
_HOUR: Final = 3600
_YEAR: Final = timedelta(days=365)
_FEWEST_WEEKS: Final = 4
_SUSPICIOUS: Final = timedelta(days=1)


@dataclass(frozen=True)
class Measurement:
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

    def metrics(self) -> Metrics:
        """Return all of it."""
        return Metrics(
            service=self.facts.service,
            environments=self.facts.environments,
            window=self.window,
            kpis=(
                self._frequency(),
                self._lead_time(),
                self._failure_rate(),
                self._recovery(),
                self._restore(),
                self._rework(),
                self._emergencies(),
            ),
            weeks=self.weeks,
            lead_seconds=tuple(sorted(map(round, self.lead.seconds))),
            failures=self.failures,
            incidents=tuple(self._restored(one) for one in self.incidents),
            suspected=tuple(self._suspected()),
            stopped=tuple(one.release for one in self._stopped()),
            freezes=tuple(self._touching()),
            payloads=tuple(sorted(self._rests_on())),
            version=__version__,
        )

    # -- what is looked at --------------------------------------------------------------------------------

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

    def _touching(self) -> Iterable[Freeze]:
        return (
            one
            for one in self.freezes
            if parse_time(one.since) <= self.now and parse_time(one.until) > self.since
        )

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts of the window."""
        return tuple(self._between(self.since))

    @cached_property
    def incidents(self) -> tuple[Known, ...]:
        """The incidents that were detected in the window, or were open in it."""
        return tuple(
            one
            for one in self.facts.incidents
            if parse_time(one.incident.detected_at) <= self.now
            and (one.incident.restored_at is None or parse_time(one.incident.restored_at) >= self.since)
        )

    def _between(self, since: datetime) -> Iterable[Attempt]:
        return (one for one in self.facts.attempts if since <= parse_time(one.finished_at) <= self.now)

    def _stopped(self) -> Iterable[Stopped]:
        return (one for one in self.facts.stopped if self.since <= parse_time(one.at) <= self.now)

    def _rests_on(self) -> Iterable[str]:
        """Yield what the figures were made from.

        What lies before the window is in it: the year is pooled, commits wait for a release that gets there,
        and each counts where it got there first. An incident that was noticed later still blames.
        """
        yield from (one.payload for one in self.facts.attempts if parse_time(one.finished_at) <= self.now)
        yield from (one.payload for one in self.facts.stopped if parse_time(one.at) <= self.now)
        yield from (one.payload for one in self.facts.incidents)

    @cached_property
    def blamed(self) -> dict[str, list[Known]]:
        """The incidents that name a release as their cause, by that release."""
        found: dict[str, list[Known]] = {}
        for one in self.facts.incidents:
            for name in one.incident.caused_by:
                found.setdefault(name, []).append(one)
        return found

    def failed(self, one: Attempt) -> bool:
        """Tell whether an attempt failed: by its own end, or because an incident names it. Once is enough."""
        return one.ending != "success" or one.release in self.blamed

    # -- frequency ----------------------------------------------------------------------------------------

    @cached_property
    def weeks(self) -> tuple[Week, ...]:
        """The complete ISO weeks of the window; one that has begun, or that a freeze shuts, is not scored."""
        ended = [(parse_time(one.finished_at), self.failed(one)) for one in self.attempts]
        return weeks_of(ended, max(self.since, self.first), self.now, self.business)

    @cached_property
    def first(self) -> datetime:
        """The Monday of the first release on record: before it there was no service to deploy."""
        told = [*(one.finished_at for one in self.facts.attempts), *(one.at for one in self.facts.stopped)]
        return monday_of(min(map(parse_time, told), default=self.since))

    def _frequency(self) -> Kpi:
        counts = [week.attempts for week in self.weeks if not week.frozen]
        shut = [week for week in self.weeks if week.frozen]
        least, most = self.targets.weekly_least, self.targets.weekly_most
        value = sum(counts) / len(counts) if counts else None
        status: Status = "not-demonstrable"
        if value is not None and len(counts) >= _FEWEST_WEEKS:
            status = "met" if least <= value <= most else "not-met"
        outside = sum(not least <= count <= most for count in counts)
        during, total = sum(week.attempts for week in shut), len(self.attempts)
        complete = sum(week.attempts for week in self.weeks)
        notes = {
            f"{counted(total, 'deployment')} in the window, {complete} of them in complete weeks": 1,
            f"weeks count from that of the first release on record, {self.first:%Y-%m-%d}": self.first
            > self.since,
            f"{outside} of {counted(len(counts), 'complete week')} outside the band": len(counts),
            f"it takes {_FEWEST_WEEKS} complete weeks to judge it": len(counts) < _FEWEST_WEEKS,
            f"{counted(len(shut), 'week')} frozen and not scored": len(shut),
            f"{counted(during, 'deployment')} in frozen weeks": during,
        }
        return self._kpi(
            "deployment-frequency",
            "Deployments a week",
            "per-week",
            Measure(n=len(counts), value=value),
            target=f"{least} to {most} a week",
            status=status,
            more={"median": Measure(n=len(counts), value=quantile(counts, 0.5))},
            notes=tuple(note for note, told in notes.items() if told),
        )

    # -- lead time ----------------------------------------------------------------------------------------

    @cached_property
    def journeys(self) -> tuple[Journey, ...]:
        """Every commit that first reached production in the window, once."""
        found: dict[str, Journey] = {}
        for attempt in self.facts.attempts:
            for one in attempt.journeys:
                found.setdefault(one.commit, one)
        inside = {one.commit for attempt in self.attempts for one in attempt.journeys}
        return tuple(
            one
            for one in found.values()
            if one.commit in inside and parse_time(one.deployed_at) >= self.since
        )

    @cached_property
    def lead(self) -> LeadTimes:
        """Their lead times."""
        return LeadTimes(self.journeys, self.business)

    def _lead_time(self) -> Kpi:
        lead, half, more = self.lead, self.lead.half, self.lead.more()
        fast = half.value is not None and half.value < self.targets.fast_days * _DAY
        notes = {
            f"{counted(lead.untold, 'commit')} without a date of writing, or with one to come": lead.untold,
            f"half of the commits took less than {counted(self.targets.fast_days, 'day')}": fast,
            "with fewer than six commits there is no interval": half.n > 0 and half.high is None,
            "each stage is the median of the commits that tell its times: stages need not add up": (
                len({one.n for one in more.values()}) > 1
            ),
        }
        status: Status = "not-demonstrable" if lead.untold else at_most(half, self.targets.lead_days * _DAY)
        return self._kpi(
            "lead-time",
            "Lead time of changes",
            "seconds",
            half,
            target=f"half of them within {counted(self.targets.lead_days, 'day')}",
            status=status,
            more=more,
            notes=tuple(note for note, told in notes.items() if told),
        )

    # -- failures -----------------------------------------------------------------------------------------

    def _failure_rate(self) -> Kpi:
        bad, among = sum(map(self.failed, self.attempts)), len(self.attempts)
        recent = self._recent(self.attempts)
        measure = share_of(bad, among, recent)
        year = list(self._between(self.now - _YEAR))
        loose, stopped = len(self._loose), len(list(self._stopped()))
        status = below(measure, self.targets.failures / 100)
        notes = {
            f"{counted(recent, 'deployment')} may still turn out to have failed: they bound nothing": recent,
            f"{counted(loose, 'incident')} caused by a change without a deployment on record": loose,
            f"{counted(stopped, 'release')} stopped before anything was deployed: counted nowhere": stopped,
        }
        return self._kpi(
            "change-failure-rate",
            "Change failure rate",
            "share",
            measure,
            target=f"under {self.targets.failures} %",
            status="not-demonstrable" if status == "met" and loose else status,
            more={"pooled-12-months": share_of(sum(map(self.failed, year)), len(year), self._recent(year))},
            notes=tuple(note for note, count in notes.items() if count),
        )

    def _recent(self, attempts: Iterable[Attempt]) -> int:
        """Return how many that did not fail were not observed for long enough to prove anything."""
        begin = self.now - timedelta(days=self.targets.observation)
        return sum(not self.failed(one) and parse_time(one.finished_at) > begin for one in attempts)

    @cached_property
    def _loose(self) -> tuple[str, ...]:
        """The incidents of the window that a change caused, and that no attempt on record is blamed for."""
        names = {one.release for one in self.facts.attempts if parse_time(one.finished_at) <= self.now}
        told = (one.incident for one in self.incidents if one.incident.cause == "change")
        return tuple(one.id for one in told if not names.intersection(one.caused_by))

    @cached_property
    def failures(self) -> tuple[Failure, ...]:
        """The attempts of the window that failed, with how long each took to recover from."""
        return tuple(self._recovered(one) for one in self.attempts if self.failed(one))

    def _recovered(self, one: Attempt) -> Failure:
        """Return a failed attempt: recovered from when its incidents are over, else by the next success."""
        blamed = self.blamed.get(one.release, [])
        ends = [known.incident.restored_at for known in blamed]
        if one.ending == "rolled-back":
            ends.append(one.finished_at)
        elif not blamed:
            ends.append(self._next_success(one))
        told = [end for end in ends if end is not None]
        restored = max(told, key=parse_time) if len(told) == len(ends) else None
        cause = ", ".join(known.incident.id for known in blamed) or one.ending
        found = self._failure(one.release, one.finished_at, restored, cause)
        return replace(found, seconds=None) if any(_is_over_before(one, known) for known in blamed) else found

    def _next_success(self, one: Attempt) -> str | None:
        """Return when the next attempt in the same environment succeeded; another's repairs nothing here."""
        stream, ended = one.release.rpartition("/")[0], parse_time(one.finished_at)
        return next(
            (
                other.finished_at
                for other in self.facts.attempts
                if other.release.rpartition("/")[0] == stream
                and parse_time(other.finished_at) > ended
                and not self.failed(other)
            ),
            None,
        )

    def _failure(self, name: str, began: str, restored: str | None, cause: str) -> Failure:
        if restored is not None and parse_time(restored) > self.now:
            restored = None  # at the end of the window it was still open
        end = parse_time(restored) if restored is not None else self.now
        seconds = max(0, round((end - parse_time(began)).total_seconds()))
        return Failure(name=name, began_at=began, restored_at=restored, seconds=seconds, cause=cause[:1000])

    def _recovery(self) -> Kpi:
        return self._times(
            "failed-deployment-recovery-time", "Failed deployment recovery time", self.failures
        )

    # -- incidents ----------------------------------------------------------------------------------------

    def _restored(self, known: Known) -> Failure:
        one = known.incident
        return self._failure(one.id, one.detected_at, one.restored_at, one.cause)

    def _restore(self) -> Kpi:
        found = [self._restored(one) for one in self.incidents]
        return self._times("time-to-restore", "Time to restore after incidents", found)

    def _times(self, key: str, title: str, cases: Sequence[Failure]) -> Kpi:
        """Return a figure of times; the longest decides, and one that is still open counts at its age."""
        hours = min(self.targets.restore, self.targets.tolerance or self.targets.restore)
        taken = [one.seconds for one in cases if one.seconds is not None]
        untold = len(cases) - len(taken)
        open_ = sum(one.restored_at is None for one in cases if one.seconds is not None)
        longest, n = max(taken, default=None), len(taken)
        notes = {
            _seen(n): n,
            f"{open_} still open, counted at {'its' if open_ == 1 else 'their'} age": open_,
            f"{untold} not counted: blamed on an incident that was over before the deployment began": untold,
        }
        return self._kpi(
            key,
            title,
            "seconds",
            Measure(n=n, value=quantile(taken, 0.5)),
            target=f"each within {counted(hours, 'hour')}",
            status=_each_within(longest, hours * _HOUR, doubtful=open_ + untold),
            more={
                "longest": Measure(n=n, value=longest),
                "mean": Measure(n=n, value=sum(taken) / n if taken else None),
            },
            notes=tuple(note for note, told in notes.items() if told),
        )

    def _suspected(self) -> Iterable[str]:
        for known in self.incidents:
            one = known.incident
            at = parse_time(one.detected_at)
            near = any(
                timedelta() <= at - parse_time(a.finished_at) <= _SUSPICIOUS for a in self.facts.attempts
            )
            if near and not one.caused_by and one.cause != "other":
                yield one.id

    def _rework(self) -> Kpi:
        names = {name for one in self.facts.incidents for name in one.incident.reworked_by}
        count = sum(one.release in names for one in self.attempts)
        measure = share_of(count, len(self.attempts))
        return self._kpi("rework-rate", "Deployment rework rate", "share", measure)

    def _emergencies(self) -> Kpi:
        found = [one for one in self.attempts if one.emergency]
        n = len(found)
        measure = Measure(n=n, value=sum(one.reviewed is True for one in found) / n if n else None)
        status: Status = "not-demonstrable" if not found else "met" if measure.value == 1.0 else "not-met"
        return self._kpi(
            "emergencies-reviewed", "Emergencies reviewed afterwards", "share", measure,
            target="all of them", status=status, notes=(_seen(n),) if n else (),
        )  # fmt: skip

    def _kpi(
        self,
        key: str,
        title: str,
        unit: str,
        measure: Measure,
        *,
        target: str = "",
        status: Status = "no-target",
        more: dict[str, Measure] | None = None,
        notes: tuple[str, ...] = (),
    ) -> Kpi:
        return Kpi(
            key=key,
            title=title,
            unit=unit,
            measure=measure,
            more=more or {},
            target=target,
            status=status,
            requirements=REQUIREMENTS[key],
            notes=notes,
        )


def _is_over_before(attempt: Attempt, known: Known) -> bool:
    """Tell whether an incident was over before the deployment began that it names as its cause."""
    restored = known.incident.restored_at
    began = attempt.started_at or attempt.finished_at
    return restored is not None and parse_time(restored) < parse_time(began)


def _each_within(longest: float | None, limit: float, *, doubtful: int) -> Status:
    """Return whether all cases took at most the limit; one that is open or untold is never a pass."""
    if longest is None:
        return "not-demonstrable"
    if longest > limit:
        return "not-met"
    return "not-demonstrable" if doubtful else "met"


def _seen(n: int) -> str:
    return f"the status is about the {counted(n, 'case')} seen, without an interval: it foretells nothing"
