"""Times: how long it took to recover from deployments that failed, and to restore after incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from msgspec.structs import replace

from counterseal.audit.dora.model import Attempt, Failure, Known, Kpi, Measure, Status
from counterseal.audit.dora.requirements import REQUIREMENTS
from counterseal.audit.dora.scope import Scope
from counterseal.audit.dora.statistics import quantile
from counterseal.audit.dora.words import counted, seen, told
from counterseal.manifest.types import parse_time

_HOUR: Final = 3600


@dataclass(frozen=True)
class Times:
    """The times of a scope.

    Attributes:
        scope: what is looked at.
    """

    scope: Scope

    @cached_property
    def failures(self) -> tuple[Failure, ...]:
        """The attempts of the window that failed, with how long each took to recover from."""
        return tuple(map(self._recovered, self.scope.failed))

    @cached_property
    def incidents(self) -> tuple[Failure, ...]:
        """The incidents of the window, with how long each took to restore."""
        records = (known.incident for known in self.scope.incidents)
        return tuple(self._failure(one.id, one.detected_at, one.restored_at, one.cause) for one in records)

    def recovery(self) -> Kpi:
        """Return the figure of the attempts that failed."""
        return self._kpi("failed-deployment-recovery-time", "Failed deployment recovery time", self.failures)

    def restore(self) -> Kpi:
        """Return the figure of the incidents."""
        return self._kpi("time-to-restore", "Time to restore after incidents", self.incidents)

    def _recovered(self, one: Attempt) -> Failure:
        """Return a failed attempt: recovered from when its incidents are over, else by the next success."""
        blamed = self.scope.blame.of(one)
        ends = [known.incident.restored_at for known in blamed]
        if one.ending == "rolled-back":
            ends.append(one.finished_at)
        elif not blamed:
            ends.append(self._next_success(one))
        known_ends = [end for end in ends if end is not None]
        restored = max(known_ends, key=parse_time) if len(known_ends) == len(ends) else None
        cause = ", ".join(known.incident.id for known in blamed) or one.ending
        found = self._failure(one.release, one.finished_at, restored, cause)
        return replace(found, seconds=None) if any(_is_over_before(one, known) for known in blamed) else found

    def _next_success(self, one: Attempt) -> str | None:
        """Return when the next attempt in the same environment succeeded; another's repairs nothing here."""
        stream, ended = one.release.rpartition("/")[0], parse_time(one.finished_at)
        return next(
            (
                other.finished_at
                for other in self.scope.facts.attempts
                if other.release.rpartition("/")[0] == stream
                and parse_time(other.finished_at) > ended
                and not self.scope.blame.failed(other)
            ),
            None,
        )

    def _failure(self, name: str, began: str, restored: str | None, cause: str) -> Failure:
        now = self.scope.now
        if restored is not None and parse_time(restored) > now:
            restored = None  # at the end of the window it was still open
        end = parse_time(restored) if restored is not None else now
        seconds = max(0, round((end - parse_time(began)).total_seconds()))
        return Failure(name=name, began_at=began, restored_at=restored, seconds=seconds, cause=cause[:1000])

    def _kpi(self, key: str, title: str, cases: Sequence[Failure]) -> Kpi:
        """Return a figure of times; the longest decides, and one that is still open counts at its age."""
        targets = self.scope.targets
        hours = min(targets.restore, targets.tolerance or targets.restore)
        taken = [one.seconds for one in cases if one.seconds is not None]
        untold = len(cases) - len(taken)
        open_ = sum(one.restored_at is None for one in cases if one.seconds is not None)
        longest, n = max(taken, default=None), len(taken)
        return Kpi(
            key=key,
            title=title,
            unit="seconds",
            measure=Measure(n=n, value=quantile(taken, 0.5)),
            more={
                "longest": Measure(n=n, value=longest),
                "mean": Measure(n=n, value=sum(taken) / n if taken else None),
            },
            target=f"each within {counted(hours, 'hour')}",
            status=_each_within(longest, hours * _HOUR, doubtful=open_ + untold),
            requirements=REQUIREMENTS[key],
            notes=_notes(n, open_, untold),
        )


def _notes(n: int, open_: int, untold: int) -> tuple[str, ...]:
    return told(
        {
            seen(n): n,
            f"{open_} still open, counted at {'its' if open_ == 1 else 'their'} age": open_,
            f"{untold} not counted: blamed on an incident that was over before the deployment began": untold,
        }
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
