from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from counterseal.checks.evidence import (
    Facts,
    Observation,
    parse_tool,
    validity_period,
)
from counterseal.checks.evidence import (
    test_result_statement as make_test_result,
)
from counterseal.checks.junit import TestRun as Run
from counterseal.errors import UsageError
from counterseal.manifest.check import read_statement
from counterseal.manifest.record import Origin, Validity
from counterseal.manifest.statement import encode_statement
from counterseal.manifest.types import Outcome
from factories import COMMIT, REPOSITORY, evidence

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ORIGIN = Origin(repository=REPOSITORY, commit=COMMIT)


def observe(validity: Validity | None = None, outcome: Outcome = Outcome.PASSED):
    observation = Observation("record", "dr-drill", "dr-drill", ORIGIN, Facts(outcome), validity=validity)
    return observation.write(NOW).predicate


def test_an_observation_becomes_a_record_that_reads_back():
    statement = Observation("record", "x", "test", ORIGIN, Facts(Outcome.PASSED), (evidence(),)).write(NOW)
    assert read_statement(encode_statement(statement), where="x") == statement


def test_evidence_within_its_validity_keeps_its_outcome():
    period = validity_period("2026-11-01", "", "30d", NOW)
    assert observe(period).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "period",
    [("2025-01-01", "", "365d"), ("2025-01-01", "2026-11-22", ""), ("2026-11-24", "2026-12-01", "")],
    ids=["too old", "ended yesterday", "not begun"],
)
def test_evidence_out_of_its_validity_has_failed(period):
    record = observe(validity_period(*period, NOW))
    assert record.outcome is Outcome.FAILED
    assert record.reasons[-1].rule == "evidence-valid"


def test_a_date_counts_to_its_last_second():
    assert validity_period("", "2026-11-23", "", NOW).not_after == "2026-11-23T23:59:59Z"


def test_times_are_written_in_utc():
    assert validity_period("2026-11-23T11:00:00+02:00", "", "1h", NOW).not_before == "2026-11-23T09:00:00Z"


def test_nothing_stated_is_no_period():
    assert validity_period("", "", "", NOW) is None


@pytest.mark.parametrize(
    "stated",
    [
        ("", "2026-12-01", "10d"),
        ("2026-01-01", "", ""),
        ("", "", "0d"),
        ("", "", "ten days"),
        ("", "", "1y"),
        ("", "", "999999d"),
        ("yesterday", "", "10d"),
        ("2026-02-30", "", "10d"),
        ("2026-11-23T10:00:00", "", "1d"),
        ("2026-11-23", "2026-11-01", ""),
    ],
)
def test_an_unclear_period_is_refused(stated):
    with pytest.raises(UsageError):
        validity_period(*stated, NOW)


@pytest.mark.parametrize(
    ("text", "name", "version"), [("pytest 9.2.0", "pytest", "9.2.0"), ("nmap", "nmap", None)]
)
def test_tool(text, name, version):
    tool = parse_tool(text)
    assert (tool.name, tool.version) == (name, version)


def test_no_tool():
    assert parse_tool("") is None


def test_test_result_statement_is_in_the_standard_form():
    run = Run(passed=("a",), failed=("b",), errors=("c",))
    statement = make_test_result(run, ORIGIN, (evidence(),))
    assert statement.predicate_type == "https://in-toto.io/attestation/test-result/v0.1"
    assert statement.predicate["result"] == "FAILED"
    assert statement.predicate["failedTests"] == ["b", "c"]
    assert statement.predicate["configuration"][0]["digest"]["sha256"] == evidence().digest.sha256
    assert read_statement(encode_statement(statement), where="x").predicate == statement.predicate


@pytest.mark.parametrize("run", [Run(), Run(passed=("a",), contradictions=("x",))])
def test_an_inconclusive_run_is_not_a_passed_result(run):
    assert make_test_result(run, ORIGIN, ()).predicate["result"] == "FAILED"


def test_long_lists_of_names_are_cut():
    run = Run(passed=tuple(f"t{number}" for number in range(5000)))
    assert len(make_test_result(run, ORIGIN, ()).predicate["passedTests"]) == 1000


def test_the_time_of_writing_is_the_given_one():
    assert observe().created_at == "2026-11-23T10:00:00Z"
    later = Observation("a", "b", "c", ORIGIN, Facts(Outcome.PASSED)).write(NOW + timedelta(seconds=1))
    assert later.predicate.created_at == "2026-11-23T10:00:01Z"


@pytest.mark.parametrize(
    "stated",
    [
        ("", "9999-12-31T23:59:59-23:59", ""),
        ("0001-01-01T00:00:00+23:59", "", "1d"),
        ("9999-12-30", "", "99999d"),
        ("9999-12-31T23:00:00Z", "", "2h"),
    ],
)
def test_a_period_beyond_the_calendar_is_refused(stated):
    with pytest.raises(UsageError):
        validity_period(*stated, NOW)
