"""The policy's part `code.licences`: which licences the dependencies may have."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.policy.base import Section

Licence = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=200, description="SPDX id, or `id WITH exception`, or LicenseRef"),
]
Purl = Annotated[str, msgspec.Meta(min_length=5, max_length=500, description="package URL without version")]


class Licences(Section, frozen=True, kw_only=True):
    """Which licences the dependencies may have.

    Attributes:
        allow: licences that may be used; any other may not.
        review: licences that are noted for somebody to look at, and may be used.
        unknown: what becomes of a component whose licence nobody states in words that mean something.
        scopes: which dependencies count: those that ship, those that only build or test, those that may ship.
        known: what the licence of a component really is, by its package URL without version.
    """

    allow: Annotated[tuple[Licence, ...], msgspec.Meta(min_length=1)]
    review: tuple[Licence, ...] = ()
    unknown: Literal["block", "note"] = "block"
    scopes: tuple[Literal["required", "optional", "development"], ...] = ("required", "optional")
    known: dict[Purl, Licence] = msgspec.field(default_factory=dict)
