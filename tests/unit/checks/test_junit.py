from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.checks.junit import MAX_BYTES, read_reports
from counterseal.errors import MalformedError
from counterseal.manifest.types import Outcome

GOOD = b"""<testsuites><testsuite name="pytest" tests="3" failures="0" errors="0" skipped="1">
<testcase classname="t" name="a"/><testcase classname="t" name="b"><system-out>x</system-out></testcase>
<testcase classname="t" name="c"><skipped message="later"/></testcase></testsuite></testsuites>"""


def read(*reports: bytes):
    return read_reports([(f"report-{number}.xml", data) for number, data in enumerate(reports)])


def suite(cases: str, **totals: object) -> bytes:
    attributes = " ".join(f'{name}="{value}"' for name, value in totals.items())
    return f"<testsuite {attributes}>{cases}</testsuite>".encode()


def test_cases_are_counted():
    run = read(GOOD)
    assert run.counts == {"passed": 2, "failed": 0, "errors": 0, "skipped": 1, "tests": 3}
    assert run.passed == ("t::a", "t::b")
    assert run.outcome is Outcome.PASSED
    assert run.reasons() == ()


@pytest.mark.parametrize("tag", ["failure", "error"])
def test_one_broken_case_fails_the_run(tag):
    run = read(GOOD, suite(f'<testcase name="x"><{tag}>boom</{tag}></testcase>'))
    assert run.outcome is Outcome.FAILED
    assert run.reasons()[0].subject == "x"


def test_the_worst_of_several_results_counts():
    run = read(suite('<testcase name="x"><skipped/><failure/></testcase>'))
    assert run.counts["failed"] == 1


def test_nested_suites_are_read_to_the_bottom():
    run = read(
        suite('<testsuite><testsuite><testcase name="deep"><failure/></testcase></testsuite></testsuite>')
    )
    assert run.failed == ("deep",)


@pytest.mark.parametrize(
    "data",
    [suite(""), b"<testsuites/>", suite('<testcase name="x"><skipped/></testcase>')],
    ids=["empty", "no suite", "all skipped"],
)
def test_when_no_test_ran_there_is_nothing_to_pass(data):
    run = read(data)
    assert run.outcome is Outcome.INCONCLUSIVE
    assert run.reasons()[-1].rule == "tests-ran"


@pytest.mark.parametrize(
    "totals",
    [{"failures": 1}, {"errors": 2}, {"tests": 5}, {"failures": "-1"}, {"tests": "many"}, {"failures": "٣"}],
)
def test_totals_that_claim_more_than_the_cases_show_are_inconclusive(totals):
    run = read(suite('<testcase name="x"/>', **totals))
    assert run.outcome is Outcome.INCONCLUSIVE
    assert run.reasons()[-1].rule == "totals-agree"


def test_totals_of_the_root_are_compared_too():
    run = read(b'<testsuites failures="3"><testsuite><testcase name="x"/></testsuite></testsuites>')
    assert run.outcome is Outcome.INCONCLUSIVE


def test_only_fifty_failures_are_named_and_the_rest_counted():
    run = read(suite("".join(f'<testcase name="t{number}"><failure/></testcase>' for number in range(60))))
    reasons = run.reasons()
    assert len(reasons) == 51
    assert reasons[-1].message == "10 more tests did not pass"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<a",
        b"<html/>",
        b"\xff\xfe",
        b'<?xml version="1.0" encoding="nonsense"?><testsuite/>',
        b'<!DOCTYPE x [<!ENTITY a "b">]><testsuite>&a;</testsuite>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>',
        b"<testsuite>" * 100_000,
    ],
)
def test_what_is_no_report_is_refused(data):
    with pytest.raises(MalformedError) as caught:
        read(data)
    assert caught.value.where == "report-0.xml"


def test_a_report_beyond_the_limit_is_refused():
    with pytest.raises(MalformedError, match="more than"):
        read(b" " * (MAX_BYTES + 1))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_raise_anything_else(data):
    with suppress(MalformedError):
        read(data)


@given(st.lists(st.sampled_from(["", "<failure/>", "<error/>", "<skipped/>"]), max_size=8))
def test_adding_a_failure_never_improves_the_outcome(results):
    cases = "".join(f'<testcase name="x">{result}</testcase>' for result in results)
    worse = read(suite(cases + '<testcase name="y"><failure/></testcase>'))
    assert worse.outcome is Outcome.FAILED
    assert read(suite(cases)).counts["tests"] == len(results)
