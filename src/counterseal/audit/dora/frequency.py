"""Frequency: how many deployments a complete week has, within a band."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from counterseal.audit.dora.model import Kpi, Measure, Status, Week
from counterseal.audit.dora.requirements import REQUIREMENTS
from counterseal.audit.dora.scope import Scope
from counterseal.audit.dora.statistics import quantile
from counterseal.audit.dora.weeks import monday_of, weeks_of
from counterseal.audit.dora.words import counted, told
from counterseal.manifest.types import parse_time

_KEY: Final = "deployment-frequency"
_FEWEST_WEEKS: Final = 4


@dataclass(frozen=True)
class Frequency:
    """The deployments of the weeks of a scope.

    Attributes:
        scope: what is looked at.
    """

    scope: Scope

    @cached_property
    def weeks(self) -> tuple[Week, ...]:
        """The complete ISO weeks of the window; one that has begun, or that a freeze shuts, is not scored."""
        scope = self.scope
        ended = [(parse_time(one.finished_at), scope.blame.failed(one)) for one in scope.attempts]
        return weeks_of(ended, max(scope.since, self.first), scope.now, scope.business)

    @cached_property
    def first(self) -> datetime:
        """The Monday of the first release on record: before it there was no service to deploy."""
        facts = self.scope.facts
        ends = [*(one.finished_at for one in facts.attempts), *(one.at for one in facts.stopped)]
        return monday_of(min(map(parse_time, ends), default=self.scope.since))

    @cached_property
    def counts(self) -> list[int]:
        """How many deployments each week has that is scored."""
        return [week.attempts for week in self.weeks if not week.frozen]

    def kpi(self) -> Kpi:
        """Return the figure."""
        counts, targets = self.counts, self.scope.targets
        value = sum(counts) / len(counts) if counts else None
        return Kpi(
            key=_KEY,
            title="Deployments a week",
            unit="per-week",
            measure=Measure(n=len(counts), value=value),
            more={"median": Measure(n=len(counts), value=quantile(counts, 0.5))},
            target=f"{targets.weekly_least} to {targets.weekly_most} a week",
            status=self._status(value),
            requirements=REQUIREMENTS[_KEY],
            notes=self._notes(),
        )

    def _status(self, value: float | None) -> Status:
        if value is None or len(self.counts) < _FEWEST_WEEKS:
            return "not-demonstrable"
        return "met" if self._is_within(value) else "not-met"

    def _is_within(self, value: float) -> bool:
        return self.scope.targets.weekly_least <= value <= self.scope.targets.weekly_most

    def _notes(self) -> tuple[str, ...]:
        counts, first = self.counts, self.first
        shut = [week for week in self.weeks if week.frozen]
        outside = sum(not self._is_within(count) for count in counts)
        during, total = sum(week.attempts for week in shut), len(self.scope.attempts)
        complete = sum(week.attempts for week in self.weeks)
        return told(
            {
                f"{counted(total, 'deployment')} in the window, {complete} of them in complete weeks": 1,
                f"weeks count from that of the first release on record, {first:%Y-%m-%d}": (
                    first > self.scope.since
                ),
                f"{outside} of {counted(len(counts), 'complete week')} outside the band": len(counts),
                f"it takes {_FEWEST_WEEKS} complete weeks to judge it": len(counts) < _FEWEST_WEEKS,
                f"{counted(len(shut), 'week')} frozen and not scored": len(shut),
                f"{counted(during, 'deployment')} in frozen weeks": during,
            }
        )
