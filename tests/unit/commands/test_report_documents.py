"""`report audit` and `report dora`: documents of what `audit` and `dora-metrics` have written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from counterseal.audit.answer import encode_answer
from counterseal.audit.dora.model import encode_metrics
from unit.audit.dora_facts import attempt, measured
from unit.audit.test_documents import answer_of, judged_as


@pytest.fixture
def inputs(workspace):
    (workspace.root / "answer.json").write_bytes(encode_answer(answer_of(judged_as("covered"))))
    (workspace.root / "metrics.json").write_bytes(encode_metrics(measured(attempt(1, 1))))
    return workspace


def test_an_answer_becomes_documents(inputs):
    done = inputs.run("report audit", answer="answer.json", out="out")
    assert done.code == 0
    names = {Path(one).name for one in done.outputs["files"].splitlines()}
    assert names == {"audit.html", "audit.csv", "answer.json", "oscal-assessment-results.json"}
    assert (inputs.root / "out" / "answer.json").read_bytes() == (inputs.root / "answer.json").read_bytes()
    oscal = json.loads((inputs.root / "out" / "oscal-assessment-results.json").read_bytes())
    assert oscal["assessment-results"]["metadata"]["oscal-version"] == "1.2.1"


def test_metrics_become_documents(inputs):
    done = inputs.run("report dora", metrics="metrics.json", out="out", formats=["html", "md"])
    assert {Path(one).name for one in done.outputs["files"].splitlines()} == {"dora.html", "dora.md"}


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("report audit", {"answer": "metrics.json"}),
        ("report dora", {"metrics": "answer.json"}),
        ("report audit", {"answer": "answer.json", "formats": "docx"}),
        ("report dora", {"metrics": "metrics.json", "formats": "oscal"}),
        ("report audit", {"answer": "absent.json"}),
    ],
)
def test_what_makes_no_sense_is_refused(inputs, command, given):
    assert inputs.run(command, out="out", **given).code == 2
    assert not (inputs.root / "out").exists()
