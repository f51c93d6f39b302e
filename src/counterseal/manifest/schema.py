"""JSON Schemas (draft 2020-12) of the format, made from its types, so that neither can drift from the other.

A schema describes what is accepted: unknown fields are, null is not. The rules that no schema can express are
in `counterseal.manifest.check`.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from counterseal.manifest.approval import ApprovalRequest, SignedApproval
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import Checkpoint, ReleaseCandidate, ReleaseManifest
from counterseal.manifest.statement import PREDICATES, STATEMENT_TYPE, Subject

Schema: TypeAlias = dict[str, Any]

DOCUMENTS: Final[Mapping[str, type]] = {
    "approval": SignedApproval,
    "approval-request": ApprovalRequest,
    "checkpoint": Checkpoint,
    "control-record": ControlRecord,
    "release-candidate": ReleaseCandidate,
    "release-manifest": ReleaseManifest,
}
"""The types that have a schema of their own, by the name of the schema."""

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE: Final = "#/$defs/{name}"
_ATTRIBUTE = re.compile(r"^ {4}([\w-]+): (.+(?:\n {5,}.+)*)", re.MULTILINE)


def manifest_schemas() -> dict[str, Schema]:
    """Return every schema of the format by name."""
    schemas = {name: document_schema(name, kind) for name, kind in DOCUMENTS.items()}
    return schemas | {"statement": _statement_schema()}


def document_schema(name: str, kind: type) -> Schema:
    """Return the schema of one type, complete in itself.

    Args:
        name: the document's name, in lowercase with hyphens.
        kind: a msgspec structure; its docstring and those of its parts become the descriptions.
    """
    definitions = _definitions([kind])
    root = definitions.pop(kind.__name__)
    return _head(name) | root | {"$defs": definitions}


def encode_schema(schema: Schema) -> bytes:
    """Return the text of a schema file: the same bytes for the same types."""
    return (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode()


def _statement_schema() -> Schema:
    """Return the schema of an in-toto Statement v1 that holds one of our predicates, or any other."""
    predicates = [
        {
            "if": {"properties": {"predicateType": {"const": uri}}},
            "then": {"properties": {"predicate": {"$ref": _REFERENCE.format(name=kind.__name__)}}},
        }
        for uri, kind in PREDICATES.items()
    ]
    return _head("statement") | {
        "title": "Statement",
        "description": "An in-toto Statement v1 around one of counterseal's predicates.",
        "type": "object",
        "properties": {
            "_type": {"description": "the statement's own type", "const": STATEMENT_TYPE},
            "subject": {
                "description": "what the statement is about",
                "type": "array",
                "minItems": 1,
                "items": {"$ref": _REFERENCE.format(name="Subject")},
            },
            "predicateType": {
                "description": "the predicate's URI",
                "type": "string",
                "minLength": 1,
                "maxLength": 1024,
            },
            "predicate": {"description": "what is said"},
        },
        "required": ["_type", "subject", "predicateType", "predicate"],
        "allOf": predicates,
        "$defs": _definitions([Subject, *PREDICATES.values()]),
    }


def _head(name: str) -> Schema:
    return {"$schema": _DIALECT, "$id": f"https://counterseal.dev/{name}/v1/schema.json"}


def _definitions(kinds: Sequence[type]) -> dict[str, Schema]:
    _, components = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    return {name: _described(_portable(component)) for name, component in sorted(components.items())}


def _portable(value: Any) -> Any:
    r"""Return a schema without null, which the format does not know, and with `$` for Python's `\Z`."""
    if isinstance(value, list):
        return [_portable(item) for item in value]
    if not isinstance(value, dict):
        return value
    choices = [choice for choice in value.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        value = choices[0]
    empty: tuple[Any, ...] = (None, (), [], {})  # what is absent by default needs no word
    schema = {
        name: _part(name, item) for name, item in value.items() if name != "default" or item not in empty
    }
    if "pattern" in schema:
        schema["pattern"] = schema["pattern"].replace(r"\Z", "$")
    return schema


def _part(name: str, item: Any) -> Any:
    """Return a part of a schema; the names among its properties are fields, not words of a schema."""
    if name == "properties":
        return {field: _portable(part) for field, part in item.items()}
    return _portable(item)


def _described(schema: Schema) -> Schema:
    """Move the fields' descriptions from the `Attributes:` section of a docstring to the fields."""
    text, _, section = inspect.cleandoc(schema.get("description", "")).partition("\n\nAttributes:\n")
    known = {re.sub("[_-]", "", name): " ".join(words.split()) for name, words in _ATTRIBUTE.findall(section)}
    properties = schema.get("properties", {})
    for name, field in properties.items():
        if words := known.get(name.replace("-", "").lower()):
            properties[name] = {"description": words} | {k: v for k, v in field.items() if k != "description"}
    return schema | {"description": " ".join(text.split())}
