"""What delivery metrics are computed from, and what they are. Plain and immutable.

Definitions follow dora.dev (guides/dora-metrics; 2023: failed deployment recovery time, 2024: rework rate),
with two that a regulator asks for beside them: the time to restore after *any* incident, and the share of
emergencies that were reviewed.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from counterseal.audit.population import Window
from counterseal.errors import MalformedError
from counterseal.manifest.canonical import encode, parse
from counterseal.manifest.incident import Incident
from counterseal.manifest.types import Count, GitObject, Name, Sha256, Slug, Struct, Text, Time

LIMIT: Final = 64 * 1024 * 1024
"""The largest document of metrics that is read, in bytes."""

Ending: TypeAlias = Literal["success", "failed", "rolled-back"]
"""What became of an attempt to change production."""

Status: TypeAlias = Literal["met", "not-met", "not-demonstrable", "no-target"]
"""Whether a target is met; with too few cases nobody can tell, and that is no pass."""


class Journey(Struct, frozen=True, kw_only=True):
    """How one commit came to production.

    Attributes:
        commit: the commit.
        authored_at: when it says that it was written.
        opened_at: when its pull request was opened, by the forge's clock; None where nobody tells.
        reviewed_at: when that was reviewed first.
        landed_at: when it was merged, by the forge's clock, else when it says that it was committed to the
            branch; None where nobody tells.
        asked_at: when its approval was asked for; None where nobody was asked.
        approved_at: when that was given.
        deployed_at: when it was in production.
    """

    commit: GitObject
    deployed_at: Time
    authored_at: Time | None = None
    opened_at: Time | None = None
    reviewed_at: Time | None = None
    landed_at: Time | None = None
    asked_at: Time | None = None
    approved_at: Time | None = None


class Attempt(Struct, frozen=True, kw_only=True):
    """One attempt to change production.

    Attributes:
        release: the name of its release.
        payload: the digest of the manifest that says so.
        started_at: when it began; None where nobody tells.
        finished_at: when it ended.
        ending: what became of it.
        journeys: the commits that first reached production by it; none where it did not succeed.
        emergency: whether people broke the glass for it.
        reviewed: whether that was reviewed afterwards; None for what is no emergency, or while it is due.
    """

    release: Name
    payload: Sha256
    finished_at: Time
    ending: Ending
    started_at: Time | None = None
    journeys: tuple[Journey, ...] = ()
    emergency: bool = False
    reviewed: bool | None = None


class Stopped(Struct, frozen=True, kw_only=True):
    """A release that was kept from production; no attempt was made, so no figure counts it.

    Attributes:
        release: its name.
        payload: the digest of the manifest that says so.
        at: when it was put on record.
    """

    release: Name
    payload: Sha256
    at: Time


class Known(Struct, frozen=True, kw_only=True):
    """An incident with the digest of the sealed record that tells of it."""

    incident: Incident
    payload: Sha256


class Facts(Struct, frozen=True, kw_only=True):
    """Everything that metrics are computed from.

    Attributes:
        service: the repository's URI.
        environments: the environments that count as production.
        attempts: every attempt on record, oldest first.
        incidents: every incident of the service.
        stopped: every release that was kept from production, oldest first.
    """

    service: Name
    environments: tuple[Name, ...]
    attempts: tuple[Attempt, ...] = ()
    incidents: tuple[Known, ...] = ()
    stopped: tuple[Stopped, ...] = ()


class Measure(Struct, frozen=True, kw_only=True):
    """One figure.

    Attributes:
        value: the figure; None where there is nothing to compute it from.
        n: how many cases it is computed from.
        low: the lower end of its 95 % interval; None where it has none, or too few cases for one.
        high: the upper end.
    """

    n: Count
    value: float | None = None
    low: float | None = None
    high: float | None = None


class Kpi(Struct, frozen=True, kw_only=True):
    """One key figure with its target.

    Attributes:
        key: its name, such as `change-failure-rate`.
        title: what people call it.
        unit: `per-week`, `seconds` or `share`.
        measure: the figure.
        more: further figures by name, such as `p90` or `pooled-12-months`.
        target: the target in words; empty where there is none.
        status: whether it is met.
        requirements: the clauses that it is evidence for, by their ids in the catalogue.
        notes: what a reader has to know.
    """

    key: Slug
    title: Name
    unit: Slug
    measure: Measure
    more: dict[Slug, Measure] = msgspec.field(default_factory=dict)
    target: Text = ""
    status: Status = "no-target"
    requirements: tuple[Name, ...] = ()
    notes: tuple[Text, ...] = ()


class Freeze(Struct, frozen=True, kw_only=True):
    """A time at which nothing is deployed.

    Attributes:
        name: what the policy calls it.
        since: the first moment.
        until: the first moment after it.
    """

    name: Name
    since: Time
    until: Time


class Week(Struct, frozen=True, kw_only=True):
    """One complete ISO week: its Monday, how many attempts were made, and whether a freeze shut all of it."""

    monday: Name
    attempts: Count
    failed: Count
    frozen: bool = False


class Failure(Struct, frozen=True, kw_only=True):
    """An attempt that failed, or an incident, with how long it took to restore.

    Attributes:
        name: the release or the incident.
        began_at: when it failed, or was detected.
        restored_at: when that was over; None while it is not.
        seconds: how long it took, or its age while it is open; None where nobody can tell, since what is said
            of it cannot be.
        cause: why it counts.
    """

    name: Name
    began_at: Time
    seconds: Count | None
    restored_at: Time | None = None
    cause: Text = ""


class Metrics(Struct, frozen=True, kw_only=True):
    """The delivery metrics of a service over a window.

    Attributes:
        service: the repository's URI.
        environments: the environments that count as production.
        window: the window.
        kpis: the figures.
        weeks: the complete weeks, oldest first.
        lead_seconds: the lead time of every commit, ascending.
        failures: the attempts that failed.
        incidents: the incidents of the window.
        suspected: incidents that began within a day of a deployment and name no release.
        stopped: the releases of the window that were kept from production, by name.
        freezes: the freezes that touch the window.
        payloads: the digests of the sealed records that all of it rests on, sorted: from these alone it comes
            out the same. Those from before the window are among them.
        version: the version of counterseal that computed it.
    """

    service: Name
    environments: tuple[Name, ...]
    window: Window
    kpis: tuple[Kpi, ...] = ()
    weeks: tuple[Week, ...] = ()
    lead_seconds: tuple[Count, ...] = ()
    failures: tuple[Failure, ...] = ()
    incidents: tuple[Failure, ...] = ()
    suspected: tuple[Name, ...] = ()
    stopped: tuple[Name, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    payloads: tuple[Sha256, ...] = ()
    version: Name

    def kpi(self, key: str) -> Kpi:
        """Return the figure of this name."""
        return next(one for one in self.kpis if one.key == key)


def encode_metrics(metrics: Metrics) -> bytes:
    """Return the canonical bytes of metrics (RFC 8785)."""
    return encode(msgspec.to_builtins(metrics), where="metrics")


def read_metrics(data: bytes, where: str) -> Metrics:
    """Read metrics.

    Raises:
        MalformedError: they are none.
        RuleBroken: they are not strict JSON.
    """
    try:
        return msgspec.convert(parse(data, where=where, limit=LIMIT), Metrics)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"are no delivery metrics: {cause}"[:300], where=where) from cause
