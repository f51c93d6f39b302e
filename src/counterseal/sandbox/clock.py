"""The sandbox's clock: it stands still unless it is told to move, so that every run is the same."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from counterseal.manifest.types import format_time, parse_time


class Clock:
    """A clock.

    Args:
        start: the first moment, as a `Time`.
        ticking: seconds that pass with every act, so that no two acts have the same time.
    """

    def __init__(self, start: str = "2026-11-24T09:00:00Z", ticking: int = 1) -> None:
        self._now = parse_time(start)
        self._ticking = timedelta(seconds=ticking)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the present moment, to the second."""
        with self._lock:
            return self._now

    def text(self) -> str:
        """Return the present moment as a `Time`."""
        return format_time(self.now())

    def tick(self) -> str:
        """Let a moment pass and return the moment at which something is done."""
        with self._lock:
            self._now += self._ticking
            return format_time(self._now)

    def advance(self, **passing: float) -> str:
        """Let time pass (`hours=2`, `minutes=5`, ...) and return the moment it is then."""
        with self._lock:
            self._now += timedelta(**passing)
            return format_time(self._now)

    def set(self, moment: str) -> None:
        """Set the clock, also back."""
        with self._lock:
            self._now = parse_time(moment).astimezone(UTC)
