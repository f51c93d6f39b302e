"""`index`: built from a store that verifies, asked, and read again from the store."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from counterseal.audit.index import page as index_page
from counterseal.audit.index.athena import Athena
from counterseal.audit.index.duck import opened
from counterseal.audit.index.page import read_page
from counterseal.audit.index.seal import SEAL
from counterseal.audit.index.tables import TABLES
from counterseal.seal.trust import add_key, parse_trust
from unit.audit.index.forger import content, edit, reseal
from unit.commands.conftest import new_key

POLICY = "version: 1\nevidence: {expect: ['record:unit-tests', sast]}\n"


@pytest.fixture
def bank(workspace):
    """A store with two releases and a policy, and what runs the commands on it, with a key for the index."""
    workspace.record()
    workspace.sign()
    assert workspace.upload().code == 0
    workspace.release("second")
    believe(workspace, new_key(workspace.home / "index.pem", "index"))
    policy = workspace.home / "policy.yml"
    policy.write_text(POLICY)
    given = {
        "store": str(workspace.store),
        "trust": str(workspace.trust),
        "index": str(workspace.home / "index"),
    }
    building = {"policy": str(policy), "key": f"file:{workspace.home / 'index.pem'}"}

    def run(command, **inputs):
        named = given | (building if command == "build" else {}) | inputs
        return workspace.run(f"index {command}", **{name: one for name, one in named.items() if one})

    return workspace, run


def believe(workspace, key):
    trust = add_key(parse_trust(workspace.trust.read_bytes(), where="trust"), key)
    workspace.trust.write_bytes(trust.encode())


def test_the_index_is_built_and_asked(bank):
    workspace, run = bank
    done = run("build")
    assert (done.outputs["releases"], done.outputs["sealed"]) == ("2", "true")
    done = run("query", question="incomplete", out="lacking.csv", policy=str(workspace.home / "policy.yml"))
    assert (done.code, done.outputs["rows"], done.outputs["stale"]) == (0, "2", "0")
    assert (done.outputs["proven"], done.outputs["expected"]) == ("true", "record:unit-tests\nsast")
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
    assert done.rules == ["stale"]
    assert run("build").code == 0
    assert run("query", question="releases").code == 0


# -- without a seal that holds, silence is not believed ----------------------------------------------------


def test_without_a_key_no_answer_is_proven(bank):
    _, run = bank
    assert run("build", key="").outputs["sealed"] == "false"
    done = run("query", question="unapproved")
    assert (done.code, done.rules, done.outputs["proven"]) == (14, ["unproven"], "false")
    assert done.outputs["rows"] == "2"


FORGED = [
    ("expected", "DELETE FROM t WHERE stage = 'sast'", "incomplete"),
    ("release", "UPDATE t SET approval_count = 3", "unapproved"),
    ("release", "UPDATE t SET created_at = TIMESTAMP '2001-01-01'", "releases"),
    ("release", "UPDATE t SET outcome = 'failed'", "completeness"),
    ("evidence", "UPDATE t SET stage = 'sast'", "incomplete"),
]


@pytest.mark.parametrize(("table", "statement", "question"), FORGED)
@pytest.mark.parametrize("seal", ["kept", "removed", "never"])
def test_a_forged_index_never_passes_and_leaves_no_trace_when_it_is_built_anew(
    bank, table, statement, question, seal
):
    workspace, run = bank
    key = {"key": ""} if seal == "never" else {}
    index = workspace.home / "index"
    run("build", **key)
    honest, rows = content(index), run("query", question=question).outputs["rows"]
    edit(next(index.glob(f"{table}/*/rows.parquet")), statement)
    reseal(index)
    if seal == "removed":
        (index / SEAL).unlink()
    assert run("query", question=question).code in ((12,) if seal == "kept" else (12, 14))
    assert run("build", **key).code == 0
    assert {**content(index), SEAL: honest.get(SEAL)} == {**honest, SEAL: honest.get(SEAL)}
    done = run("query", question=question)
    assert (done.code, done.outputs["rows"]) == (14 if key else 0, rows)


def test_the_seal_of_another_index_is_none_of_this_one(bank):
    workspace, run = bank
    run("build")
    other = workspace.home / "other"
    (workspace.home / "policy.yml").write_text("version: 1\nevidence: {expect: [record]}\n")
    run("build", index=str(other))
    shutil.copy(workspace.home / "index" / SEAL, other / SEAL)
    done = run("query", question="releases", index=str(other))
    assert (done.code, "another page" in done.errors) == (12, True)


def test_what_is_compared_is_what_is_asked(bank, monkeypatch):
    workspace, run = bank
    run("build")
    compare = index_page.read_page

    def exchanged(folder, **given):
        page = compare(folder, **given)
        edit(
            next((workspace.home / "index").glob("release/*/rows.parquet")), "UPDATE t SET approval_count = 3"
        )
        return page

    monkeypatch.setattr(index_page, "read_page", exchanged)
    done = run("query", question="unapproved")
    assert (done.code, done.outputs["rows"]) == (0, "2")
    monkeypatch.undo()
    assert run("query", question="unapproved").code == 13


@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_what_is_no_file_is_refused(bank, kind):
    workspace, run = bank
    run("build")
    place = next((workspace.home / "index").glob("release/*")) / "more.parquet"
    os.mkfifo(place) if kind == "pipe" else place.symlink_to("rows.parquet")
    assert run("query", question="releases").code == 13


@pytest.mark.parametrize("data", [b"", b"{}", b"x" * 2_000_000])
def test_what_is_no_seal_is_refused(bank, data):
    workspace, run = bank
    run("build")
    (workspace.home / "index" / SEAL).write_bytes(data)
    assert run("query", question="releases").code == 12


def test_only_a_key_that_is_trusted_for_the_index_seals_it(bank):
    workspace, run = bank
    done = run("build", key=workspace.key)
    assert (done.code, "not trusted to seal an index" in done.errors) == (12, True)
    assert not (workspace.home / "index").exists()


def test_another_trust_file_than_that_of_the_build_makes_it_unproven(bank):
    workspace, run = bank
    run("build")
    believe(workspace, new_key(workspace.home / "more.pem", "release"))
    done = run("query", question="releases")
    assert (done.code, done.rules) == (14, ["other-trust"])


def test_an_index_whose_key_was_revoked_is_not_believed(bank):
    workspace, run = bank
    run("build")
    keyid = workspace.run("keys show", path=str(workspace.home / "index.pem")).outputs["keyid"]
    workspace.run("keys revoke", trust=str(workspace.trust), keyid=keyid, reason="lost")
    assert run("query", question="releases").code == 12


def test_an_index_of_another_store_is_told(bank):
    workspace, run = bank
    run("build")
    entry = max(workspace.store.rglob("streams/*/*.jsonl"))
    entry.chmod(0o644)
    entry.write_bytes(min(workspace.store.rglob("streams/*/*.jsonl")).read_bytes())
    done = run("query", question="ticket", value="NONE-1")
    assert (done.code, "sealed is" in done.errors) == (12, True)


# -- the policy --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["incomplete", "completeness"])
def test_without_a_policy_nothing_is_said_to_be_complete(bank, question):
    workspace, run = bank
    run("build", policy="")
    done = run("query", question=question)
    assert (done.code, "run index build with --policy" in done.errors) == (14, True)
    assert run("query", question="unapproved").code == 0
    (workspace.home / "policy.yml").write_text("version: 1\n")
    run("build")
    assert run("query", question=question).code == 14


@pytest.mark.parametrize("question", ["incomplete", "completeness"])
def test_an_index_of_another_policy_does_not_answer(bank, question):
    workspace, run = bank
    run("build")
    today = workspace.home / "today.yml"
    today.write_text("version: 1\nevidence: {expect: [sast, sca]}\n")
    done = run("query", question=question, policy=str(today))
    assert (done.code, "expects something else" in done.errors) == (14, True)
    assert run("query", question="unapproved", policy=str(today)).code == 0


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
    assert run("query", question="ticket", value="NONE-1").code in (0, 12)  # what it is silent on is sampled


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
     {"question": "commit", "value": "0123abc"}, {"question": "commit", "value": "A" * 40},
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


# -- Athena ------------------------------------------------------------------------------------------------


def test_what_athena_tells_is_read_again_and_never_proven(bank, monkeypatch):
    workspace, run = bank
    run("build")
    bucket = shutil.copytree(workspace.home / "index", workspace.home / "bucket")

    def ask(_, query, bound):
        with opened(bucket, read_page(bucket)) as duck:
            return duck(query, bound)

    monkeypatch.setattr(Athena, "ask", ask)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    done = run("query", question="releases", engine="athena", database="evidence")
    assert (done.code, done.rules, done.outputs["rows"]) == (14, ["unproven"], "2")
    edit(next(bucket.glob("release/*/rows.parquet")), "UPDATE t SET approval_count = 3")
    reseal(bucket)
    assert run("query", question="releases", engine="athena", database="evidence").code == 12


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


AWS = """#!/bin/sh
case "$2" in
  start-query-execution)
    for word; do case "$word" in file://*) cat "${word#file://}" >> asked; echo ";" >> asked;; esac; done
    echo execution-1;;
  get-query-execution) echo SUCCEEDED;;
