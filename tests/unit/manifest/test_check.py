from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

import factories
from conformance.cases import base, canonical, sha256
from counterseal.manifest import check, types
from counterseal.manifest.assemble import digest_of_candidate
from counterseal.manifest.record import Waiver
from counterseal.manifest.release import ReleaseManifest
from counterseal.manifest.rules import RuleBroken
from counterseal.manifest.statement import PREDICATES, encode_statement
from counterseal.manifest.types import Outcome


def parts(info: Any) -> list[Any]:
    """Return what a type is directly made of: its choices, items, or the type behind a description."""
    found = [getattr(info, name) for name in ("type", "item_type", "value_type") if hasattr(info, name)]
    return [*found, *getattr(info, "types", ()), *getattr(info, "item_types", ())]


def fields_below(info: Any) -> list[tuple[str, Any]]:
    """Return every field of a structure and of those in it, each with its types."""
    if isinstance(info, msgspec.inspect.StructType):
        below = [(field.name, part) for field in info.fields for part in (field.type, *parts(field.type))]
        return below + [found for _, part in below for found in fields_below(part)]
    return [found for part in parts(info) for found in fields_below(part)]


def test_every_time_of_the_format_is_held_against_the_calendar():
    pattern = msgspec.json.schema(types.Time)["pattern"]
    fields = [
        found for kind in PREDICATES.values() for found in fields_below(msgspec.inspect.type_info(kind))
    ]
    times = {
        name
        for name, info in fields
        for part in (info, *parts(info))
        if getattr(part, "pattern", "") == pattern
    }

    assert times == check._TIMES


def test_the_candidate_digest_is_taken_of_the_bytes_that_were_read():
    known = factories.candidate()
    payload = encode_statement(factories.manifest_statement(known))
    later = base.manifest(base.candidate(newInLaterMinor={"b": 1, "a": [2]}))

    assert check.candidate_digest(payload) == digest_of_candidate(known)
    assert check.candidate_digest(canonical(later)) == sha256(canonical(later["predicate"]["candidate"]))


def test_a_statement_that_fits_its_rules_is_returned():
    statement = factories.manifest_statement()

    assert check.read_statement(encode_statement(statement), where="test") == statement


def test_a_refusal_says_where_and_why():
    document = base.manifest(base.candidate(records=[base.reference("sast", "failed")]))

    with pytest.raises(RuleBroken) as caught:
        check.read_statement(canonical(document), where="release 7")

    assert caught.value.diagnosis() == (
        "malformed: release 7: the outcome is passed although record record:sast is failed [outcome-too-good]"
    )


@pytest.mark.parametrize(
    "value", [[None], {"a": None}, [{"a": [1, None]}], 0.5, {"a": [1e300]}, [-2.5], 1e-7, [["x"], 1.5]]
)
def test_null_and_fractions_are_found_wherever_they_are(value):
    payload = canonical(base.record(later={"x": value}))

    with pytest.raises(RuleBroken, match=r"\[(absent-not-null|integer-only)\]"):
        check.read_statement(payload, where="test")


@pytest.mark.parametrize("value", ["a:null", ",null", "[0.5", ":1e9", [":null", "x"], {"[1.5": 1}])
def test_text_that_looks_like_null_or_a_fraction_is_text(value):
    assert check.read_statement(canonical(base.record(later=value)), where="test")


@pytest.mark.parametrize("outcome", Outcome)
def test_every_manifest_that_is_built_passes_its_own_check(outcome):
    reference = factories.record_reference(b"payload", b"sealed", outcome=outcome)
    for complete in (True, False):
        candidate = factories.candidate((reference,), complete=complete)
        for expected in ((), ("record",), ("sast",)):
            payload = encode_statement(factories.manifest_statement(candidate, expected=expected))
            manifest = check.read_statement(payload, where="test").predicate
            assert isinstance(manifest, ReleaseManifest)
            assert json.loads(payload)["predicate"]["outcome"] == manifest.outcome


@pytest.mark.parametrize("kind", list(PREDICATES.values()))
def test_every_structure_that_holds_a_time_is_looked_at(kind):
    for field in msgspec.inspect.type_info(kind).fields:
        for part in (field.type, *parts(field.type)):
            for depth, name in times_below(part, 1):
                if kind is ReleaseManifest and name in ("expires_at", "authored_at", "committed_at"):
                    continue  # of waivers and changes, which have tests of their own
                assert field.name in check._TIMED_PARTS[kind], f"{field.name} holds {name}"
                assert depth == 1, f"{name} lies too deep in {field.name} to be looked at"


@pytest.mark.parametrize("place", ["records", "decisions"])
def test_the_times_of_waivers_that_a_manifest_lists_are_looked_at(place):
    waiver = Waiver(id="x", rule="code", reason="r", approver="a", expires_at="2026-02-30T00:00:00Z")
    stage = "approval-gate" if place == "decisions" else "sast"
    reference = factories.record_reference(b"payload", b"sealed")
    reference = msgspec.structs.replace(reference, stage=stage, waivers=(waiver,))
    candidate = factories.candidate((reference,) if place == "records" else ())
    statement = factories.manifest_statement(candidate)
    if place == "decisions":
        manifest = msgspec.structs.replace(statement.predicate, decisions=(reference,))
        statement = type(statement)(statement.subject, statement.predicate_type, manifest)
    with pytest.raises(RuleBroken, match=r"expires_at: 2026-02-30.*\[time-calendar\]"):
        check.read_statement(encode_statement(statement), where="test")


def times_below(info: Any, depth: int) -> list[tuple[int, str]]:
    """Return the times in a structure and in those below it, each with how deep it lies."""
    if not isinstance(info, msgspec.inspect.StructType):
        return []
    found = [(depth, field.name) for field in info.fields if field.name in check._TIMES]
    inner = [part for field in info.fields for part in (field.type, *parts(field.type))]
    return found + [time for part in inner for time in times_below(part, depth + 1)]
