"""SPDX documents in JSON, of the versions 2.2 and 2.3, as other tools write them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from counterseal.checks.inventory.documents import Unreadable, listed
from counterseal.checks.inventory.found import Inventory, component_of, fault, unread
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding
from counterseal.policy.licence import expression_of

_VERSIONS: Final = ("SPDX-2.2", "SPDX-2.3")
_NOBODY: Final = ("", "NONE", "NOASSERTION")
_ALGORITHMS: Final = {"SHA1": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
# What a relationship says of who needs whom: whether the first needs the second, or the other way round.
_NEEDS: Final = {"DEPENDS_ON": True, "DEPENDENCY_OF": False, "RUNTIME_DEPENDENCY_OF": False}
_BUILDS: Final = frozenset(
    {"BUILD_DEPENDENCY_OF", "DEV_DEPENDENCY_OF", "TEST_DEPENDENCY_OF", "BUILD_TOOL_OF"}
)


def of_spdx(name: str, document: dict[str, Any]) -> Inventory:
    """Return what an SPDX document lists (SPDX specification 2.3, clauses 6 to 11).

    Raises:
        Unreadable: it is none of a version that is known here.
    """
    if "@context" in document:
        raise Unreadable("SPDX 3 is not read: write SPDX 2.3 or CycloneDX")
    if document.get("spdxVersion") not in _VERSIONS:
        raise Unreadable(f"the version {document.get('spdxVersion')!r} of SPDX is not known")
    packages = listed(document, "packages")
    relations = document.get("relationships", [])
    described = _described(document, relations)
    found = [_package(one, name, described) for one in packages]
    known = {str(one["SPDXID"]): part for one, part in zip(packages, found, strict=True)}
    findings = [one for one in found if isinstance(one, Finding)]
    findings += _faults(document, packages, relations, name)
    parts = {key: one for key, one in known.items() if isinstance(one, Component)}
    return Inventory(tuple(_related(parts, relations)), tuple(findings), (name,))


def _described(document: dict[str, Any], relations: list[Any]) -> set[str]:
    """Return what the document is about, which is the release itself and no dependency."""
    named = {one["relatedSpdxElement"] for one in relations if one["relationshipType"] == "DESCRIBES"}
    return named | set(document.get("documentDescribes", []))


def _package(one: dict[str, Any], source: str, described: set[str]) -> Component | Finding | None:
    """Return what a package is; None for what is described and has no package URL, such as the release."""
    purls = [
        str(reference["referenceLocator"])
        for reference in one.get("externalRefs", [])
        if reference.get("referenceType") == "purl"
    ]
    if not purls:
        if one["SPDXID"] in described:
            return None
        return unread(source, f"{one['name']} has no purl, so nobody can look it up")
    licence = _licence(one)
    try:
        return component_of(
            purls[0],
            one.get("versionInfo"),
            source,
            hashes=tuple(sorted(_hashes(one.get("checksums", [])))),
            licence=licence,
            licence_source="document" if licence else None,
            supplier=_supplier(one.get("supplier")),
            own=one["SPDXID"] in described,
        )
    except ValueError as cause:
        return fault(source, f"{purls[0]!r} is no purl: {cause}")


def _licence(one: dict[str, Any]) -> str | None:
    """Return the licence that was concluded, else the one that is declared (clauses 7.13 and 7.15)."""
    stated = (str(one.get(name, "")) for name in ("licenseConcluded", "licenseDeclared"))
    return next((text for text in stated if text not in _NOBODY), None)


def _hashes(listed_: list[Any]) -> Iterator[str]:
    for one in listed_:
        if kind := _ALGORITHMS.get(one["algorithm"]):
            yield f"{kind}:{str(one['checksumValue']).lower()}"


def _supplier(text: Any) -> str | None:
    """Return the name of `Organization: name (address)` or `Person: ...` (clause 7.5)."""
    if not isinstance(text, str) or text in _NOBODY:
        return None
    return text.partition(":")[2].partition("(")[0].strip() or None


def _related(parts: dict[str, Component], relations: list[Any]) -> Iterator[Component]:
    """Yield the components with what they need, and whether they only build or test the release."""
    from msgspec.structs import replace

    needs: dict[str, set[str]] = {}
    builds: set[str] = set()
    for one in relations:
        first, second, kind = one["spdxElementId"], one["relatedSpdxElement"], one["relationshipType"]
        if kind in _BUILDS:
            builds.add(first)
        elif kind in _NEEDS:
            who, whom = (first, second) if _NEEDS[kind] else (second, first)
            needs.setdefault(who, set()).add(whom)
    for key, part in parts.items():
        wanted = sorted(parts[other].purl for other in needs.get(key, ()) if other in parts)
        scope = "development" if key in builds else part.scope
        yield replace(part, requires=tuple(wanted), scope=scope)


def _faults(
    document: dict[str, Any], packages: list[Any], relations: list[Any], name: str
) -> Iterator[Finding]:
    """Yield what is wrong with a document: names twice or leading nowhere, licences that are none."""
    ids = [str(one["SPDXID"]) for one in packages]
    if len(set(ids)) < len(ids):
        yield fault(name, "an SPDXID is there twice")
    elsewhere = {str(one.get("SPDXID")) for part in ("files", "snippets") for one in document.get(part, [])}
    known = {*ids, *elsewhere, "SPDXRef-DOCUMENT", "NONE", "NOASSERTION"}
    for one in relations:
        for end in (one["spdxElementId"], one["relatedSpdxElement"]):
            if end not in known and not str(end).startswith("DocumentRef-"):
                yield fault(name, f"the relationship of {end!r} leads nowhere")
    for one in packages:
        licence = _licence(one)
        if licence is not None and expression_of(licence) is None:
            yield fault(name, f"{one['name']}: {licence!r} is no SPDX expression")
