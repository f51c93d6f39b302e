from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterseal.checks.sarif import read
from counterseal.checks.sarif.read import read_sarif
from simulators.sarif_shapes import SHAPES, at, codeql, eslint, log, msvc_suppressed, run, semgrep, spotbugs

RESULT = {"ruleId": "R1", "level": "error", "message": {"text": "bad"}, "locations": at("a.py", 1, "x = 1")}
CLEAN = log(run("T", [{"id": "R1"}], []))


@pytest.fixture
def report(tmp_path):
    def report(data, **given):
        path = tmp_path / "r.sarif"
        path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
        return read_sarif(path, "r.sarif", root="/work/", **given)

    return report


def outcomes(found):
    return {one.outcome for one in found.findings}


@pytest.mark.parametrize("name", SHAPES)
def test_a_scanners_result_is_read_with_rule_severity_and_place(report, name):
    data, rule, severity, place = SHAPES[name]
    found = report(data)
    assert outcomes(found) <= {"passed"}
    (one,) = found.problems
    assert (one.rule, one.rating.severity, one.subject.removeprefix("/repo/")) == (rule, severity, place)
    assert one.message
    assert found.tools[0].name == one.tool


def test_the_score_has_its_source(report):
    assert report(codeql()).problems[0].rating.source == "CodeQL security-severity of the rule"
    assert report(semgrep()).problems[0].rating.source == "Semgrep OSS level error"


def test_weakness_and_confidence_are_read_from_tags(report):
    one = report(codeql()).problems[0]
    assert (one.cwe, one.confidence) == ((89,), "high")
    assert report(semgrep()).problems[0].cwe == (95,)


def test_a_message_with_arguments_is_put_together(report):
    assert report(spotbugs()).problems[0].message == "Dao.find passes a String to execute"


def test_a_rule_is_found_by_its_index_alone(report):
    assert report(eslint()).problems[0].rule == "no-eval"


@pytest.mark.parametrize(
    ("status", "said"),
    [("accepted", "constant"), (None, "constant"), ("underReview", None), ("rejected", None)],
)
def test_a_suppression_is_told_and_keeps_the_problem(report, status, said):
    (one,) = report(msvc_suppressed(status)).problems
    assert one.suppressed == said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"results": None}, "no results at all"),
        ({"invocations": [{"executionSuccessful": False}]}, "does not say that it succeeded"),
        (
            {
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [{"level": "error", "message": {"text": "no memory"}}],
                    }
                ]
            },
            "no memory",
        ),
        (
            {
                "invocations": [
                    {"executionSuccessful": True, "toolConfigurationNotifications": [{"level": "error"}]}
                ]
            },
            "reports an error",
        ),
        ({"invocations": [{}]}, "does not say that it succeeded"),
        ({"invocations": [{"executionSuccessful": None}]}, "does not say that it succeeded"),
        (
            {"invocations": [{"executionSuccessful": True, "processStartFailureMessage": "no such file"}]},
            "does not say that it succeeded",
        ),
        (
            {"invocations": [{"executionSuccessful": True, "exitSignalNumber": 9}]},
            "does not say that it succeeded",
        ),
        (
            {"conversion": {"tool": {}, "invocation": {"executionSuccessful": False}}},
            "does not say that it succeeded",
        ),
        (
            {"externalPropertyFileReferences": {"results": [{"location": {"uri": "x"}}]}},
            "external properties",
        ),
        ({"results": [{"ruleIndex": "0"}]}, "result 0 cannot be read"),
        ({"results": [3]}, "result 0 cannot be read"),
        ({"results": [{**RESULT, "locations": at("http://[bad")}]}, "result 0 cannot be read"),
        ({"results": [{**RESULT, "locations": at("a.py", 2**70)}]}, "result 0 cannot be read"),
    ],
)
def test_a_scan_that_may_not_have_finished_is_inconclusive(report, change, message):
    found = report(log({**run("T"), **change}))
    assert outcomes(found) == {"inconclusive"}
    assert message in found.findings[0].reason.message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"version":"2.1.0"}',
        b'{"version":"2.1.0","runs":[]}',
        b'{"version":"2.1.0","runs":null}',
        b'{"version":"2.0.0","runs":[]}',
        CLEAN.replace(b"2.1.0", b"2.2.0"),
        CLEAN[:-1],
        CLEAN + b"{}",
        CLEAN.replace(b'"results"', b'"result"'),
        b"\xef\xbb\xbf" + CLEAN,
        b"\xff\xfe" + CLEAN,
        b"<html>504</html>",
        b'{"version":"2.1.0","runs":[{"results":[]}]}',
        b'{"version":"2.1.0","runs":[{"tool":{},"results":[]}]}',
        log(run("T", [], [RESULT])).replace(b'"results": [', b'"results": [{"ruleId":"B"}], "results": ['),
        CLEAN.replace(b'"version"', b'"version": "2.1.0", "versi\\u006fn"'),
        b'{"version":"2.1.0","runs":' + b"[" * 5000,
        CLEAN.replace(b'"version"', b'"comment": "\xff\xfe", "version"'),
        b'{"version":"2.1.0","a":' + b"[" * 300 + b"]" * 300 + b',"runs":[]}',
        b'{"version":"2.1.0","runs":[{"tool":{"driver":{"name":NaN}},"results":[]}]}',
    ],
)
def test_what_is_no_whole_report_is_inconclusive_and_no_error(report, data):
    found = report(data)
    assert outcomes(found) == {"inconclusive"}
    assert not found.problems


