"""Make the offline description of GitHub: what counterseal and its sandbox use, out of GitHub's own.

    npm pack @octokit/openapi@23.0.2
    npm pack @octokit/openapi-webhooks@12.1.0
    npm pack @octokit/webhooks-schemas@7.6.1
    python tests/github_api/prune.py octokit-openapi-23.0.2.tgz octokit-openapi-webhooks-12.1.0.tgz \
        octokit-webhooks-schemas-7.6.1.tgz

Nothing is changed but for what is left out: other operations, prose, examples. Each result has, under
`x-source`, which file it comes from and that file's digest; the same tarballs give the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OPENAPI = HERE / "openapi.json.gz"
WEBHOOKS = HERE / "webhooks.json.gz"
OPERATIONS = HERE / "operations.txt"
EVENTS = HERE / "events.txt"

Json = dict[str, Any]

PROSE = frozenset({"description", "summary", "externalDocs", "example", "examples", "tags", "title"})
"""What is said for readers; in a map of names (`properties`) these words are names, and stay."""

NAMES = frozenset({"properties", "schemas", "definitions", "patternProperties"})
"""Where keys are names that somebody chose, and not words of the description's language."""


def prune(whole: Json, wanted: list[str]) -> Json:
    """Return a description with only some operations.

    Args:
        whole: the whole description.
        wanted: the operations, as `GET /path/{of}/it`.

    Raises:
        LookupError: the description has no such operation.
    """
    paths: Json = {}
    for line in wanted:
        method, path = line.split(" ", 1)
        try:
            operation = whole["paths"][path][method.lower()]
        except KeyError:
            raise LookupError(f"there is no operation {line}") from None
        paths.setdefault(path, {})[method.lower()] = operation
    kept = without_prose({"openapi": whole["openapi"], "info": whole["info"], "paths": paths})
    return kept | {"components": closure(kept, without_prose(whole["components"]))}


def prune_webhooks(schemas: Json, described: Json, events: list[str]) -> Json:
    """Return the schemas of some events: what the JSON Schema says of them, and what the description says.

    Args:
        schemas: `schema.json` of webhooks-schemas.
        described: the OpenAPI description of webhooks.
        events: the events, as `pull_request opened` or `push`.

    Raises:
        LookupError: neither has such an event.
    """
    definitions = without_prose({"definitions": schemas["definitions"]})["definitions"]
    kept: Json = {"events": {}, "definitions": {}, "webhooks": {}}
    for line in events:
        name = "$".join(line.split())
        found = [each for each in (_definition(definitions, name), _described(described, line, kept)) if each]
        if not found:
            raise LookupError(f"there is no event {line}")
        kept["events"][line] = found
    kept["definitions"] = _definitions(kept["events"], definitions)
    kept["components"] = closure(kept["webhooks"], without_prose(described["components"]))
    return kept


def without_prose(node: Any, *, names: bool = False) -> Any:
    """Return a description without what is said for readers.

    Args:
        node: the description, or a part of it.
        names: whether this is a map whose keys are names.
    """
    if isinstance(node, list):
        return [without_prose(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_prose(value, names=key in NAMES and not names)
        for key, value in node.items()
        if names or key not in PROSE
    }


def closure(start: Json, components: Json) -> Json:
    """Return the components that are needed, directly and through others."""
    kept: Json = {}
    queue = sorted(references(start))
    while queue:
        kind, name = queue.pop().removeprefix("#/components/").split("/")
        if name in kept.get(kind, {}):
            continue
        kept.setdefault(kind, {})[name] = components[kind][name]
        queue.extend(sorted(references(components[kind][name])))
    return kept


def references(node: Any) -> set[str]:
    """Return every local reference in a part of a description."""
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*map(references, node.values()))


def lines(path: Path) -> list[str]:
    """Return a list's entries, without comments."""
    return [line for raw in path.read_text().splitlines() if (line := raw.partition("#")[0].strip())]


def pack(document: Json) -> bytes:
    """Return a document compressed, the same each time."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return gzip.compress(text.encode(), mtime=0)


def member(tarball: str, name: str) -> tuple[Json, Json]:
    """Return a JSON file of a package, and where it is from."""
    with tarfile.open(tarball) as package:
        text = package.extractfile(name).read()
        about = json.load(package.extractfile("package/package.json"))
    source = {"package": about["name"], "version": about["version"], "licence": "MIT", "file": name}
    return json.loads(text), source | {"sha256": hashlib.sha256(text).hexdigest()}


def _definition(definitions: Json, name: str) -> Json | None:
    """Return a reference to an event's definition, whatever it is called."""
    for candidate in (name, f"{name}$event", f"{name}_event"):
        if candidate in definitions:
            return {"$ref": f"#/definitions/{candidate}"}
    return None


def _described(described: Json, line: str, kept: Json) -> Json | None:
    """Return a reference to an event's body in the description of webhooks, which is kept."""
    name = "-".join(line.split()).replace("_", "-")
    if name not in described["webhooks"]:
        return None
    body = described["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]["schema"]
    kept["webhooks"][name] = without_prose(body)
    return {"$ref": f"#/webhooks/{name}"}


def _definitions(events: Json, definitions: Json) -> Json:
    """Return the definitions that the events need, directly and through others."""
    kept: Json = {}
    queue = sorted(references(events))
    while queue:
        kind, name = queue.pop().removeprefix("#/").split("/")
        if kind != "definitions" or name in kept:
            continue
        kept[name] = definitions[name]
        queue.extend(sorted(references(definitions[name])))
    return kept


def main() -> None:
    """Write both files from the packages whose tarballs are named."""
    openapi, webhooks, schemas = sys.argv[1:4]
    whole, source = member(openapi, "package/generated/api.github.com.json")
    OPENAPI.write_bytes(pack(prune(whole, lines(OPERATIONS)) | {"x-source": source}))
    described, second = member(webhooks, "package/generated/api.github.com.json")
    bodies, first = member(schemas, "package/schema.json")
    pruned = prune_webhooks(bodies, described, lines(EVENTS))
    WEBHOOKS.write_bytes(pack(pruned | {"x-source": [first, second]}))


if __name__ == "__main__":
    main()
