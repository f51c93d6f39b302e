"""Severities: how bad a problem is, and who says so.

The words are those of the CVSS qualitative scale (CVSS v3.1 section 5, v4.0 section 6). *Unknown* is a word
of its own: nobody has published a severity, and the policy must say what becomes of that.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from counterseal.manifest.types import Name, Struct


class Severity(StrEnum):
    """How bad a problem is."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"
    UNKNOWN = "unknown"


_ORDER: Final = (Severity.NONE, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
_FLOORS: Final = (
    (9.0, Severity.CRITICAL),
    (7.0, Severity.HIGH),
    (4.0, Severity.MEDIUM),
    (0.1, Severity.LOW),
)


class Rating(Struct, frozen=True, kw_only=True):
    """A severity with its provenance.

    Attributes:
        severity: how bad it is.
        source: who says so, such as `GHSA-2gwj-7jmv-h26r CVSS:3.1` or `bandit`; `nobody` when it is unknown.
        score: the score on the CVSS scale as decimal text, such as `9.8`, where there is one.
        vector: the CVSS vector, where there is one.
    """

    severity: Severity
    source: Name = "nobody"
    score: Name | None = None
    vector: Name | None = None


UNRATED: Final = Rating(severity=Severity.UNKNOWN)
"""The rating of a problem that nobody has rated."""


def severity_of_score(score: float) -> Severity:
    """Return the word for a CVSS base score from 0 to 10; 9.0 itself is critical.

    Raises:
        ValueError: it is no score.
    """
    if not 0 <= score <= 10:  # noqa: PLR2004 - the scale; NaN is refused as well
        raise ValueError(f"{score} is not on the scale from 0 to 10")
    return next((severity for floor, severity in _FLOORS if score >= floor), Severity.NONE)


def reaches(severity: Severity, threshold: Severity) -> bool:
    """Tell whether a known severity is at least as bad as a known threshold.

    Raises:
        ValueError: one of them is unknown, so nobody can tell.
    """
    return _ORDER.index(severity) >= _ORDER.index(threshold)


def worst(ratings: tuple[Rating, ...]) -> Rating:
    """Return the worst of several ratings of one problem; unknown ones do not count beside known ones."""
    known = [rating for rating in ratings if rating.severity is not Severity.UNKNOWN]
    return max(known, key=lambda one: _ORDER.index(one.severity), default=UNRATED)
