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


def test_disabled_cases_of_googletest_have_not_run():
    case = '<testcase name="{}" status="notrun" result="suppressed" time="0" classname="Money"/>'
    run = read(suite(case.format("a") + case.format("b"), tests=2, failures=0, disabled=2, errors=0))
    assert (run.passed, run.skipped) == ((), ("Money::a", "Money::b"))
    assert run.outcome is Outcome.INCONCLUSIVE
    assert [reason.rule for reason in run.reasons()] == ["tests-ran"]


@pytest.mark.parametrize("word", ["notrun", "suppressed", "Disabled", "skipped", "pending", "ignored"])
@pytest.mark.parametrize("attribute", ["status", "result"])
def test_a_status_that_says_not_run_is_a_skipped_case(attribute, word):
    run = read(suite(f'<testcase name="x" {attribute}="{word}"/><testcase name="y"/>'))
    assert (run.passed, run.skipped, run.contradictions) == (("y",), ("x",), ())


@pytest.mark.parametrize("word", ["failed", "FAIL", "error", "timedout", "no such word"])
@pytest.mark.parametrize("attribute", ["status", "result"])
@pytest.mark.parametrize("inside", ["", "<skipped/>"])
def test_a_status_that_contradicts_the_results_is_inconclusive(attribute, word, inside):
    run = read(suite(f'<testcase name="x" {attribute}="{word}">{inside}</testcase><testcase name="y"/>'))
    assert run.outcome is Outcome.INCONCLUSIVE
    assert word.lower() in run.contradictions[0]


def test_the_words_of_googletest_contradict_nothing():
    run = read(
        suite('<testcase name="x" status="run" result="completed"/>', tests=1, failures=0, disabled=0),
        suite('<testcase name="y" status="run" result="completed"><failure/></testcase>', failures=1),
    )
    assert (run.passed, run.failed, run.contradictions) == (("x",), ("y",), ())


@pytest.mark.parametrize(
    "claims", ['tests="9"', 'failures="3"', 'errors="1"', 'skipped="1"', 'disabled="1"', 'tests="-1"']
)
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_totals_are_compared_at_any_depth(claims, depth):
    inner = f"<testsuite {claims}/>"
    for _ in range(depth):
        inner = f"<testsuite>{inner}</testsuite>"
    run = read(f'<testsuites><testcase name="x"/>{inner}</testsuites>'.encode())
    assert run.outcome is Outcome.INCONCLUSIVE
    assert run.reasons()[-1].rule == "totals-agree"


def test_totals_are_of_all_suites_inside():
    inner = '<testsuite tests="1" skipped="1"><testcase name="b"><skipped/></testcase></testsuite>'
    run = read(suite('<testcase name="a"/>' + inner, tests=2, skipped=1))
    assert (run.outcome, run.contradictions) == (Outcome.PASSED, ())


@pytest.mark.parametrize(
    "totals", [{"skipped": 2}, {"disabled": 2}, {"skipped": 1, "disabled": 1}, {"skipped": "x"}]
)
def test_more_skipped_cases_claimed_than_shown_are_inconclusive(totals):
    cases = '<testcase name="a"/><testcase name="b"><skipped/></testcase>'
    assert read(suite(cases, tests=2, **totals)).outcome is Outcome.INCONCLUSIVE
    assert read(suite(cases, tests=2, skipped=1, disabled=0)).outcome is Outcome.PASSED


@pytest.mark.parametrize("tag", ["failure", "error"])
def test_a_suite_that_broke_outside_its_cases_is_an_error(tag):
    total = {"failure": "failures", "error": "errors"}[tag]
    run = read(suite(f'<{tag}>set-up</{tag}><testcase name="x"/>', name="Ledger", **{total: 1}))
    assert (run.outcome, run.errors, run.contradictions) == (Outcome.FAILED, ("Ledger",), ())
    assert read(suite(f"<system-err><{tag}/></system-err>")).errors == ("(unnamed suite)",)


@pytest.mark.parametrize(
    "inside",
    [
        '<testcase xmlns="urn:x" name="x"><failure/></testcase>',
        '<testcase name="x"><j:failure xmlns:j="urn:x"/></testcase>',
        '<x:other xmlns:x="urn:x"/>',
        '<testcase name="x"><Failure/></testcase>',
        '<TestCase name="x"/>',
        '<TESTSUITE failures="1"/>',
        '<testcase name="x"><rerunfailure/></testcase>',
        '<testcase name="x"><testcase name="y"/></testcase>',
        '<testcase name="x"><testsuite failures="1"/></testcase>',
    ],
)
def test_elements_in_another_guise_are_refused(inside):
    with pytest.raises(MalformedError) as caught:
        read(suite('<testcase name="good"/>' + inside))
    assert caught.value.where == "report-0.xml"


@pytest.mark.parametrize("tag", ["flakyFailure", "flakyError"])
def test_a_flaky_case_passed_and_is_named(tag):
    run = read(suite(f'<testcase name="x"><{tag}/></testcase>', tests=1, failures=0))
    assert (run.outcome, run.passed, run.flaky) == (Outcome.PASSED, ("x",), ("x",))
    assert [(reason.rule, reason.subject) for reason in run.reasons()] == [("test-steady", "x")]


@pytest.mark.parametrize("tag", ["rerunFailure", "rerunError"])
def test_a_case_that_failed_again_has_not_passed(tag):
    assert read(suite(f'<testcase name="x"><failure/><{tag}/></testcase>')).failed == ("x",)
    assert read(suite(f'<testcase name="x"><{tag}/></testcase>')).outcome is Outcome.INCONCLUSIVE


def test_deep_and_wide_reports_are_read_in_one_pass():
    depth = 100_000
    deep = b'<testsuite tests="9">' * depth + b'<testcase name="x"/>' + b"</testsuite>" * depth
    run = read(
        deep,
        suite("<testsuite/>" * depth),
        suite('<testcase name="y">' + "<a>" * depth + "</a>" * depth + "</testcase>"),
    )
    assert run.passed == ("x", "y")
    assert len(run.contradictions) == 50
