from __future__ import annotations

from pathlib import Path

import pytest


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
