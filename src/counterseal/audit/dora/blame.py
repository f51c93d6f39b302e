"""Blame: which attempts failed, by their own end or because an incident names them as its cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from counterseal.audit.dora.model import Attempt, Facts, Known
from counterseal.manifest.types import parse_time

_SUSPICIOUS: Final = timedelta(days=1)


@dataclass(frozen=True)
class Blame:
    """What the incidents on record say of the attempts on record.

    Attributes:
        facts: all that is on record.
    """

    facts: Facts

    @cached_property
    def _by_release(self) -> dict[str, list[Known]]:
        found: dict[str, list[Known]] = {}
        for one in self.facts.incidents:
            for name in one.incident.caused_by:
                found.setdefault(name, []).append(one)
        return found

    def of(self, one: Attempt) -> list[Known]:
        """Return the incidents that name an attempt's release as their cause."""
        return self._by_release.get(one.release, [])

    def failed(self, one: Attempt) -> bool:
        """Tell whether an attempt failed: by its own end, or because an incident names it. Once is enough."""
        return one.ending != "success" or bool(self.of(one))

    def loose(self, incidents: Iterable[Known], until: datetime) -> tuple[str, ...]:
        """Return the incidents that a change caused, and that no attempt on record is blamed for."""
        names = {one.release for one in self.facts.attempts if parse_time(one.finished_at) <= until}
        told = (one.incident for one in incidents if one.incident.cause == "change")
        return tuple(one.id for one in told if not names.intersection(one.caused_by))

    def suspected(self, incidents: Iterable[Known]) -> Iterable[str]:
        """Yield the incidents that began within a day of a deployment and name no release."""
        for known in incidents:
            one = known.incident
            if self._is_near(parse_time(one.detected_at)) and not one.caused_by and one.cause != "other":
                yield one.id

    def _is_near(self, at: datetime) -> bool:
        ends = (parse_time(one.finished_at) for one in self.facts.attempts)
        return any(timedelta() <= at - end <= _SUSPICIOUS for end in ends)
