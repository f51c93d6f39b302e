from __future__ import annotations

import gzip
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.checks.sarif import upload
from counterseal.checks.sarif.line_hash import line_hashes
from counterseal.checks.sarif.read import read_sarif
from counterseal.checks.sarif.upload import for_upload
from counterseal.checks.sarif.write import About, write_sarif
from counterseal.manifest.record import Tool
from counterseal.policy.problem import counted
from simulators.problems import problem

TOOLS = (Tool(name="bandit", version="1.9.4"),)


def written(*problems, tools=TOOLS, **about):
    return json.loads(write_sarif(problems, tools, About(**about)))


def test_a_result_has_all_that_the_forge_shows():
    one = problem(
        "critical", line=7, cwe=(78,), confidence="high", remedy="pass a list", uri="https://x.example/B602"
    )
    (run,) = written(one, line_hash=lambda _: "abc:1")["runs"]
    (rule,), (result,) = run["tool"]["driver"]["rules"], run["results"]
    assert rule["properties"] == {
        "security-severity": "9.5",
        "tags": ["security", "external/cwe/cwe-078"],
        "precision": "high",
    }
    assert rule["help"]["text"] == "pass a list"
    assert (result["level"], result["ruleIndex"]) == ("error", 0)
    assert result["partialFingerprints"] == {
        "counterseal/v1": one.fingerprint,
        "primaryLocationLineHash": "abc:1",
    }
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 7}


def test_what_was_waived_or_suppressed_says_so():
    one, two = problem(suppressed="# nosec"), problem(rule="B603")
    (run,) = written(one, two, waived={two.fingerprint: "w-1: constant"})["runs"]
    assert [result["suppressions"] for result in run["results"]] == [
        [{"kind": "inSource", "justification": "# nosec"}],
        [{"kind": "external", "status": "accepted", "justification": "w-1: constant"}],
    ]


def test_a_scanner_that_found_nothing_ran_all_the_same():
    (run,) = written()["runs"]
    assert (run["results"], run["invocations"]) == ([], [{"executionSuccessful": True}])
    assert written(complete=False)["runs"][0]["invocations"] == [{"executionSuccessful": False}]


def test_the_bytes_depend_on_the_problems_and_not_on_their_order():
    some = [problem(rule=f"B{at}", subject=f"{at % 3}.py", line=at + 1) for at in range(20)]
    mixed = random.Random(1).sample(some, len(some))
    assert write_sarif(some, TOOLS, About()) == write_sarif(mixed, TOOLS, About())


def test_what_we_write_we_read(tmp_path):
    some = counted(
        problem(sev, rule=f"B{at}", subject="a b/é.py", line=at + 1) for at, sev in enumerate(("high", "low"))
    )
    path = tmp_path / "x.sarif"
    path.write_bytes(write_sarif(some, TOOLS, About()))
    found = read_sarif(path, "x")
    assert found.findings == ()
    assert [(one.rule, one.rating.severity, one.subject, one.line) for one in found.problems] == [
        (one.rule, one.rating.severity, one.subject, one.line) for one in some
    ]


def test_the_copy_for_the_forge_has_nothing_that_was_waived_and_says_what_is_missing():
    one, two = problem(), problem(rule="B603")
    data, notes = for_upload([one, two], TOOLS, About(waived={one.fingerprint: "w"}))
    assert [result["ruleId"] for result in json.loads(data)["runs"][0]["results"]] == ["B603"]
    assert [note.outcome for note in notes] == ["passed"]
    assert "1 waived" in notes[0].reason.message


def test_no_limit_of_the_forge_is_passed_and_the_gravest_are_kept(monkeypatch):
    monkeypatch.setattr(upload, "MOST_RESULTS", 5)
    some = (
        *counted(problem("low", rule="B1", line=at + 1) for at in range(9)),
        problem("critical", rule="B9"),
    )
    data, notes = for_upload(some, TOOLS, About())
    results = json.loads(data)["runs"][0]["results"]
    assert len(results) == 5
    assert "B9" in {result["ruleId"] for result in results}
    assert "5 problems beyond" in notes[0].reason.message


def test_more_scanners_than_runs_are_cut_by_gravity(monkeypatch):
    monkeypatch.setattr(upload, "MOST_RUNS", 2)
    some = [problem(sev, tool=f"t{at}") for at, sev in enumerate(("low", "critical", "high"))]
    data, notes = for_upload(some, (), About())
    assert [run["tool"]["driver"]["name"] for run in json.loads(data)["runs"]] == ["t1", "t2"]
    assert "1 problems beyond" in notes[0].reason.message


def test_a_file_that_would_be_too_large_is_cut_until_it_fits(monkeypatch):
    noise = random.Random(7)
    some = [problem(rule=f"B{at}", message=noise.randbytes(400).hex()) for at in range(60)]
    monkeypatch.setattr(upload, "MOST_BYTES", 10_000)
    data, notes = for_upload(some, TOOLS, About())
    assert len(gzip.compress(data)) <= 10_000
    assert notes


PAIRS = {
    "": ["c129715d7a2bc9a3:1"],
    " a\nb\n  \t\tc\n d": [
        "271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1",
    ],
    " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End": [
        "8b7cf3e952e7aeb2:1", "b1ae1287ec4718d9:1", "bff680108adb0fcc:1",
        "c6805c5e1288b612:1", "b86d3392aea1be30:1", "e6ceba753e1a442:1",
    ],
    "Lorem ipsum dolor sit amet.\n" * 10: [
        *(f"a7f2ff13bc495cf2:{at}" for at in range(1, 7)),
        "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1", "cc97dc7b1d7d8f7b:1",
        "c129715d7a2bc9a3:1",
    ],
}  # fmt: skip


@pytest.mark.parametrize("text", PAIRS)
def test_a_line_has_the_hash_that_the_forge_gives_it(text):
    assert line_hashes(text) == PAIRS[text]


@given(st.text(alphabet="ab \t\n", max_size=400))
def test_the_end_of_a_line_may_be_written_in_three_ways(text):
    expected = line_hashes(text)
    assert line_hashes(text.replace("\n", "\r")) == expected
    assert line_hashes(text.replace("\n", "\r\n")) == expected
    assert len(expected) == text.count("\n") + 1
