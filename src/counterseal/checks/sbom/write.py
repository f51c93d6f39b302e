"""Writing CycloneDX in JSON, of the versions 1.6 and 1.7 (ECMA-424): the same inventory gives the same bytes.

The documents are built as plain values: the models of the library need time that grows with the square of the
number of components. Its schemas, which are the official ones, say whether the result is right.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from counterseal.policy.component import Component
from counterseal.policy.licence import expression_of

MEDIA_TYPE: Final = "application/vnd.cyclonedx+json"

_ALGORITHMS: Final = {
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
}
_SCOPES: Final = {"required": "required", "optional": "optional", "development": "excluded"}


@dataclass(frozen=True)
class Release:
    """What the document is about.

    Attributes:
        name: the repository's name.
        uri: its address.
        commit: the commit.
        at: the moment, as a `Time`.
        tool: the version of counterseal.
    """

    name: str
    uri: str
    commit: str
    at: str
    tool: str


def write_sbom(components: Iterable[Component], release: Release, version: str) -> bytes:
    """Return a document.

    Args:
        components: the components, own ones too.
        release: what it is about.
        version: the version of CycloneDX, `1.6` or `1.7`.
    """
    listed = sorted(components, key=lambda one: one.purl)
    root = f"{release.uri}@{release.commit}"
    known = {one.purl for one in listed}
    needed = {purl for one in listed for purl in one.requires}
    top = [one.purl for one in listed if one.own or one.direct or one.purl not in needed]
    document: dict[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "version": 1,
        "metadata": {
            "timestamp": release.at,
            "tools": {
                "components": [{"type": "application", "name": "counterseal", "version": release.tool}]
            },
            "authors": [{"name": "counterseal"}],
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": release.name,
                "version": release.commit,
                "externalReferences": [{"type": "vcs", "url": release.uri}],
            },
        },
        "components": [_component(one) for one in listed],
        "dependencies": [
            {"ref": root, "dependsOn": top},
            *(
                {"ref": one.purl, "dependsOn": [purl for purl in one.requires if purl in known]}
                for one in listed
            ),
        ],
    }
    # A serial number that follows from the content: the same document never has two.
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, _json(document).decode())}"
    return _json(document)


def _component(one: Component) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "purl": one.purl,
        "scope": _SCOPES[one.scope],
    }
    hashes = (text.partition(":") for text in one.hashes)
    known = ((_ALGORITHMS.get(kind), digest) for kind, _, digest in hashes)
    told = [{"alg": name, "content": digest} for name, digest in known if name]
    if told:
        made["hashes"] = told
    if one.licence:
        expression = expression_of(one.licence)
        made["licenses"] = [{"expression": expression} if expression else {"license": {"name": one.licence}}]
    if one.supplier:
        made["supplier"] = {"name": one.supplier}
    if one.own:
        made["properties"] = [{"name": "counterseal:own", "value": "true"}]
    return made


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
