"""Components: the third-party software in a release, as inventories, advisories and licences speak of it."""

from __future__ import annotations

from typing import Literal

from counterseal.manifest.types import Name, Struct, Text


class Component(Struct, frozen=True, kw_only=True):
    """One package in one version.

    Attributes:
        purl: its package URL with version, canonical (purl specification), such as `pkg:pypi/django@4.2`.
        ecosystem: where it comes from, in OSV's word: `PyPI`, `npm`, `Go`, `Maven`, `crates.io`, ...
        name: its name as that ecosystem writes it (PyPI: normalised, PEP 503; Maven: `group:artifact`).
        version: its version, exactly.
        hashes: digests of its files, each `<algorithm>:<lowercase hexadecimal>`, sorted.
        licence: its licence as its source states it, before anybody has read it; None when nothing is stated.
        licence_source: where that stands: `expression`, `classifier`, `text`, `lock` or `document`.
        supplier: who supplies it.
        scope: whether it ships (`required`), only builds or tests it (`development`), or may (`optional`).
        direct: whether the release itself asks for it; None when that is not known.
        requires: purls of what it needs, sorted; only those of the same inventory.
        source: the file that it was read from, as a path of the repository.
        own: whether it is the release itself or a part of it, which no advisory source knows.
    """

    purl: Name
    ecosystem: Name
    name: Name
    version: Name
    hashes: tuple[Name, ...] = ()
    licence: Text | None = None
    licence_source: Literal["expression", "classifier", "text", "lock", "document"] | None = None
    supplier: Name | None = None
    scope: Literal["required", "development", "optional"] = "required"
    direct: bool | None = None
    requires: tuple[Name, ...] = ()
    source: Name | None = None
    own: bool = False