def test_a_report_that_is_not_there_or_is_a_folder_is_inconclusive(tmp_path):
    assert outcomes(read_sarif(tmp_path / "none.sarif", "none")) == {"inconclusive"}
    assert outcomes(read_sarif(tmp_path, "folder")) == {"inconclusive"}


def test_a_report_without_results_passes(report):
    assert report(CLEAN) == read.SarifReport((), (), report(CLEAN).tools)


def test_results_that_say_nothing_is_wrong_are_counted(report):
    fine = [{**RESULT, "kind": kind} for kind in ("pass", "notApplicable", "informational")]
    found = report(log(run("T", [], [*fine, {**RESULT, "baselineState": "absent"}, RESULT])))
    assert len(found.problems) == 1
    assert "4 results say that nothing is wrong" in found.findings[0].reason.message


def test_more_results_than_are_read_leave_it_open(report, monkeypatch):
    monkeypatch.setattr(read, "MOST_RESULTS", 3)
    found = report(log(run("T", [], [RESULT] * 2), run("U", [], [RESULT] * 2)))
    assert len(found.problems) == 3
    assert outcomes(found) == {"inconclusive"}


def test_every_run_is_read_and_each_has_its_tool(report):
    found = report(log(run("T", [], [RESULT]), run("U", [], [RESULT])))
    assert [one.tool for one in found.problems] == ["T", "U"]
    assert [one.name for one in found.tools] == ["T", "U"]


def test_the_same_line_keeps_its_fingerprint_when_it_moves_and_twice_it_is_two(report):
    moved = {**RESULT, "locations": at("a.py", 40, "x  =  1")}
    one, two = report(log(run("T", [], [RESULT, moved]))).problems
    assert report(log(run("T", [], [moved]))).problems[0].fingerprint == one.fingerprint
    assert one.fingerprint != two.fingerprint
    other = {**RESULT, "locations": at("a.py", 1, "x = 2")}
    assert report(log(run("T", [], [other]))).problems[0].fingerprint != one.fingerprint


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("../../etc/passwd", "../../etc/passwd"),
        ("file:///etc/passwd", "/etc/passwd"),
        ("file:///work/src/a.py", "src/a.py"),
        ("/work/src/a.py", "src/a.py"),
        ("src/./b/../a.py", "src/a.py"),
        ("src%2Fa.py", "src/a.py"),
        ("C:\\src\\a.py", "C:/src/a.py"),
        ("https://example.org/a.py", "https://example.org/a.py"),
        ("", "(no location)"),
    ],
)
def test_a_path_is_told_as_the_repository_has_it_and_is_only_a_label(report, uri, place):
    (one,) = report(log(run("T", [], [{**RESULT, "locations": at(uri)}]))).problems
    assert one.subject == place


