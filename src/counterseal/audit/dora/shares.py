"""Shares: which part of the deployments failed or was rework, and of the emergencies was reviewed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from counterseal.audit.dora.model import Attempt, Kpi, Measure, Status
from counterseal.audit.dora.requirements import REQUIREMENTS
from counterseal.audit.dora.scope import Scope
from counterseal.audit.dora.statistics import below, share_of
from counterseal.audit.dora.words import counted, seen, told
from counterseal.manifest.types import parse_time

_FAILURES: Final = "change-failure-rate"
_REWORK: Final = "rework-rate"
_EMERGENCIES: Final = "emergencies-reviewed"
_YEAR: Final = timedelta(days=365)


def failures(scope: Scope) -> Kpi:
    """Return the share of the deployments that failed."""
    recent, limit = _recent(scope, scope.attempts), scope.targets.failures
    measure = share_of(len(scope.failed), len(scope.attempts), recent)
    loose, stopped = len(scope.blame.loose(scope.incidents, scope.now)), len(scope.stopped)
    status = below(measure, limit / 100)
    return Kpi(
        key=_FAILURES,
        title="Change failure rate",
        unit="share",
        measure=measure,
        more={"pooled-12-months": _pooled(scope)},
        target=f"under {limit} %",
        status="not-demonstrable" if status == "met" and loose else status,
        requirements=REQUIREMENTS[_FAILURES],
        notes=_notes(recent, loose, stopped),
    )


def _notes(recent: int, loose: int, stopped: int) -> tuple[str, ...]:
    return told(
        {
            f"{counted(recent, 'deployment')} may still turn out to have failed: they bound nothing": recent,
            f"{counted(loose, 'incident')} caused by a change without a deployment on record": loose,
            f"{counted(stopped, 'release')} stopped before anything was deployed: counted nowhere": stopped,
        }
    )


def _pooled(scope: Scope) -> Measure:
    year = list(scope.attempts_since(scope.now - _YEAR))
    return share_of(sum(map(scope.blame.failed, year)), len(year), _recent(scope, year))


def _recent(scope: Scope, attempts: Iterable[Attempt]) -> int:
    """Return how many that did not fail were not observed for long enough to prove anything."""
    begin = scope.now - timedelta(days=scope.targets.observation)
    return sum(not scope.blame.failed(one) and parse_time(one.finished_at) > begin for one in attempts)


def rework(scope: Scope) -> Kpi:
    """Return the share of the deployments that were made because of an incident."""
    names = {name for one in scope.facts.incidents for name in one.incident.reworked_by}
    count = sum(one.release in names for one in scope.attempts)
    return Kpi(
        key=_REWORK,
        title="Deployment rework rate",
        unit="share",
        measure=share_of(count, len(scope.attempts)),
        requirements=REQUIREMENTS[_REWORK],
    )


def emergencies(scope: Scope) -> Kpi:
    """Return the share of the emergencies that were reviewed afterwards."""
    found = [one for one in scope.attempts if one.emergency]
    n = len(found)
    value = sum(one.reviewed is True for one in found) / n if n else None
    status: Status = "not-demonstrable" if not found else "met" if value == 1.0 else "not-met"
    return Kpi(
        key=_EMERGENCIES,
        title="Emergencies reviewed afterwards",
        unit="share",
        measure=Measure(n=n, value=value),
        target="all of them",
        status=status,
        requirements=REQUIREMENTS[_EMERGENCIES],
        notes=(seen(n),) if n else (),
    )
