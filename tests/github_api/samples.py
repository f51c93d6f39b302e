"""Things as GitHub's REST interface shows them, made from its description: whole, valid, and dull.

    sample("pull-request", number=7, title="Pay")

Every property that the description names is there. Tests change what they are about.
"""

from __future__ import annotations

from typing import Any

from github_api.description import description
from github_api.schemas import PREFIX, Json

ADDRESS = "http://127.0.0.1:1/made/up"
SHA = "a" * 40
TIME = "2026-11-24T10:00:00Z"
FORMATS = {"date-time": TIME, "uri": ADDRESS, "email": "anna@example.com", "date": "2026-11-24"}
WORDS = {
    "sha": SHA,
    "head_sha": SHA,
    "commit_id": SHA,
    "merge_commit_sha": SHA,
    "type": "User",
    "visibility": "private",
    "privacy": "closed",
    "notification_setting": "notifications_enabled",
    "email": "anna@example.com",
    "pushed_at": TIME,
    "date": TIME,
    "default_branch": "main",
    "author_association": "MEMBER",
}
DEEPEST = 8


def sample(name: str, /, **changes: Any) -> Json:
    """Return a thing.

    Args:
        name: its schema in the description.
        changes: what is otherwise than made up.
    """
    return make(description().document["components"]["schemas"][name]) | changes


def make(schema: Json, key: str = "", depth: int = 0) -> Any:
    """Return a value that a schema allows.

    Args:
        schema: the schema, as OpenAPI 3.0 has it.
        key: the name of the property that the value is for.
        depth: how deep it lies.
    """
    if "$ref" in schema:
        return make(
            description().document["components"]["schemas"][schema["$ref"].removeprefix(PREFIX)], key, depth
        )
    if depth > DEEPEST and schema.get("nullable"):
        return None
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return make(schema[union][0], key, depth)
    if "allOf" in schema:
        parts = [make(each, key, depth) for each in schema["allOf"]]
        return {name: value for part in parts for name, value in part.items()}
    return _plain(schema, key, depth)


def _plain(schema: Json, key: str, depth: int) -> Any:
    """Return a value of one type."""
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        wanted = schema.get("properties", {})
        if depth > DEEPEST:
            wanted = {name: wanted[name] for name in schema.get("required", ()) if name in wanted}
        return {name: make(each, name, depth + 1) for name, each in wanted.items()}
    if kind == "array":
        return [] if depth > DEEPEST else [make(schema["items"], key, depth + 1)]
    if "enum" in schema:
        return schema["enum"][0]
    return {"boolean": False, "integer": 5, "number": 5}.get(kind, _text(schema, key))


def _text(schema: Json, key: str) -> str:
    """Return text that fits its format or its name."""
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    if key.endswith("url") or key == "href":
        return ADDRESS
    text = WORDS.get(key, "x" * max(1, schema.get("minLength", 1)))
    return text if len(text) >= schema.get("minLength", 0) else "a" * schema["minLength"]
