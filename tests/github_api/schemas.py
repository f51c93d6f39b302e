"""OpenAPI 3.0 schemas as JSON Schema 2020-12, and strict: an answer may have no key that GitHub's does not.

GitHub's description leaves its objects open, which would let any invention pass. So wherever a schema names
an object's properties, anything beside them is refused; what the live interface has and the description
lacks is stated in `overlay.json`, with where it is known from.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs

Json = dict[str, Any]

URN = "urn:github"
PREFIX = "#/components/schemas/"
UNIONS = ("allOf", "anyOf", "oneOf")
KEYWORDS = (
    "type", "format", "enum", "required", "pattern", "minimum", "maximum", "minLength", "maxLength",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip
FORMATS = {"email": lambda _text: True}
"""What is not taken at its word: an address in a commit is free text, and bots have `[bot]` in theirs."""


class Schemas:
    """The component schemas of a description, and validators that refer to them.

    Args:
        components: the schemas by name, as OpenAPI 3.0 has them.
    """

    def __init__(self, components: Json) -> None:
        self._components = components
        converted = {name: self.convert(schema, strict=False) for name, schema in components.items()}
        self._registry = jsonschema_rs.Registry(
            [(URN, {"$defs": converted})], draft=jsonschema_rs.Draft202012
        )

    def validator(self, schema: Json, *, strict: bool = True) -> jsonschema_rs.Draft202012Validator:
        """Return the validator of a schema that may refer to components."""
        converted = self.convert(schema, strict=strict)
        return jsonschema_rs.Draft202012Validator(
            converted, registry=self._registry, validate_formats=True, formats=FORMATS
        )

    def convert(self, schema: Json, *, strict: bool) -> Json:
        """Return a schema as JSON Schema 2020-12.

        Args:
            schema: the schema as OpenAPI 3.0 has it.
            strict: whether it stands where a value is (not inside a union), and so refuses unknown keys.
        """
        kept = {key: schema[key] for key in KEYWORDS if key in schema} | self._parts(schema)
        if schema.get("default") == "":
            kept.pop("format", None)  # the description's own value for "none" is no address
        if strict and self.is_object(schema) and "additionalProperties" not in kept:
            kept["unevaluatedProperties"] = False
        return _nullable(kept) if schema.get("nullable") else kept

    def is_object(self, schema: Json) -> bool:
        """Return whether a schema names the properties of an object, itself or through others."""
        if "$ref" in schema:
            return self.is_object(self._components[schema["$ref"].removeprefix(PREFIX)])
        return bool(schema.get("properties")) or any(
            self.is_object(item) for union in UNIONS for item in schema.get(union, ())
        )

    def _parts(self, schema: Json) -> Json:
        """Return the keywords that contain schemas."""
        parts: Json = {}
        if "$ref" in schema:
            parts["$ref"] = f"{URN}#/$defs/{schema['$ref'].removeprefix(PREFIX)}"
        if "properties" in schema:
            parts["properties"] = {
                key: self.convert(each, strict=True) for key, each in schema["properties"].items()
            }
        if "items" in schema:
            parts["items"] = self.convert(schema["items"], strict=True)
        for union in UNIONS:
            if union in schema:
                # GitHub means "one of these kinds" by oneOf; several of its kinds overlap.
                name = "allOf" if union == "allOf" else "anyOf"
                parts[name] = [self.convert(each, strict=False) for each in schema[union]]
        return parts | self._additional(schema)

    def _additional(self, schema: Json) -> Json:
        """Return what is said of further properties; an object of which no property is named is open."""
        said = schema.get("additionalProperties")
        if isinstance(said, dict):
            return {"additionalProperties": self.convert(said, strict=True)}
        if said is not None:
            return {"additionalProperties": said}
        free = schema.get("type") == "object" and not any(
            key in schema for key in ("properties", "$ref", *UNIONS)
        )
        return {"additionalProperties": True} if free else {}


def problems(validator: jsonschema_rs.Draft202012Validator, value: Any, most: int = 4) -> str:
    """Return what is wrong with a value, the most exact first, or nothing.

    Args:
        validator: the schema.
        value: the value.
        most: how many problems are told.
    """
    found = sorted(
        {line for error in validator.iter_errors(value) for line in _leaves(error)},
        key=lambda line: (-line[0], line),
    )
    return "\n".join(text for _, text in found[:most])


def pointer(path: list[Any]) -> str:
    """Return a path as a JSON pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path) or "/"


def _leaves(error: jsonschema_rs.ValidationError) -> list[tuple[int, str]]:
    """Return an error with its depth; of a union, what is wrong with each of its kinds."""
    branches = [each for branch in getattr(error.kind, "context", None) or () for each in branch]
    if branches:
        return [line for each in branches for line in _leaves(each)]
    return [(len(error.instance_path), f"{pointer(error.instance_path)}: {error.message[:300]}")]


def _nullable(schema: Json) -> Json:
    """Return a schema that also takes null."""
    if "$ref" in schema or "anyOf" in schema or "allOf" in schema or "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    wider = schema | {"type": [schema["type"], "null"]}
    return wider | {"enum": [*schema["enum"], None]} if "enum" in schema else wider