def test_bases_that_go_round_in_a_circle_end(report):
    bases = {"A": {"uri": "a/", "uriBaseId": "B"}, "B": {"uri": "b/", "uriBaseId": "A"}}
    found = log(run("T", [], [{**RESULT, "locations": at("x.py", uriBaseId="A")}], originalUriBaseIds=bases))
    assert len(report(found).problems) == 1


@given(st.sampled_from(sorted(SHAPES)), st.integers(0, 10_000), st.binary(max_size=3))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_spoilt_report_never_loses_a_problem_silently(report, name, at_byte, noise):
    """Cut or overwritten anywhere, the problem is still there, or the report is inconclusive.

    What is overwritten may well say `pass` afterwards or belong to a run of its own name; so only cuts, and
    bytes that leave the words alone, are tried.
    """
    data = SHAPES[name][0]
    place = at_byte % len(data)
    cut = report(data[:place])
    assert outcomes(cut) == {"inconclusive"}
    more = report(data[:place] + b"\x00" + noise + data[place:])
    assert more.problems or "inconclusive" in outcomes(more)


# -- what a result and its rules say against each other ---------------------------------------------------


def two_rules(**result):
    grave = {"id": "R1", "properties": {"security-severity": "9.9"}}
    slight = {"id": "R2", "properties": {"security-severity": "0.1"}}
    return log(run("T", [grave, slight], [{**RESULT, "level": None, **result}]))


def test_a_result_that_names_one_rule_and_points_to_another_is_of_unknown_severity(report):
    assert report(two_rules(ruleIndex=1)).problems[0].rating.severity == "unknown"
    assert report(two_rules(ruleIndex=0)).problems[0].rating.severity == "critical"
    assert report(two_rules(ruleId="R1/part", ruleIndex=0)).problems[0].rating.severity == "critical"
    assert report(two_rules(ruleId="R1/part")).problems[0].rating.severity == "critical"
    assert report(two_rules(ruleId=None, ruleIndex=1)).problems[0].rating.severity == "low"


@pytest.mark.parametrize("descriptor", [{"id": "R1"}, {"index": 0}])
def test_a_run_that_overrides_the_level_of_a_rule_is_heeded(report, descriptor):
    override = {"descriptor": descriptor, "configuration": {"level": "error"}}
    begun = {"executionSuccessful": True, "ruleConfigurationOverrides": [override]}
    rule = {"id": "R1", "defaultConfiguration": {"level": "note"}}
    result = {**RESULT, "level": None, "ruleIndex": 0}
    (one,) = report(log(run("T", [rule], [result], invocations=[begun]))).problems
    assert one.rating.severity == "high"


@pytest.mark.parametrize(
    ("rule", "result", "cwe"),
    [
        ({"relationships": [{"target": {"id": "327", "toolComponent": {"name": "CWE"}}}]}, {}, (327,)),
        ({"relationships": [{"target": {"id": "CWE-79"}}]}, {}, (79,)),
        ({}, {"taxa": [{"id": "89", "toolComponent": {"name": "CWE"}}]}, (89,)),
        ({"relationships": [{"target": {"id": "89", "toolComponent": {"name": "OWASP"}}}]}, {}, ()),
    ],
)
def test_weaknesses_are_read_from_taxonomies_too(report, rule, result, cwe):
    (one,) = report(log(run("T", [{"id": "R1", **rule}], [{**RESULT, **result}]))).problems
    assert one.cwe == cwe


def test_arguments_that_hold_places_themselves_do_not_grow(report):
    arguments = ["{1}{1}", "{2}{2}", *(f"{{{at}}}{{{at}}}" for at in range(3, 30))]
    message = {"text": "{0}{0}{99}", "arguments": arguments}
    (one,) = report(log(run("T", [{"id": "R1"}], [{**RESULT, "message": message}]))).problems
    assert one.message == "{1}{1}{1}{1}"


def test_results_that_cannot_be_read_are_told_up_to_a_bound(report):
    found = report(log(run("T", [], [3] * 5000)))
    assert len(found.findings) <= read.MOST_BROKEN + 1
    assert outcomes(found) == {"inconclusive"}
