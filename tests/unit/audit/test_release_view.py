from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from counterseal.audit.facts import Finding
from counterseal.audit.recipe import SealingKey
from counterseal.audit.release_view import counted, page_name, release_view
from counterseal.manifest.record import Validity
from counterseal.manifest.types import Outcome
from counterseal.store.blobs import blob_key
from unit.audit.release_facts import KEY, decided, record, records, release_facts

BROKEN = Finding("checkpoint-missing", "checkpoints/x", "the entry's checkpoint is missing")


def test_the_two_verdicts_of_a_sound_release():
    view = release_view(release_facts())
    assert (view.evidence.word, view.outcome.word) == ("Verifies", "Passed")
    assert view.evidence.sentence.startswith("6 signatures, 8 files and ")
    assert view.outcome.sentence.startswith("3 of 3 controls passed")


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.INCONCLUSIVE])
def test_evidence_verifies_although_the_release_did_not_pass(outcome):
    view = release_view(release_facts((record("unit-tests", outcome), *records()[1:])))
    assert (view.evidence.word, view.outcome.word) == ("Verifies", outcome.value.capitalize())
    assert view.outcome.state == outcome.value


def test_an_outcome_that_does_not_verify_is_only_a_claim():
    view = release_view(release_facts(findings=(BROKEN,)))
    assert (view.evidence.state, view.evidence.word) == ("failed", "Does not verify")
    assert (view.outcome.state, view.outcome.word) == ("unknown", "Passed (claimed)")


def test_nothing_of_a_manifest_that_does_not_verify_is_repeated():
    lost = release_view(replace(release_facts(), manifest=None, seal=None, findings=(BROKEN,)))
    assert (lost.evidence.state, lost.outcome.state, lost.manifest) == ("failed", "unknown", None)
    assert (lost.records, lost.timeline, lost.keys, lost.steps, lost.payload_digest) == ((), (), (), (), "")


def test_no_finding_and_no_manifest_is_no_pass_either():
    assert release_view(replace(release_facts(), manifest=None)).evidence.state == "failed"


def test_a_damaged_file_is_marked_where_it_is_listed():
    facts = release_facts()
    (victim,) = records()[0].evidence
    finding = Finding("evidence-content", blob_key(victim.digest.sha256), "the content has another digest")
    view = release_view(replace(facts, findings=(finding,)))
    states = {file.reference.name: file.intact for one in view.records for file in one.files}
    assert [name for name, intact in states.items() if not intact] == [victim.name]


def test_evidence_of_a_record_that_cannot_be_read_is_still_listed():
    facts = release_facts()
    kept = dict(list(facts.records.items())[1:])
    view = release_view(replace(facts, records=kept, findings=(BROKEN,)))
    assert view.records[0].content is None
    assert [file.reference for file in view.loose] == list(records()[0].evidence)


@pytest.mark.parametrize(
    ("start", "end", "covers"),
    [
        ("2026-11-23T10:04:31Z", "2026-11-23T10:04:31Z", True),
        ("2026-11-23T10:04:31.5Z", "2027-01-01T00:00:00Z", False),
        ("2025-01-01T00:00:00Z", "2026-11-23T10:04:30Z", False),
        ("2025-01-01T00:00:00Z", "2026-11-23T10:04:31.001Z", True),
    ],
)
def test_validity_is_judged_by_the_time_of_the_release(start, end, covers):
    content = record("drill", validity=Validity(not_before=start, not_after=end))
    assert release_view(release_facts((content,))).records[0].covers is covers


def test_the_timeline_is_in_order_and_names_each_clock():
    facts = release_facts()
    whole = msgspec.structs.replace(facts.manifest, **decided(facts.manifest.candidate_digest))
    view = release_view(replace(facts, manifest=whole))
    times = [moment.at for moment in view.timeline]
    assert times == sorted(times)
    assert len(times) == 3 + 2 + 4 + 1 + 1 + 1
    assert [moment.event for moment in view.timeline if moment.vouched] == [
        "Trusted time stamp: Release manifest"
    ]
    assert view.stamped


def test_keys_are_listed_once_with_everything_they_signed():
    other = SealingKey("other", "ed25519", "PEM")
    facts = release_facts()
    view = release_view(replace(facts, seals=(*facts.seals, replace(facts.seals[-1], key=other))))
    assert [(one.key, len(one.seals)) for one in view.keys] == [(KEY, 6), (other, 1)]


@pytest.mark.parametrize(
    ("identity", "words"),
    [("oidc", "token"), ("environment", "variables"), ("local", "outside a runner"), ("magic", "not proven")],
)
def test_how_far_the_builder_is_proven_is_said_in_words(identity, words):
    facts = release_facts()
    builder = msgspec.structs.replace(facts.manifest.builder, identity=identity)
    manifest = msgspec.structs.replace(facts.manifest, builder=builder)
    assert words in release_view(replace(facts, manifest=manifest)).builder_proof


def test_a_keyless_release_has_no_openssl_recipe():
    facts = release_facts()
    view = release_view(replace(facts, seal=replace(facts.seal, key=SealingKey("identity x", "keyless", ""))))
    assert view.steps == ()


def test_notices_and_findings_elsewhere_are_told():
    view = release_view(release_facts(notices=(BROKEN,), elsewhere=2))
    assert view.evidence.state == "passed"
    assert view.notices == (
        "the entry's checkpoint is missing",
        "2 findings in the rest of the store: see the list of all releases",
    )


def test_records_are_found_by_the_digest_that_the_manifest_lists():
    facts = replace(release_facts(), records={"0" * 64: records()[0]})
    assert release_view(facts).records[0].content is None


@pytest.mark.parametrize(("number", "text"), [(0, "0 files"), (1, "1 file"), (1200, "1,200 files")])
def test_numbers_have_their_noun(number, text):
    assert counted(number, "file") == text


def test_pages_are_named_by_place():
    assert page_name("acme-0a", 7) == "acme-0a-000000000007.html"
