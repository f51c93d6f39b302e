"""What is installed: the distributions of a `site-packages` folder, by their own metadata (PEP 376, 639)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from counterseal.checks.inventory.found import Inventory, component, purl_of, unread
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding

Source: TypeAlias = Literal["expression", "classifier", "text", "lock", "document"]

_LICENCE: Final = "License :: "
_OSI: Final = "License :: OSI Approved :: "


def read_environment(folder: Path) -> Inventory:
    """Read the distributions of a `site-packages` folder.

    Args:
        folder: the folder.
    """
    name = str(folder)
    if not folder.is_dir():
        return Inventory(findings=(unread(name, "there is no such folder"),), files=(name,))
    findings: list[Finding] = []
    found: dict[str, Distribution] = {}
    for one in MetadataPathFinder.find_distributions(_context(folder)):
        stated = one.metadata["Name"] if one.metadata is not None else None
        if not stated or not one.version:
            findings.append(unread(name, "a distribution without name or version"))
        elif canonicalize_name(stated) in found:
            findings.append(unread(name, f"{stated} is installed twice"))
        else:
            found[canonicalize_name(stated)] = one
    versions = {key: one.version for key, one in found.items()}
    components = tuple(_component(one, versions, name) for _, one in sorted(found.items()))
    return Inventory(components, tuple(findings), (name,))


def _context(folder: Path) -> DistributionFinder.Context:
    return DistributionFinder.Context(path=[str(folder)])


def _component(one: Distribution, versions: dict[str, str], source: str) -> Component:
    metadata = cast("Message", one.metadata)  # which the standard library describes by less than it is
    licence, where = licence_of(metadata)
    supplier = metadata.get("Author") or metadata.get("Author-email") or metadata.get("Maintainer-email")
    return component(
        "PyPI",
        metadata["Name"],
        one.version,
        licence=licence,
        licence_source=where,
        supplier=(supplier or "")[:1000] or None,
        requires=tuple(sorted(set(_requires(one, versions)))),
        source=source,
    )


def _requires(one: Distribution, versions: dict[str, str]) -> Iterator[str]:
    for text in one.requires or ():
        try:
            wanted = Requirement(text)
        except InvalidRequirement:
            continue
        name = canonicalize_name(wanted.name)
        if name in versions and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            yield purl_of("PyPI", name, versions[name])


def licence_of(metadata: Message) -> tuple[str | None, Source | None]:
    """Return the licence that metadata state, in the order of PEP 639: expression, classifiers, free text."""
    if expression := (metadata.get("License-Expression") or "").strip():
        return expression, "expression"
    classifiers = [one for one in metadata.get_all("Classifier", ()) if one.startswith(_LICENCE)]
    named = [one.removeprefix(_OSI) for one in classifiers if one != "License :: OSI Approved"]
    if named:
        return "; ".join(sorted(named)), "classifier"
    text = re.sub(r"\s+", " ", metadata.get("License") or "").strip()
    return (text[:500], "text") if text and text.upper() != "UNKNOWN" else (None, None)
