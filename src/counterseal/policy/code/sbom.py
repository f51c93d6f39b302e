"""The policy's part `code.sbom`: what an inventory must hold."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.policy.base import Section

Path = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Sbom(Section, frozen=True, kw_only=True):
    """What an inventory must hold.

    Attributes:
        version: the version of CycloneDX that is written.
        inventories: lock files that have to be there, as paths or patterns.
        require: what every component that ships must have: digests of its files, its supplier, its licence.
            What the NTIA's minimum elements name besides (name, version, identifier, relationships, author,
            time) is always there.
    """

    version: Literal["1.6", "1.7"] = "1.6"
    inventories: tuple[Path, ...] = ()
    require: tuple[Literal["hashes", "suppliers", "licences"], ...] = ()
