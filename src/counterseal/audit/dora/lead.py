"""Lead time: how long commits took from when they were written until they were in production."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from counterseal.audit.dora.freezes import BusinessTime
from counterseal.audit.dora.model import Journey, Kpi, Measure, Status
from counterseal.audit.dora.requirements import REQUIREMENTS
from counterseal.audit.dora.scope import Scope
from counterseal.audit.dora.statistics import at_most, half_of, quantile
from counterseal.audit.dora.words import counted, told
from counterseal.manifest.types import parse_time
from counterseal.policy.delivery import Delivery

_KEY: Final = "lead-time"
_DAY: Final = 86400


@dataclass(frozen=True)
class LeadTimes:
    """The lead times of commits.

    Attributes:
        journeys: how each came to production.
        business: business time; without a calendar none is told.
    """

    journeys: Sequence[Journey]
    business: BusinessTime

    @cached_property
    def told(self) -> list[tuple[Journey, str]]:
        """The commits that tell when they were written; one that says a time to come tells nothing."""
        known = [(one, one.authored_at) for one in self.journeys if one.authored_at is not None]
        return [(one, written) for one, written in known if between(written, one.deployed_at) >= 0]

    @cached_property
    def seconds(self) -> list[float]:
        """The lead time of every commit that tells when it was written."""
        return [between(written, one.deployed_at) for one, written in self.told]

    @cached_property
    def half(self) -> Measure:
        """Their median, with its interval."""
        return half_of(self.seconds)

    @property
    def untold(self) -> int:
        """How many commits do not tell when they were written."""
        return len(self.journeys) - len(self.seconds)

    def kpi(self, targets: Delivery) -> Kpi:
        """Return the figure, held against its target."""
        half, more = self.half, self.more()
        status: Status = "not-demonstrable" if self.untold else at_most(half, targets.lead_days * _DAY)
        return Kpi(
            key=_KEY,
            title="Lead time of changes",
            unit="seconds",
            measure=half,
            more=more,
            target=f"half of them within {counted(targets.lead_days, 'day')}",
            status=status,
            requirements=REQUIREMENTS[_KEY],
            notes=self._notes(more, targets.fast_days),
        )

    def _notes(self, more: dict[str, Measure], fast_days: int) -> tuple[str, ...]:
        half, untold = self.half, self.untold
        return told(
            {
                f"{counted(untold, 'commit')} without a date of writing, or with one to come": untold,
                f"half of the commits took less than {counted(fast_days, 'day')}": (
                    half.value is not None and half.value < fast_days * _DAY
                ),
                "with fewer than six commits there is no interval": half.n > 0 and half.high is None,
                "each stage is the median of the commits that tell its times: stages need not add up": (
                    len({one.n for one in more.values()}) > 1
                ),
            }
        )

    def more(self) -> dict[str, Measure]:
        """Return further figures: the ninth decile, stages, and business time."""
        found = {"p90": _measure(self.seconds, 0.9)}
        found |= {name: _measure(taken) for name, taken in self._stages() if taken}
        if self.business.calendar is not None:
            taken = [
                self.business.seconds(parse_time(written), parse_time(one.deployed_at))
                for one, written in self.told
            ]
            found |= {"business-p50": _measure(taken), "business-p90": _measure(taken, 0.9)}
        return found

    def _stages(self) -> Iterator[tuple[str, list[float]]]:
        """Yield the times of each stage; one of which nobody tells times that can be has none."""
        opened = [one for one in self.journeys if one.opened_at is not None]
        others = [one for one in self.journeys if one.opened_at is None]
        spans: dict[str, list[tuple[str | None, str | None]]] = {
            "coding": [(one.authored_at, one.opened_at) for one in opened],
            "first-review": [(one.opened_at, one.reviewed_at) for one in opened],
            "review": [(one.opened_at, one.landed_at) for one in opened],
            "coding-and-review": [(one.authored_at, one.landed_at) for one in others],
            "build": [(one.landed_at, one.asked_at) for one in self.journeys],
            "approval-wait": [(one.asked_at, one.approved_at) for one in self.journeys],
            "rollout": [(one.approved_at, one.deployed_at) for one in self.journeys],
        }
        for name, pairs in spans.items():
            taken = [between(begin, end) for begin, end in pairs if begin and end]
            yield name, [one for one in taken if one >= 0]


def journeys_of(scope: Scope) -> tuple[Journey, ...]:
    """Return every commit that first reached production in the window, once."""
    found: dict[str, Journey] = {}
    for attempt in scope.facts.attempts:
        for one in attempt.journeys:
            found.setdefault(one.commit, one)
    inside = {one.commit for attempt in scope.attempts for one in attempt.journeys}
    return tuple(
        one for one in found.values() if one.commit in inside and parse_time(one.deployed_at) >= scope.since
    )


def between(begin: str, end: str) -> float:
    """Return the seconds between two moments."""
    return (parse_time(end) - parse_time(begin)).total_seconds()


def _measure(values: Sequence[float], share: float = 0.5) -> Measure:
    return Measure(n=len(values), value=quantile(values, share))
