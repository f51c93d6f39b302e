from __future__ import annotations

import pytest

from counterseal.store.casefile import CaseFile


def records(workspace):
    return [one.statement.predicate for one in CaseFile(workspace.root / "counterseal-evidence").records()]


def test_a_report_becomes_a_record_with_its_counts(workspace):
    done = workspace.record()
    assert (done.code, done.outputs["record"]) == (0, "record:unit-tests")
    (record,) = records(workspace)
    assert record.counts["passed"] == 2
    assert record.origin.commit == workspace.repository.git("rev-parse", "HEAD")
    assert [one.predicate_type for one in record.statements] == [
        "https://in-toto.io/attestation/test-result/v0.1"
    ]


def test_a_failed_test_is_on_record_and_fails_the_step(workspace):
    done = workspace.record(report='<testsuite><testcase name="x"><failure/></testcase></testsuite>')
    assert (done.code, done.result["outcome"], done.rules) == (10, "failed", ["test-passed"])
    assert records(workspace)[0].outcome == "failed"


def test_no_test_is_inconclusive(workspace):
    assert workspace.record(report="<testsuites/>").code == 14


@pytest.mark.parametrize(("outcome", "code"), [("passed", 0), ("failed", 10), ("inconclusive", 14)])
def test_any_file_is_evidence_with_a_stated_outcome(workspace, outcome, code):
    (workspace.root / "report.pdf").write_bytes(b"%PDF")
    done = workspace.run(
        "record",
        name="pentest",
        kind="penetration-test",
        files="report.pdf",
        outcome=outcome,
        valid_for="365d",
    )
    assert done.code == code
    (record,) = records(workspace)
    assert (record.kind, record.outcome, record.evidence[0].media_type) == (
        "penetration-test",
        outcome,
        "application/pdf",
    )
    assert record.validity is not None


def test_stale_evidence_fails_whatever_is_stated(workspace):
    (workspace.root / "drill.txt").write_text("done")
    done = workspace.run(
        "record", name="drill", files="drill.txt", outcome="passed", issued_at="2020-01-01", valid_for="180d"
    )
    assert (done.code, done.rules) == (10, ["evidence-valid"])


def test_a_record_can_be_sealed_at_once(workspace):
    (workspace.root / "x.txt").write_text("x")
    workspace.run("record", name="x", files="x.txt", outcome="passed", key=workspace.key)
    (filed,) = CaseFile(workspace.root / "counterseal-evidence").records()
    assert filed.bundle is not None


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"name": "Unit Tests"}, 2),
        ({"name": "../../x"}, 2),
        ({"outcome": ""}, 2),
        ({"outcome": "PASSED"}, 2),
        ({"read_as": "junit"}, 2),
        ({"read_as": "xunit"}, 2),
        ({"files": "missing.txt"}, 3),
        ({"files": "../home/trust.json"}, 2),
        ({"valid_for": "soon"}, 2),
        ({"key": "file:/nonexistent"}, 2),
    ],
)
def test_what_is_unclear_is_refused_and_leaves_no_record(workspace, inputs, code):
    (workspace.root / "x.txt").write_text("x")
    given = {"name": "x", "files": "x.txt", "outcome": "passed", **inputs}
    done = workspace.run("record", **{name: value for name, value in given.items() if value})
    assert done.code == code
    assert records(workspace) == []


def test_the_checkout_must_be_the_commit_of_the_run(workspace, monkeypatch):
    monkeypatch.setenv("GITHUB_SHA", "a" * 40)
    done = workspace.record()
    assert done.code == 2
    assert "is checked out" in done.errors
