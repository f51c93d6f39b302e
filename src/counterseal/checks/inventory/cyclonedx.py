"""CycloneDX documents in JSON, of the versions 1.2 to 1.7, as other tools write them."""

from __future__ import annotations

from typing import Any, Final

from counterseal.checks.inventory.documents import Unreadable, read_json
from counterseal.checks.inventory.found import Inventory, component_of, unread
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding

VERSIONS: Final = frozenset({"1.2", "1.3", "1.4", "1.5", "1.6", "1.7"})
_SCOPES: Final = {"optional": "optional", "excluded": "development"}
_ALGORITHMS: Final = {"SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def read_cyclonedx(name: str, data: bytes) -> Inventory:
    """Read a CycloneDX document; see `of_cyclonedx`."""
    return of_cyclonedx(name, read_json(data))


def of_cyclonedx(name: str, document: dict[str, Any]) -> Inventory:
    """Return what a CycloneDX document lists; components inside components count too.

    Raises:
        Unreadable: it is none of a version that is known here.
    """
    if document.get("bomFormat") != "CycloneDX" or document.get("specVersion") not in VERSIONS:
        raise Unreadable("not a CycloneDX document of a known version")
    if not isinstance(document.get("components"), list):
        raise Unreadable("it has no components")
    components: list[Component] = []
    findings: list[Finding] = []
    references: dict[str, str] = {}
    waiting = list(reversed(document["components"]))
    while waiting:
        one = waiting.pop()
        waiting += reversed(one.get("components", []))
        found = _component(one, name)
        if found is None:
            continue
        if isinstance(found, Component):
            components.append(found)
            references[str(one.get("bom-ref", found.purl))] = found.purl
        else:
            findings.append(found)
    findings += _incomplete(document, name)
    needs = _needs(document.get("dependencies", []), references)
    from msgspec.structs import replace

    return Inventory(
        tuple(replace(one, requires=needs.get(one.purl, ())) for one in components), tuple(findings), (name,)
    )


def _incomplete(document: dict[str, Any], name: str) -> list[Finding]:
    """Return what a document says of its own gaps (CycloneDX, `compositions`)."""
    told = {str(one.get("aggregate")) for one in document.get("compositions", [])}
    return [
        unread(name, f"it says of itself that it is {word.replace('_', ' ')}")
        for word in sorted(told)
        if word.startswith("incomplete")
    ]


def _component(one: dict[str, Any], source: str) -> Component | Finding | None:
    """Return what a component is; None for one that is no package, such as a file or an operating system."""
    if one.get("type") not in ("library", "framework", "application", "module") or "purl" not in one:
        if one.get("type") in ("library", "framework") and "purl" not in one:
            return unread(source, f"{one.get('name')} has no purl, so nobody can look it up")
        return None
    licence = _licence(one.get("licenses", []))
    try:
        return component_of(
            str(one["purl"]),
            one.get("version"),
            source,
            hashes=tuple(sorted(_hashes(one.get("hashes", [])))),
            licence=licence,
            licence_source="document" if licence else None,
            supplier=(one.get("supplier") or {}).get("name") or one.get("publisher") or one.get("author"),
            scope=_SCOPES.get(str(one.get("scope")), "required"),
        )
    except ValueError as cause:
        return unread(source, f"{one['purl']!r} is no purl: {cause}")


def _licence(choices: list[Any]) -> str | None:
    """Return the licences as one expression: a list has no stated meaning, so all of them have to be kept."""
    told = [
        one.get("expression") or one.get("license", {}).get("id") or one.get("license", {}).get("name")
        for one in choices
    ]
    named = [str(text) for text in told if text]
    if len(named) == 1:
        return named[0]
    return " AND ".join(f"({text})" if " " in text else text for text in named) if named else None


def _hashes(listed: list[Any]) -> list[str]:
    known = ((_ALGORITHMS.get(one.get("alg")), one.get("content")) for one in listed)
    return [f"{kind}:{content}" for kind, content in known if kind and content]


def _needs(listed: list[Any], references: dict[str, str]) -> dict[str, tuple[str, ...]]:
    needs: dict[str, tuple[str, ...]] = {}
    for one in listed:
        purl = references.get(str(one.get("ref")))
        if purl:
            found = (references.get(str(ref)) for ref in one.get("dependsOn", []))
            needs[purl] = tuple(sorted({ref for ref in found if ref}))
    return needs
