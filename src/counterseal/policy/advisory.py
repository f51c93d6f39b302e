"""Advisories: which versions of a package a published record is about, and how bad it says that is.

Records are those of the OSV schema 1.6 and newer (ossf.github.io/osv-schema); every reading here is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from counterseal.policy.component import Component
from counterseal.policy.severity import UNRATED, Rating, Severity, severity_of_score, worst
from counterseal.policy.versions import Comparer, comparer_of

_ORDERED: Final = ("ECOSYSTEM", "SEMVER")  # what a range of these types names are versions, and no commits
_WORDS: Final = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
}


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of every part of a record; what is not known here is passed over."""


class Vector(Part, frozen=True):
    """A severity: the system (`CVSS_V3`, ...) and the vector."""

    type: str = ""
    score: str = ""


class Event(Part, frozen=True):
    """An event of a range; one of the four is there."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(Part, frozen=True):
    """A range of versions."""

    type: str
    events: tuple[Event, ...] = ()


class Package(Part, frozen=True):
    """A package."""

    ecosystem: str = ""
    name: str = ""


class Affected(Part, frozen=True):
    """What of a package is affected."""

    package: Package = Package()
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    severity: tuple[Vector, ...] = ()
    database_specific: dict[str, Any] = msgspec.field(default_factory=dict)


class Advisory(Part, frozen=True):
    """A record.

    Attributes:
        id: its id.
        modified: when it was changed last, as it states it.
        withdrawn: when it was withdrawn; a withdrawn record is about nothing.
        aliases: ids of the same vulnerability elsewhere.
        summary: one line.
        details: more than one line.
        affected: what is affected.
        severity: how bad it is.
        database_specific: what only its source knows; GHSA keeps a word there.
    """

    id: str
    modified: str = ""
    withdrawn: str | None = None
    aliases: tuple[str, ...] = ()
    summary: str = ""
    details: str = ""
    affected: tuple[Affected, ...] = ()
    severity: tuple[Vector, ...] = ()
    database_specific: dict[str, Any] = msgspec.field(default_factory=dict)


class Match(msgspec.Struct, frozen=True):
    """That a component is affected.

    Attributes:
        fixed: the versions that mend it, in the order of the record.
        vectors: severities that hold for this package alone.
    """

    fixed: tuple[str, ...]
    vectors: tuple[Vector, ...]


class Incomparable(ValueError):
    """Versions of a kind that nothing here can put in order."""


def match(advisory: Advisory, component: Component) -> Match | None:
    """Return how a component is affected, or None when it is not.

    Raises:
        Incomparable: only an order of versions could tell, and nothing here knows it for this ecosystem.
    """
    if advisory.withdrawn:
        return None
    about = [one for one in advisory.affected if _same(one.package, component)]
    comparer = comparer_of(component.ecosystem)
    if not any(_affects(one, component.version, comparer) for one in about):
        return None
    events = [
        event for one in about for spread in one.ranges if spread.type in _ORDERED for event in spread.events
    ]
    fixed = dict.fromkeys(event.fixed for event in events if event.fixed)
    return Match(tuple(fixed), tuple(vector for one in about for vector in one.severity))


def _same(package: Package, component: Component) -> bool:
    """Tell whether a record speaks of a component's package, however it writes the name."""
    ecosystem = package.ecosystem.partition(":")[0]
    if ecosystem != component.ecosystem:
        return False
    return name_key(ecosystem, package.name) == name_key(ecosystem, component.name)


def name_key(ecosystem: str, name: str) -> str:
    """Return what all ways to write a package's name have in common: PEP 503 for Python."""
    if ecosystem == "PyPI":
        from packaging.utils import canonicalize_name

        return canonicalize_name(name)
    return name.casefold() if ecosystem in ("NuGet", "Packagist") else name


def _affects(affected: Affected, version: str, comparer: Comparer | None) -> bool:
    if version in affected.versions or version.removeprefix("v") in affected.versions:
        return True
    spreads = [one for one in affected.ranges if one.type in _ORDERED]
    if not spreads:
        if not affected.versions and affected.ranges:
            raise Incomparable("only a range of commits is stated")
        return False
    if comparer is None:
        if affected.versions:
            return False  # the list is complete where there is one (OSV schema, `affected[].versions`)
        raise Incomparable("nothing here knows the order of its versions")
    return any(_inside(spread, version, comparer) for spread in spreads)


def _inside(spread: Range, version: str, comparer: Comparer) -> bool:
    """Tell whether a version is in a range (OSV schema, "Evaluation")."""
    try:
        key = comparer(version)
        events = sorted(_events(spread, comparer), key=lambda one: (one[0] is not None, one[0], one[1]))
    except (ValueError, TypeError) as cause:
        raise Incomparable(str(cause)[:200]) from cause
    inside = False
    for at, order, ends in events:
        if at is None:
            inside = True
        elif ends is None:
            inside = inside or key >= at
        elif ends == "after":
            inside = inside and not key > at
        elif order and key >= at:
            inside = False
    return inside


def _events(spread: Range, comparer: Comparer) -> Iterator[tuple[Any, int, str | None]]:
    """Yield the version of each event, a number that puts equal ones in order, and how it ends a range."""
    for event in spread.events:
        if event.introduced is not None:
            yield (None if event.introduced == "0" else comparer(event.introduced)), 0, None
        elif event.fixed is not None:
            yield comparer(event.fixed), 1, "at"
        elif event.last_affected is not None:
            yield comparer(event.last_affected), 1, "after"


def rating_of(
    advisory: Advisory, match: Match, other: Callable[[str], Advisory | None] = lambda _: None
) -> Rating:
    """Return how bad an advisory is, with its source.

    Its own vectors come first, then those of its GHSA alias, then the word of either; when several
    vectors are there, the worst counts.

    Args:
        advisory: the record.
        match: how the component is affected.
        other: returns the record of an alias, where there is one.
    """
    named = (other(name) for name in advisory.aliases if name.startswith("GHSA-"))
    aliases = [one for one in named if one is not None]
    own = (advisory.id, match.vectors)
    for source, vectors in (own, *((one.id, one.severity) for one in (advisory, *aliases))):
        rating = worst(tuple(_rated(vectors, source)))
        if rating.severity is not Severity.UNKNOWN:
            return rating
    for record in (advisory, *aliases):
        word = str(record.database_specific.get("severity", "")).upper()
        if word in _WORDS:
            return Rating(severity=_WORDS[word], source=f"{record.id} word"[:1024])
    return UNRATED


def _rated(vectors: Iterable[Vector], source: str) -> Iterator[Rating]:
    for vector in vectors:
        score = score_of(vector.score)
        if score is not None:
            yield Rating(
                severity=severity_of_score(score),
                source=f"{source} {vector.type}"[:1024],
                score=f"{score:g}",
                vector=vector.score[:1024],
            )


def score_of(vector: str) -> float | None:
    """Return the base score of a CVSS vector of the versions 2, 3 and 4, or None for anything else."""
    import cvss

    kinds: Mapping[str, Any] = {"CVSS:4": cvss.CVSS4, "CVSS:3": cvss.CVSS3}
    kind = next((kind for head, kind in kinds.items() if vector.startswith(head)), cvss.CVSS2)
    try:
        made = kind(vector)
    except cvss.CVSSError:
        return None
    return float(made.base_score)
