"""Verdicts: a function of the manifest, and any other content is noticed."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

import factories
from counterseal.ledger.layout import entry_key, identity_of
from counterseal.ledger.verdict import LEVEL, NO_POLICY, disagreements, verdict_payload
from counterseal.manifest.canonical import parse
from counterseal.manifest.record import Digest
from counterseal.manifest.release import PolicyReference, Stream
from counterseal.manifest.statement import Statement, decode_statement, subject_of_file
from counterseal.manifest.types import Outcome

PAYLOAD, BUNDLE = "a" * 64, "b" * 64


def verdict(statement: Statement) -> Statement:
    return decode_statement(verdict_payload(statement, PAYLOAD, BUNDLE), where="verdict")


def test_a_release_that_passed_has_the_level():
    statement = factories.manifest_statement()
    found = verdict(statement)
    assert found.subject == statement.subject
    assert found.predicate_type == "https://slsa.dev/verification_summary/v1"
    assert found.predicate["verificationResult"] == "PASSED"
    assert found.predicate["verifiedLevels"] == [LEVEL]
    assert found.predicate["timeVerified"] == factories.NOW
    assert found.predicate["policy"] == {"uri": NO_POLICY}
    assert found.predicate["verifier"]["id"] == "https://counterseal.dev/verifier"


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.INCONCLUSIVE])
def test_any_other_release_has_not(outcome: Outcome):
    record = factories.record_reference(b"payload", b"sealed", outcome=outcome)
    statement = factories.manifest_statement(factories.candidate((record,)))
    found = verdict(statement).predicate
    assert found["verificationResult"] == "FAILED"
    assert LEVEL not in found["verifiedLevels"]


def test_it_rests_on_the_manifest_its_seal_and_every_sealed_record():
    statement = factories.manifest_statement()
    inputs = verdict(statement).predicate["inputAttestations"]
    key = entry_key(identity_of(factories.STREAM), 1)
    sealed = statement.predicate.candidate.records[0].sealed.digest.sha256
    assert inputs == [
        {"uri": f"{key}#payload", "digest": {"sha256": PAYLOAD}},
        {"uri": f"{key}#bundle", "digest": {"sha256": BUNDLE}},
        {"uri": f"blobs/sha256/{sealed[:2]}/{sealed}", "digest": {"sha256": sealed}},
    ]


def test_it_names_what_was_released_where_as_a_uri():
    stream = Stream(repository="https://github.example/acme/pay", environment="eu west/1")
    found = verdict(factories.manifest_statement(stream=stream))
    assert found.predicate["resourceUri"] == "https://github.example/acme/pay@eu%20west%2F1"


def test_it_names_the_policy_that_was_applied():
    policy = PolicyReference(uri="https://github.example/policy.yml", digest=Digest(sha256="c" * 64))
    candidate = msgspec.structs.replace(factories.candidate(), policy=policy)
    found = verdict(factories.manifest_statement(candidate))
    assert found.predicate["policy"] == {"uri": policy.uri, "digest": {"sha256": "c" * 64}}


def test_it_agrees_with_its_own_manifest_whatever_wrote_it():
    statement = factories.manifest_statement()
    found = verdict(statement)
    assert disagreements(found, statement, PAYLOAD, BUNDLE) == []
    found.predicate["verifier"]["version"] = {"counterseal": "99"}
    found.predicate["later"] = "field"
    assert disagreements(found, statement, PAYLOAD, BUNDLE) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeVerified", "2026-11-23T10:00:01Z"),
        ("resourceUri", "https://github.example/acme/payments@staging"),
        ("policy", {"uri": "other"}),
        ("inputAttestations", []),
        ("verificationResult", "FAILED"),
        ("verifiedLevels", [LEVEL, "SLSA_BUILD_LEVEL_3"]),
        ("verifier", {"id": "https://other.example"}),
        ("verifier", None),
        ("slsaVersion", "9"),
    ],
)
def test_any_other_content_disagrees(field: str, value: object):
    statement = factories.manifest_statement()
    found = verdict(statement)
    found.predicate[field] = value
    assert disagreements(found, statement, PAYLOAD, BUNDLE) == [field]
    del found.predicate[field]
    assert disagreements(found, statement, PAYLOAD, BUNDLE) == [field]


def test_a_verdict_on_something_else_disagrees():
    statement = factories.manifest_statement()
    found = verdict(statement)
    assert disagreements(found, statement, "d" * 64, BUNDLE) == ["inputAttestations"]
    assert disagreements(found, statement, PAYLOAD, "d" * 64) == ["inputAttestations"]
    other = replace(found, subject=(subject_of_file("other", "e" * 64),))
    assert disagreements(other, statement, PAYLOAD, BUNDLE) == ["subject"]


@pytest.mark.parametrize("predicate", [[], "text", None])
def test_what_is_no_summary_disagrees(predicate: object):
    statement = factories.manifest_statement()
    found = replace(verdict(statement), predicate=predicate)
    assert disagreements(found, statement, PAYLOAD, BUNDLE) == ["predicateType"]
    other = replace(verdict(statement), predicate_type="https://example.com/other/v1")
    assert disagreements(other, statement, PAYLOAD, BUNDLE) == ["predicateType"]


def test_it_is_plain_canonical_json():
    payload = verdict_payload(factories.manifest_statement(), PAYLOAD, BUNDLE)
    assert parse(payload, where="verdict")["_type"] == "https://in-toto.io/Statement/v1"
