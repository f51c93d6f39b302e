"""`index`: built from a store that verifies, asked, and read again from the store."""

from __future__ import annotations

import csv
import shutil

import pytest


@pytest.fixture
def bank(workspace):
    """A store with two releases and a policy, and what runs the commands on it."""
    workspace.record()
    workspace.sign()
    assert workspace.upload().code == 0
    workspace.release("second")
    policy = workspace.home / "policy.yml"
    policy.write_text("version: 1\nevidence: {expect: ['record:unit-tests', sast]}\n")
    given = {
        "store": str(workspace.store),
        "trust": str(workspace.trust),
        "index": str(workspace.home / "index"),
    }

    def run(command, **inputs):
        named = given | ({"policy": str(policy)} if command == "build" else {})
        return workspace.run(f"index {command}", **(named | inputs))

    return workspace, run


def test_the_index_is_built_and_asked(bank):
    workspace, run = bank
    assert run("build").outputs["releases"] == "2"
    done = run("query", question="incomplete", out="lacking.csv")
    assert (done.code, done.outputs["rows"], done.outputs["stale"]) == (0, "2", "0")
    rows = list(csv.reader((workspace.root / "lacking.csv").read_text().splitlines()))
    assert rows[0] == ["stream", "sequence", "payload", "stage", "name"]
    assert [row[3] for row in rows[1:]] == ["sast", "sast"]
    assert run("query", question="releases").outputs["rows"] == "2"


def test_an_index_that_is_behind_proves_nothing(bank):
    workspace, run = bank
    run("build")
    workspace.release("third")
    done = run("query", question="releases")
    assert (done.code, done.outputs["stale"], done.outputs["rows"]) == (14, "1", "2")
    assert run("build").code == 0
    assert run("query", question="releases").code == 0


def test_a_store_that_does_not_verify_has_no_index(bank):
    workspace, run = bank
    entry = min(workspace.store.rglob("streams/*/*.jsonl"))
    entry.chmod(0o644)
    entry.write_bytes(entry.read_bytes()[:-2])
    assert run("build").code == 12
    assert not (workspace.home / "index").exists()


def test_a_store_that_was_altered_since_is_told(bank):
    workspace, run = bank
    run("build")
    entry = min(workspace.store.rglob("streams/*/*.jsonl"))
    entry.chmod(0o644)
    entry.write_bytes(b"{}\n{}\n")
    assert run("query", question="releases").code == 12
    assert run("query", question="ticket", value="NONE-1").code in (
        0,
        12,
    )  # what it does not tell of is a sample


def test_the_newest_release_is_read_again_whatever_is_asked(bank):
    workspace, run = bank
    run("build")
    entry = max(workspace.store.rglob("streams/*/*.jsonl"))
    entry.chmod(0o644)
    entry.write_bytes(b"{}\n{}\n")
    assert run("query", question="ticket", value="NONE-1").code == 12


@pytest.mark.parametrize(
    "inputs",
    [{"question": "nothing"}, {"question": "ticket"}, {"question": "releases", "value": "x"},
     {"question": "releases", "engine": "mysql"}, {"question": "releases", "engine": "athena"}],
)  # fmt: skip
def test_what_says_nothing_clear_is_refused(bank, inputs):
    _, run = bank
    run("build")
    assert run("query", **inputs).code == 2


def test_without_an_index_nothing_is_answered(bank):
    workspace, run = bank
    assert run("query", question="releases").code not in (0, 14)
    run("build")
    shutil.rmtree(workspace.home / "index" / "release")
    assert run("query", question="releases").code == 13


def test_without_a_region_athena_says_what_to_set(bank, monkeypatch):
    import boto3

    _, run = bank
    run("build")

    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    done = run("query", question="releases", engine="athena", database="d")
    assert done.code == 2
    assert done.result["reasons"][0]["remedy"] == "set AWS_REGION"


def test_tables_for_athena_are_printed(workspace):
    done = workspace.run("index tables", database="evidence", location="s3://bank-index/x")
    assert done.code == 0
    assert workspace.run("index tables", database="e;", location="s3://bank-index/x").code == 2
