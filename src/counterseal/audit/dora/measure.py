"""The metrics: pure functions from facts to figures, each with its number of cases, interval and target.

What is not known is never good: no deployment is no frequency, no incident is no short time to restore, and a
share or a median of few cases is not demonstrable however small it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from counterseal import __version__
from counterseal.audit.dora import shares
from counterseal.audit.dora.frequency import Frequency
from counterseal.audit.dora.lead import LeadTimes, journeys_of
from counterseal.audit.dora.model import Metrics
from counterseal.audit.dora.scope import Scope
from counterseal.audit.dora.times import Times


@dataclass(frozen=True)
class Measurement(Scope):
    """All figures of a scope."""

    def metrics(self) -> Metrics:
        """Return all of it."""
        frequency, times = Frequency(self), Times(self)
        lead = LeadTimes(journeys_of(self), self.business)
        return Metrics(
            service=self.facts.service,
            environments=self.facts.environments,
            window=self.window,
            kpis=(
                frequency.kpi(),
                lead.kpi(self.targets),
                shares.failures(self),
                times.recovery(),
                times.restore(),
                shares.rework(self),
                shares.emergencies(self),
            ),
            weeks=frequency.weeks,
            lead_seconds=tuple(sorted(map(round, lead.seconds))),
            failures=times.failures,
            incidents=times.incidents,
            suspected=tuple(self.blame.suspected(self.incidents)),
            stopped=tuple(one.release for one in self.stopped),
            freezes=tuple(self.touching()),
            payloads=tuple(sorted(self.rests_on())),
            version=__version__,
        )
