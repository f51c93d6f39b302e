from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from jsonschema import Draft202012Validator

from conformance.cases import base
from counterseal.manifest.schema import DOCUMENTS, document_schema, encode_schema, manifest_schemas

FOLDER = Path(__file__).parent.parent.parent.parent / "schemas"
SCHEMAS = manifest_schemas()
SAMPLES = {
    "approval": base.FULL_APPROVAL["predicate"],
    "approval-request": base.FULL_REQUEST["predicate"],
    "checkpoint": base.checkpoint()["predicate"],
    "control-record": base.FULL_RECORD["predicate"],
    "release-candidate": base.FULL_CANDIDATE,
    "release-manifest": base.FULL_MANIFEST["predicate"],
    "statement": base.FULL_MANIFEST,
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_file_is_the_schema_of_the_types(name):
    assert (FOLDER / f"{name}.schema.json").read_bytes() == encode_schema(SCHEMAS[name])


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_has_a_name_and_accepts_a_full_document(name):
    schema = SCHEMAS[name]

    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"https://counterseal.dev/{name}/v1/schema.json"
    assert list(Draft202012Validator(schema).iter_errors(SAMPLES[name])) == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_everything_is_described_and_nothing_is_null(name):
    schema = SCHEMAS[name]
    structures = [schema, *schema["$defs"].values()]

    assert [part["title"] for part in structures if not part.get("description")] == []
    assert [
        (part["title"], field)
        for part in structures
        for field, value in part.get("properties", {}).items()
        if not value.get("description")
    ] == []
    assert '"null"' not in json.dumps(schema)
    assert "\\Z" not in json.dumps(schema)


def test_every_document_and_the_statement_have_a_schema():
    assert set(SCHEMAS) == {*DOCUMENTS, "statement"}
    assert {path.name for path in FOLDER.glob("*.json")} == {
        f"{name}.schema.json" for name in [*SCHEMAS, "policy"]
    }


def test_the_description_of_a_field_comes_from_the_docstring():
    class Small(msgspec.Struct, rename="camel"):
        """A small thing.

        Attributes:
            some_field: the first line,
                and the second.
            other: not a field.
        """

        some_field: Annotated[str, msgspec.Meta(description="the type's own words")]
        bare: int = 0

    schema = document_schema("small", Small)

    assert schema["description"] == "A small thing."
    assert schema["properties"]["someField"] == {
        "description": "the first line, and the second.",
        "type": "string",
    }
    assert schema["properties"]["bare"] == {"type": "integer", "default": 0}


def test_a_predicate_is_held_against_its_own_schema_only():
    validator = Draft202012Validator(SCHEMAS["statement"])

    assert validator.is_valid(base.record())
    assert not validator.is_valid(base.record() | {"predicateType": base.CHECKPOINT})
    assert validator.is_valid(base.record() | {"predicateType": "https://example.com/v1", "predicate": 1})
