"""Keeps the tables and examples of two pages in step with the types, the rules and the vectors.

What stands between a mark such as `<!-- fields Digest -->` and the next `<!-- end -->` is written by
`render`; everything else on the pages is written by people.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from conformance import generate
from counterseal.manifest import types
from counterseal.manifest.rules import RULES
from counterseal.manifest.schema import manifest_schemas
from counterseal.policy.schema import policy_schema

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = (DOCS / "manifest.md", DOCS / "policy.md")
SMALL = ("slug", "name", "text", "time", "count", "positive", "sha256", "git-object")
_BLOCK = re.compile(r"(<!-- (fields|policy|rules|vector) ?(\S*) -->\n).*?(<!-- end -->)", re.DOTALL)


def structures(schemas: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return every structure that has fields, by name."""
    parts = [(name, part) for schema in schemas for name, part in schema["$defs"].items()]
    roots = [(schema["title"], schema) for schema in schemas]
    return {name: part for name, part in parts + roots if "properties" in part}


def render(page: str) -> str:
    """Return the page with every block written anew."""
    writers = {"fields": _format_fields, "policy": _policy_fields, "rules": _rules, "vector": _vector}
    return _BLOCK.sub(lambda block: f"{block[1]}{writers[block[2]](block[3])}{block[4]}", page)


def _format_fields(name: str) -> str:
    return _fields(structures(manifest_schemas().values())[name])


def _policy_fields(name: str) -> str:
    return _fields(structures([policy_schema()])[name])


def _fields(schema: dict[str, Any]) -> str:
    rows = [
        [f"`{name}`", _kind(part), _need(part, required=name in schema["required"]), part["description"]]
        for name, part in schema["properties"].items()
    ]
    return _table(["field", "type", "required, or default", "meaning"], rows)


def _need(part: dict[str, Any], *, required: bool) -> str:
    if required:
        return "yes"
    if "default" not in part:
        return ""
    value = part["default"]
    listed = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(one, dict) for one in listed):
        return "see meaning"
    return ", ".join(f"`{one if isinstance(one, str) else json.dumps(one)}`" for one in listed)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "".join(f"| {' | '.join(cells)} |\n" for cells in lines) + "\n"


def _kind(part: dict[str, Any]) -> str:
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if part.get("type") == "array":
        return f"list of {_kind(part['items'])}"
    if part.get("type") == "object":
        names = part.get("propertyNames", {"type": "string"})
        return f"object of {_kind(part['additionalProperties'])} by {_kind(names)}"
    return _small(part) or _value(part)


def _value(part: dict[str, Any]) -> str:
    if "const" in part or "enum" in part:
        return " or ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    if "maximum" in part:
        return f"integer from {part['minimum']} to {part['maximum']}"
    return part.get("type", "any JSON value")


def _small(part: dict[str, Any]) -> str:
    """Return the name of one of the small types, told by its bounds."""
    bounds = _bounds(part)
    kinds = {name: getattr(types, name.title().replace("-", "")) for name in SMALL}
    return next((name for name, kind in kinds.items() if _bounds(msgspec.json.schema(kind)) == bounds), "")


def _bounds(part: dict[str, Any]) -> dict[str, Any]:
    bounds = {key: value for key, value in part.items() if key not in {"description", "type", "default"}}
    return {key: str(value).replace(r"\Z", "$") for key, value in bounds.items()}


def _rules(_: str) -> str:
    return _table(["rule", "what it demands"], [[f"`{name}`", text] for name, text in RULES.items()])


def _vector(name: str) -> str:
    case = next(case for case in generate.cases() if case.name == name)
    document = json.loads(next(iter(case.inputs.values())))
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return f"\n`tests/conformance/accepted/{name}`, digest `{case.digest}`:\n\n```json\n{text}\n```\n\n"


def main() -> None:
    """Write the pages."""
    for page in PAGES:
        page.write_text(render(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
