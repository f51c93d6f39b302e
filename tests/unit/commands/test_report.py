from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from counterseal.audit.report import write_report
from counterseal.seal.trust import parse_trust
from counterseal.store.open import open_store


@pytest.fixture
def released(workspace):
    workspace.release("first")
    workspace.release("second")
    return workspace


def report(workspace, **more):
    given = {"store": str(workspace.store), "trust": str(workspace.trust), "out": "pages"}
    return workspace.run("report release", **{**given, **more})


def test_pages_are_written_and_announced(released):
    done = report(released)
    assert (done.code, done.result["outcome"]) == (0, "passed")
    assert done.outputs["pages"] == "2"
    index = Path(done.outputs["index"])
    assert index == released.root / "pages" / "index.html"
    assert len(list(index.parent.iterdir())) == 3


def test_every_statement_of_a_real_release_is_on_its_page(released):
    report(released)
    text = next((released.root / "pages").glob("*2.html")).read_text()
    for expected in ("Verifies", "Passed", "record:unit-tests", "payments-1.0.0.whl", "slsa.dev/provenance"):
        assert expected in text


def test_evidence_that_does_not_verify_is_reported_and_fails(released):
    victim = min(path for path in (released.store / "blobs").rglob("*") if path.is_file())
    victim.unlink()
    done = report(released)
    assert (done.code, done.result["outcome"]) == (12, "failed")
    assert any(victim.name in reason["subject"] for reason in done.result["reasons"])
    assert "Does not verify" in Path(done.outputs["index"]).read_text()


def test_one_release_can_be_chosen(released):
    assert report(released, sequence="2").outputs["pages"] == "1"


@pytest.mark.parametrize("sequence", ["-1", "two", "1" * 13, "²"])
def test_a_senseless_number_is_refused(released, sequence):
    assert report(released, sequence=sequence).code == 2


def test_an_empty_store_is_nothing_to_judge(workspace):
    workspace.store.mkdir()
    assert report(workspace).code == 3


@pytest.mark.parametrize("missing", ["store", "trust", "out"])
def test_everything_that_is_needed_is_asked_for(workspace, missing):
    assert report(workspace, **{missing: ""}).code == 2


def test_without_an_anchor_the_index_says_what_it_cannot_know(released):
    report(released)
    index = released.root / "pages" / "index.html"
    assert "cut off cannot be told" in index.read_text()
    checkpoint = next((released.store / "checkpoints").glob("*/000000000002.json"))
    anchor = released.home / "anchor.json"
    anchor.write_bytes(checkpoint.read_bytes())
    assert report(released, anchor=str(anchor)).code == 0
    assert "cut off cannot be told" not in index.read_text()
    next((released.store / "streams").glob("*/000000000002.jsonl")).unlink()
    checkpoint.unlink()
    assert report(released).code == 0
    assert report(released, anchor=str(anchor)).code == 12


def test_releases_are_also_written_as_pdf_csv_and_json(released):
    done = report(released, formats=["pdf, csv", "json"])
    folder = released.root / "pages"
    names = {Path(one).name for one in done.outputs["files"].splitlines()}
    assert names == {path.name for path in folder.iterdir() if path.suffix != ".html"}
    assert sum(name.endswith(".pdf") for name in names) == 3
    assert all((folder / name).read_bytes()[:5] == b"%PDF-" for name in names if name.endswith(".pdf"))
    rows = list(csv.DictReader(io.StringIO((folder / "index.csv").read_text(), newline="")))
    told = json.loads((folder / "index.json").read_bytes())
    assert (
        [row["sequence"] for row in rows] == [str(one["sequence"]) for one in told["releases"]] == ["2", "1"]
    )
    assert {row["evidence"] for row in rows} == {"Verifies"}
    assert (told["evidence"], told["findings"]) == ("Verifies", [])


def test_the_summary_lists_the_releases_escaped(workspace):
    workspace.release("<b>first</b> | @all")
    done = summary_of(workspace)
    assert "Releases on record" in done
    assert "<b>" not in done
    assert "@all" not in done


def summary_of(workspace):
    """Return the summary of a report, as the job shows it."""
    trust = parse_trust(workspace.trust.read_bytes(), where="trust")
    made = write_report(
        open_store(f"dir:{workspace.store}"), trust, workspace.home / "p", generated_at="2026-12-01T00:00:00Z"
    )
    return made.summary


def test_a_format_that_nobody_knows_is_refused(released):
    assert report(released, formats="docx").code == 2