esac
"""


def test_the_tables_are_made_in_athena_as_the_page_says(workspace):
    page = (Path(__file__).resolve().parents[3] / "docs" / "index.md").read_text()
    (loop,) = re.findall(
        r"^\$ (for file in .+?)^\$|\Z", page[page.index("## Athena") :], re.MULTILINE | re.DOTALL
    )[:1]
    tools = workspace.home / "bin"
    tools.mkdir()
    (tools / "aws").write_text(AWS)
    (tools / "aws").chmod(0o755)
    done = workspace.run("index tables", database="evidence", location="s3://bank-index/x", out="tables")
    written = done.outputs["files"].split("\n")
    assert [Path(one).name for one in written] == sorted(
        one.name for one in (workspace.root / "tables").iterdir()
    )
    script = loop.replace("\n> ", "\n")
    subprocess.run(
        ["sh", "-e", "-c", script], cwd=workspace.root, check=True, timeout=60, capture_output=True,
        env={"PATH": f"{tools}:{os.environ['PATH']}"},
    )  # fmt: skip
    asked = (workspace.root / "asked").read_text().split("\n;\n")[:-1]
    assert asked[0] == "CREATE DATABASE IF NOT EXISTS evidence"
    assert [one.split("(")[0].split(".")[-1].strip() for one in asked[1:]] == [one.name for one in TABLES]
    assert not any(one.rstrip().endswith(";") for one in asked)
