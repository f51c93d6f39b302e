"""The order of versions, for each ecosystem that has one which can be told from the text alone.

Python: PEP 440, by `packaging`. npm, Go and Rust: Semantic Versioning 2.0.0, section 11.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

Comparer: TypeAlias = Callable[[str], Any]
"""Turns a version into something that is ordered; raises ValueError for what is no version."""

_SEMVER: Final = re.compile(
    r"v?(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?(?:\.(0|[1-9][0-9]*))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
)


def comparer_of(ecosystem: str) -> Comparer | None:
    """Return how the versions of an ecosystem (OSV's word) are ordered; None where nothing here knows."""
    if ecosystem == "PyPI":
        from packaging.version import Version

        return Version
    return semver if ecosystem in ("npm", "Go", "crates.io") else None


def semver(text: str) -> Any:
    """Return what a semantic version is ordered by.

    Raises:
        ValueError: it is none.
    """
    found = _SEMVER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:100]!r} is not a semantic version")
    numbers = tuple(int(number or 0) for number in found.groups()[:3])
    before = found[4]
    # A version that others will follow comes before the one that it announces.
    return (*numbers, before is None, tuple(map(_identifier, before.split("."))) if before else ())


def _identifier(text: str) -> tuple[bool, int, str]:
    """Numbers are ordered as numbers, and before words."""
    return (False, int(text), "") if text.isdigit() else (True, 0, text)
