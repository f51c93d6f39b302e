"""Whether a CycloneDX document is right: by the official schema, and by what no schema can say.

The schemas are those that the CycloneDX library ships; `jsonschema-rs` applies them. Beside them:
references that lead nowhere, purls and licence expressions that are none, a component that is there
twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Final

from packageurl import PackageURL

from counterseal.checks.inventory.cyclonedx import VERSIONS
from counterseal.checks.inventory.documents import Unreadable, read_json
from counterseal.host.text import one_line
from counterseal.policy.finding import Finding, failed
from counterseal.policy.licence import expression_of

RULE: Final = "sbom"
MOST_TOLD: Final = 20
"""How many faults of one document are told."""


def faults_of(data: bytes, name: str) -> tuple[Finding, ...]:
    """Return what is wrong with the bytes of a document; see `faults_in`."""
    try:
        return faults_in(read_json(data), name)
    except Unreadable as cause:
        return _told([str(cause)], name)


def faults_in(document: dict[str, Any], name: str) -> tuple[Finding, ...]:
    """Return what is wrong with a document, at most `MOST_TOLD` things; nothing when it is right.

    Args:
        document: the document.
        name: what it is called.
    """
    return _told(islice(_faults(document), MOST_TOLD), name)


def _told(messages: Iterable[str], name: str) -> tuple[Finding, ...]:
    lines = (one_line(message, limit=500) for message in messages)
    return tuple(failed(RULE, line, subject=name[:1000], remedy="write the document anew") for line in lines)


def _faults(document: dict[str, Any]) -> Iterator[str]:
    if document.get("bomFormat") != "CycloneDX":
        yield "not a CycloneDX document"
        return
    version = document.get("specVersion")
    if version not in VERSIONS:
        yield f"the version {version!r} of CycloneDX is not known here"
        return
    schema = str(document.get("$schema", f"bom-{version}."))
    if f"bom-{version}." not in schema:
        yield f"it says that it is of version {version}, and names the schema {schema}"
    yield from (f"{_place(error)}: {error.message}" for error in _validator(version).iter_errors(document))
    try:
        yield from _beyond(document)
    except (AttributeError, TypeError, KeyError) as cause:
        yield f"not as CycloneDX says: {cause!r}"


def _beyond(document: dict[str, Any]) -> Iterator[str]:
    """Yield what no schema says."""
    components = list(_every(document.get("components", [])))
    main = document.get("metadata", {}).get("component")
    references: set[str] = set()
    for one in [*([main] if main else []), *components]:
        reference = one.get("bom-ref")
        if reference in references:
            yield f"the reference {reference!r} is there twice"
        if reference is not None:
            references.add(reference)
    services = (one.get("bom-ref") for one in document.get("services", []))
    references |= {one for one in services if one}
    for one in document.get("dependencies", []):
        for reference in (one["ref"], *one.get("dependsOn", [])):
            if reference not in references:
                yield f"the dependency {reference!r} leads nowhere"
    for one in components:
        yield from _of_component(one)


def _of_component(one: dict[str, Any]) -> Iterator[str]:
    name = f"{one.get('name')} {one.get('version', '')}".strip()
    if "purl" in one:
        try:
            purl = PackageURL.from_string(one["purl"])
        except ValueError as cause:
            yield f"{name}: {one['purl']!r} is no package URL: {cause}"
        else:
            if purl.version and one.get("version") not in (None, purl.version):
                yield f"{name}: its package URL is of the version {purl.version}"
    for choice in one.get("licenses", []):
        expression = choice.get("expression")
        if expression is not None and expression_of(expression) is None:
            yield f"{name}: {expression!r} is no SPDX expression"


def _every(components: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    waiting = list(components)
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.get("components", [])


def _place(error: Any) -> str:
    return "/".join(map(str, error.instance_path)) or "the document"


@cache
def _validator(version: str) -> Any:
    """Return the validator of a version; the schemas that it refers to come from the same place."""
    import jsonschema_rs

    folder = files("cyclonedx.schema") / "_res"
    texts = {
        one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".json")
    }

    def retrieve(uri: str) -> Any:
        return json.loads(texts[uri.rpartition("/")[2]])

    schema = json.loads(texts[f"bom-{version}.SNAPSHOT.schema.json"])
    return jsonschema_rs.validator_for(schema, retriever=retrieve)
