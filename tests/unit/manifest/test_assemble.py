from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import factories
from counterseal.manifest.assemble import (
    build_manifest,
    digest_of_candidate,
    distinct_evidence,
    judge_candidate,
)
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import Reason
from counterseal.manifest.release import Builder, Chain, Retention
from counterseal.manifest.types import Outcome

BADNESS = [Outcome.PASSED, Outcome.INCONCLUSIVE, Outcome.FAILED]
NAMES = st.sampled_from(["unit-tests", "sast", "sbom", "sca"])
RECORDS = st.lists(
    st.builds(
        lambda name, outcome: factories.record_reference(name.encode(), b"seal", name, outcome),
        NAMES,
        st.sampled_from(Outcome),
    ),
    max_size=4,
)
EXPECTED = st.lists(
    st.sampled_from(["record", "sign", "record:sast", "record:sbom", "record:none"]), max_size=4
)


def badness(records, expected, *, complete=True, problems=()) -> int:
    candidate = factories.candidate(tuple(records), complete=complete)
    outcome, reasons = judge_candidate(candidate, expected, problems)
    assert (outcome is Outcome.PASSED) == (not reasons)
    return BADNESS.index(outcome)


@given(RECORDS, EXPECTED, st.booleans(), st.sampled_from([Outcome.FAILED, Outcome.INCONCLUSIVE]), NAMES)
def test_another_record_that_did_not_pass_never_makes_the_release_better(
    records, expected, complete, outcome, name
):
    more = [*records, factories.record_reference(b"more", b"seal", name, outcome)]
    # it may be the expected one, or the only one: what was missing is then there, and has not passed
    before = badness(
        records, [one for one in expected if one not in {"record", f"record:{name}"}], complete=complete
    )

    assert badness(more, expected, complete=complete) >= (before if records else BADNESS.index(outcome))
    assert badness(more, expected, complete=complete) >= BADNESS.index(outcome)


@given(RECORDS, EXPECTED, st.booleans(), st.sampled_from(["record", "sign", "record:sast", "anything"]))
def test_another_expected_record_never_makes_the_release_better(records, expected, complete, name):
    assert badness(records, [*expected, name], complete=complete) >= badness(
        records, expected, complete=complete
    )


@given(RECORDS, EXPECTED)
def test_changes_that_are_not_complete_never_make_the_release_better(records, expected):
    assert badness(records, expected, complete=False) >= max(1, badness(records, expected))


@given(RECORDS, EXPECTED, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(records, expected, shuffler):
    shuffled = list(records)
    shuffler.shuffle(shuffled)

    assert badness(records, expected) == badness(shuffled, expected)


def test_a_problem_from_outside_fails_the_release_and_comes_first():
    problem = Reason(rule="artifact-verified", message="the artifact is another one")
    candidate = factories.candidate(complete=False)

    outcome, reasons = judge_candidate(candidate, (), [problem])

    assert outcome is Outcome.FAILED
    assert [one.rule for one in reasons] == ["artifact-verified", "changes-complete"]


@pytest.mark.parametrize(
    ("expected", "missing"),
    [
        (("record",), []),
        (("record:unit-tests",), []),
        (("record:sast",), ["record:sast"]),
        (("sign", "record"), ["sign"]),
        (("unit-tests",), ["unit-tests"]),
    ],
)
def test_a_stage_or_one_of_its_records_can_be_expected(expected, missing):
    _, reasons = judge_candidate(factories.candidate(), expected)

    assert [one.subject for one in reasons if one.rule == "expected-record"] == missing


def test_nothing_observed_is_a_failure():
    outcome, reasons = judge_candidate(factories.candidate(()), ())

    assert outcome is Outcome.FAILED
    assert [one.rule for one in reasons] == ["any-record"]


def test_a_reason_names_the_record_by_its_payload():
    reference = factories.record_reference(b"payload", b"sealed", outcome=Outcome.FAILED)

    _, (reason,) = judge_candidate(factories.candidate((reference,)), ())

    assert (reason.rule, reason.subject) == ("record-passed", "record:unit-tests")
    assert reason.digest == reference.payload


def test_the_note_of_the_changes_is_the_reason_when_there_is_one():
    candidate = factories.candidate(complete=False)
    noted = msgspec.structs.replace(
        candidate, changes=msgspec.structs.replace(candidate.changes, note="the clone is shallow")
    )

    assert judge_candidate(noted, ())[1][0].message == "the clone is shallow"
    assert "could not all be read" in judge_candidate(candidate, ())[1][0].message


def test_a_manifest_is_about_its_artifacts_and_its_commit():
    release = factories.candidate()
    retention = Retention(retain_until="2033-11-23T10:00:00Z", mode="governance")

    statement = build_manifest(
        release,
        chain=Chain(stream=factories.STREAM, sequence=1),
        builder=Builder(id="https://github.example/x", identity="local"),
        created_at=factories.NOW,
        retention=retention,
    )

    artifact, commit = statement.subject
    assert artifact.digest.sha256 == release.artifacts[0].digest.sha256
    assert commit.digest.git_commit == factories.COMMIT
    assert statement.predicate.candidate == release
    assert statement.predicate.candidate_digest.sha256 == digest_of_candidate(release)
    assert statement.predicate.retention == retention
    assert statement.predicate.outcome is Outcome.PASSED


def test_the_candidate_digest_is_that_of_everything_in_the_candidate():
    release = factories.candidate()
    others = [
        factories.candidate(complete=False),
        factories.candidate(commit="e" * 40),
        factories.candidate(()),
        factories.candidate(files=(factories.evidence(),)),
    ]

    assert len({digest_of_candidate(one) for one in [release, *others]}) == 5
    assert digest_of_candidate(release) == digest_of_candidate(factories.candidate())


@given(st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=8), st.integers(0, 2**32))
def test_each_file_is_listed_once_in_one_order(contents, seed):
    files = [factories.evidence(content, f"{content.decode()}.xml") for content in contents]
    shuffled = random.Random(seed).sample(files, len(files))

    result = distinct_evidence(files)

    assert result == distinct_evidence(shuffled) == distinct_evidence([*files, *files])
    assert [one.digest.sha256 for one in result] == sorted({sha256(content) for content in contents})


def test_the_same_bytes_under_two_names_are_two_files():
    assert len(distinct_evidence([factories.evidence(name="a.xml"), factories.evidence(name="b.xml")])) == 2
