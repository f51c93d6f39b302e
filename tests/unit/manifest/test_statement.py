from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import factories
from conformance.cases import base, canonical
from counterseal.errors import MalformedError
from counterseal.manifest.check import read_statement
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import Checkpoint, ReleaseManifest
from counterseal.manifest.rules import RuleBroken
from counterseal.manifest.statement import (
    Statement,
    decode_statement,
    encode_statement,
    subject_of_commit,
    subject_of_file,
)
from unit.manifest.strategies import ANY, TEXTS

FULL = {
    ControlRecord: canonical(base.FULL_RECORD),
    ReleaseManifest: canonical(base.FULL_MANIFEST),
    Checkpoint: canonical(base.checkpoint()),
}
MANIFEST = FULL[ReleaseManifest]


@pytest.mark.parametrize("kind", FULL)
def test_a_document_with_every_field_is_typed_and_written_again_to_the_byte(kind):
    statement = decode_statement(FULL[kind], where="test")

    assert isinstance(statement.predicate, kind)
    assert encode_statement(statement) == FULL[kind]


def test_unknown_fields_are_tolerated_and_not_written_again():
    later = base.record(later={"a": 1})

    statement = decode_statement(canonical(later), where="test")

    assert statement == decode_statement(canonical(base.record()), where="test")
    assert encode_statement(statement) == canonical(base.record())


def test_another_predicate_is_plain_json():
    predicate = {"verdict": "fine", "score": 0.5, "note": None}
    statement = Statement((subject_of_file("a.whl", "a" * 64),), "https://example.com/v1", predicate)

    assert decode_statement(encode_statement(statement), where="test") == statement


def test_a_commit_is_a_subject_by_its_object_name():
    (subject,) = (subject_of_commit("https://github.example/acme/payments", "c" * 40),)

    assert msgspec.to_builtins(subject) == {
        "name": "https://github.example/acme/payments",
        "digest": {"gitCommit": "c" * 40},
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stage": "No Slug"}, "matching regex"),
        ({"created_at": "yesterday"}, "matching regex"),
        ({"outcome": "skipped"}, "Invalid enum value"),
        ({"counts": {"tests": -1}}, "`int` >= 0"),
    ],
)
def test_what_would_not_be_read_is_not_written(change, message):
    statement = factories.record_statement()
    wrong = msgspec.structs.replace(statement.predicate, **change)

    with pytest.raises(RuleBroken, match=message) as caught:
        encode_statement(Statement(statement.subject, statement.predicate_type, wrong))

    assert caught.value.rule == "schema"
    assert caught.value.where == statement.predicate_type


def test_a_message_does_not_carry_a_whole_document():
    record = base.record(outcome="x" * 100_000)

    with pytest.raises(RuleBroken) as caught:
        decode_statement(canonical(record), where="test")

    assert len(caught.value.diagnosis()) < 500


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_refused_by_a_rule(data):
    with pytest.raises(RuleBroken):
        decode_statement(data, where="test")


@given(st.integers(0, len(MANIFEST) - 1), st.integers(0, 255), st.integers(0, 3))
def test_a_damaged_manifest_is_refused_or_another_statement(at, byte, cut):
    damaged = MANIFEST[:at] + bytes([byte]) + MANIFEST[at + cut :]

    try:
        statement = read_statement(damaged, where="test")
    except RuleBroken:
        return
    assert damaged == MANIFEST or statement != read_statement(MANIFEST, where="test")


def _fields(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, item in items for found in _fields(item, (*path, name)))]


@given(st.sampled_from(_fields(base.FULL_MANIFEST)[1:]), ANY)
def test_any_value_in_any_field_is_accepted_or_refused_by_a_rule(path, value):
    document = json.loads(json.dumps(base.FULL_MANIFEST))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    payload = canonical(document)

    try:
        statement = read_statement(payload, where="test")
    except RuleBroken:
        return
    assert statement.predicate_type != base.MANIFEST or statement.predicate is not None


@given(TEXTS)
def test_no_other_type_of_statement_is_read(text):
    document = base.record() | {"_type": text}

    with pytest.raises(MalformedError, match="not an in-toto Statement v1"):
        decode_statement(canonical(document), where="test")
