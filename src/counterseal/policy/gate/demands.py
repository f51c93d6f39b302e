"""The small parts of the section `gate`: one structure for what each rule wants to know."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.policy.base import SLUG, Glob, Section, Slug

Wanted = Annotated[
    str, msgspec.Meta(pattern=rf"^{SLUG}(:{SLUG})?\Z", description="`stage` or `stage:name` of a record")
]
Days = Annotated[int, msgspec.Meta(ge=1, le=36525, description="a number of days")]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class EvidenceRule(Section, frozen=True, kw_only=True):
    """A record that must be there and must have passed.

    Attributes:
        record: which record: `stage` or `stage:name`.
        within-days: how old its evidence may be, in days from when it was produced; any age when absent.
        environments: the environments for which it is needed; all when empty.
    """

    record: Wanted
    within_days: Days | None = None
    environments: tuple[Slug, ...] = ()


class SeverityRule(Section, frozen=True, kw_only=True):
    """From which severity on a problem of an earlier stage blocks here too, unless it was waived there.

    Attributes:
        block: the least severity that blocks.
        unknown: what becomes of a problem without a published severity.
        kinds: the kinds of problems that are looked at; all when empty.
    """

    block: Literal["critical", "high", "medium", "low"] = "critical"
    unknown: Literal["block", "note"] = "block"
    kinds: tuple[Literal["code", "dependency", "licence"], ...] = ()


class BannedComponent(Section, frozen=True, kw_only=True):
    """A package that may not be in a release.

    Attributes:
        purl: pattern of package URLs with version, such as `pkg:npm/event-stream@*`; `*` stands for anything.
        reason: why.
    """

    purl: Glob
    reason: Word


class WaiverLimits(Section, frozen=True, kw_only=True):
    """How many waivers a release may rest on.

    Attributes:
        most: how many at most.
        never: the kinds of problems that none may let through here.
        days-left: how long each must still last, in days.
    """

    most: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 10
    never: tuple[
        Literal["code", "dependency", "licence", "placement", "access", "secret", "personal-data", "policy"],
        ...,
    ] = ()
    days_left: Annotated[int, msgspec.Meta(ge=0, le=366)] = 0


class LeastRetention(Section, frozen=True, kw_only=True):
    """How long, at least, the evidence must be kept.

    Attributes:
        days: how many days.
        mode: the lock that the store has to prove, at least; `compliance` is more than `governance`.
    """

    days: Days
    mode: Literal["governance", "compliance"] | None = None


class EmergencyRule(Section, frozen=True, kw_only=True):
    """What a change of an emergency class must have on record.

    Attributes:
        classes: the classes of change that are emergencies.
        records: the records that must have passed, such as `record:incident`.
    """

    classes: Annotated[tuple[Slug, ...], msgspec.Meta(min_length=1)] = ("emergency",)
    records: Annotated[tuple[Wanted, ...], msgspec.Meta(min_length=1)] = ("record:incident",)
