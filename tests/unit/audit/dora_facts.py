"""Facts of deliveries, as short as a test can say them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from counterseal.audit.dora.measure import Measurement
from counterseal.audit.dora.model import Attempt, Facts, Freeze, Journey, Known, Stopped
from counterseal.audit.population import Window
from counterseal.manifest.digest import sha256
from counterseal.manifest.incident import Incident
from counterseal.manifest.types import format_time
from counterseal.policy.approval import Calendar
from counterseal.policy.delivery import Delivery

SERVICE = "https://github.example/meridian/payments"
MONDAY = datetime.fromisoformat("2026-08-31T00:00:00+00:00")
WINDOW = Window(since="2026-08-31T00:00:00Z", until="2026-11-29T23:59:59Z")
"""Thirteen complete weeks."""

HOUR, DAY = 3600, 86400


def at(days: float) -> str:
    """Return the moment so many days after the first Monday."""
    return format_time(MONDAY + timedelta(days=days))


def attempt(
    name: object, days: float, ending: str = "success", lead: float | None = 2, **parts: Any
) -> Attempt:
    """Return an attempt that ended so many days after the first Monday, with one commit of that lead time."""
    text = f"payments/{name}"
    journeys = ()
    if ending == "success" and "journeys" not in parts:
        journeys = (
            Journey(
                commit=sha256(text.encode())[:40],
                authored_at=at(days - lead) if lead is not None else None,
                deployed_at=at(days),
            ),
        )
    plain = {"release": text, "payload": sha256(text.encode()), "finished_at": at(days), "ending": ending}
    return Attempt(**(plain | {"journeys": journeys} | parts))


def weekly(count: int, **more: Any) -> list[Attempt]:
    """Return attempts, one each Tuesday."""
    return [attempt(number, 7 * number + 1.5, **more) for number in range(count)]


def incident(name: str, detected: float, restored: float | None = None, **parts: Any) -> Known:
    """Return an incident, by days after the first Monday."""
    plain = {"id": name, "service": SERVICE, "severity": "major", "detected_at": at(detected)}
    plain |= {"restored_at": at(restored)} if restored is not None else {}
    plain |= {"cause": "change"} if parts.get("caused_by") else {}
    parts = {
        key: tuple(f"payments/{one}" for one in value) if isinstance(value, tuple) else value
        for key, value in parts.items()
    }
    return Known(incident=Incident(**(plain | parts)), payload=sha256(name.encode()))


def measured(
    *attempts: Attempt,
    incidents: tuple[Known, ...] = (),
    window: Window = WINDOW,
    calendar: Calendar | None = None,
    stopped: tuple[Stopped, ...] = (),
    freezes: tuple[Freeze, ...] = (),
    **targets: Any,
):
    """Return the metrics of some facts."""
    ordered = tuple(sorted(attempts, key=lambda one: (one.finished_at, one.release)))
    facts = Facts(
        service=SERVICE,
        environments=("production",),
        attempts=ordered,
        incidents=incidents,
        stopped=stopped,
    )
    return Measurement(facts, window, Delivery(**targets), calendar, freezes).metrics()
