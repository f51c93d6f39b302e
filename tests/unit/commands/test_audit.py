"""`audit`: the command over a whole history, with its exit codes, its answer and its pack."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import msgspec
import pytest

from counterseal.audit.answer import read_answer
from counterseal.audit.documents import answer_document
from counterseal.audit.since import window_of
from counterseal.commands import _forge, audit
from counterseal.errors import UsageError
from counterseal.manifest.digest import sha256
from counterseal.manifest.types import parse_time
from counterseal.seal.trust import add_key
from simulators.bank import SINCE, UNTIL
from simulators.history import make_history
from simulators.wrongs import WRONGS
from unit.commands.conftest import new_key


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return make_history(tmp_path_factory.mktemp("history") / "repository")


@pytest.fixture
def bench(clean, tmp_path, workspace, monkeypatch):
    history = clean.copy(tmp_path / "clone")
    monkeypatch.setenv("GITHUB_REPOSITORY", "meridian/payments")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example")
    monkeypatch.setattr(_forge, "open_forge", lambda *_: history.forge)
    monkeypatch.setattr("counterseal.store.open.open_store", lambda _: history.store)
    policy = tmp_path / "policy.yml"
    policy.write_text("version: 1\nevidence: {expect: [record]}\naudit: {tags: ['v*']}\n")

    def run(*flags, **inputs):
        trust = tmp_path / "trust.json"
        trust.write_bytes(msgspec.json.encode(history.trust))
        given = {"store": "dir:store", "trust": str(trust), "repository": str(history.root)}
        given |= {"since": SINCE, "until": UNTIL, "policy": str(policy)}
        return workspace.run(" ".join(["audit", *flags]), **(given | inputs))

    return history, run


def test_a_clean_window_passes(bench):
    _, run = bench
    done = run()
    assert (done.code, done.outputs["outcome"], done.outputs["grade"]) == (0, "passed", "note")
    counts = {name: done.outputs[name] for name in ("changes", "deployments", "releases", "exceptions")}
    assert counts == {"changes": "20", "deployments": "8", "releases": "9", "exceptions": "0"}
    assert done.result["reasons"] == []


@pytest.mark.parametrize(
    "name",
    [
        "a manifest deleted",
        "a seal forged",
        "a key revoked before it sealed",
        "evidence changed",
        "an author approves alone",
        "an approval that came late",
        "a commit pushed past the gate",
        "a deployment without evidence",
        "a tag moved",
        "a manifest written over",
        "a lock shortened",
        "locks that nobody tells",
        "deployments that cannot be listed",
    ],
)
def test_a_wrong_is_named_with_its_exit_code(bench, name):
    history, run = bench
    wanted = WRONGS[name](history)
    done = run()
    assert done.code == wanted.exit_code
    subject = f"{wanted.population}:{wanted.name}"
    assert (wanted.code, subject) in {(one["rule"], one["subject"]) for one in done.result["reasons"]}


def test_the_answer_is_written_and_is_the_one_that_is_named(bench):
    history, run = bench
    WRONGS["a deployment without evidence"](history)
    done = run(out="answer.json")
    data = Path(done.outputs["answer"]).read_bytes()
    assert sha256(data) == done.outputs["answer-digest"] == done.result["digests"]["answer"]
    answer = read_answer(data, "answer")
    assert answer.repository == "https://github.example/meridian/payments"
    assert len(answer.exceptions()) == int(done.outputs["exceptions"]) == 1


def test_the_pack_is_written_and_verifies_itself(bench):
    _, run = bench
    pack = Path(run(pack="pack").outputs["pack"])
    done = subprocess.run(["sh", str(pack / "verify.sh")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "10 releases, " in done.stdout
    assert (pack / "answer.json").is_file()
    pages = {one.name: one.read_text() for one in (pack / "report").iterdir()}
    assert {name.rpartition(".")[2] for name in pages} == {"html", "csv", "md", "json"}
    answer = read_answer((pack / "answer.json").read_bytes(), "x")
    assert all(answer.repository in pages[name] for name in pages if name.endswith("html"))


def test_offline_nobody_can_tell_who_pushed(bench):
    _, run = bench
    done = run("--offline")
    assert (done.code, done.outputs["outcome"]) == (14, "inconclusive")
    assert "cannot-enumerate" in done.rules


def test_deployments_come_from_exports_too(bench):
    history, run = bench
    gone = history.forge.deployed.pop(0)
    rows = [{"id": "7", "environment": "production", "commit": gone.commit, "started_at": gone.created_at}]
    (history.root / "export.json").write_text(json.dumps(rows))
    assert run(deployments=str(history.root / "export.json")).code == 0
    assert run().code == 15


def test_a_forge_has_to_be_known_or_renounced(bench, monkeypatch):
    _, run = bench
    monkeypatch.delenv("GITHUB_REPOSITORY")
    assert run().code == 2


def test_a_repository_that_nobody_named_is_not_compared_with_releases_of_others(bench, monkeypatch):
    """Offline, without GITHUB_REPOSITORY, the clone's folder is all that is known of it."""
    _, run = bench
    monkeypatch.delenv("GITHUB_REPOSITORY")
    done = run("--offline")
    assert (done.code, "answer-digest" in done.outputs) == (2, False)
    (reason,) = done.result["reasons"]
    assert reason["subject"] == "GITHUB_REPOSITORY"
    assert "https://github.example/meridian/payments" in reason["message"]
    assert "owner/name" in reason["remedy"]


def test_a_remote_of_the_address_tells_the_repository_too(bench, monkeypatch):
    history, run = bench
    monkeypatch.delenv("GITHUB_REPOSITORY")
    history.git("remote", "add", "origin", "https://github.example/meridian/payments")
    assert run("--offline").code == 14


def test_remedies_speak_to_the_command_line(bench, monkeypatch, tmp_path):
    _, run = bench
    empty = tmp_path / "empty"
    empty.mkdir()
    (reason,) = run("--offline", repository=str(empty)).result["reasons"]
    assert "`--repository DIR`" in reason["remedy"]
    monkeypatch.delenv("GITHUB_REPOSITORY")
    (reason,) = run().result["reasons"]
    assert "`--offline`" in reason["remedy"]


def test_a_store_that_is_not_there_is_no_empty_one(bench, monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setenv("GITHUB_REPOSITORY", "meridian/payments")
    done = bench[1]("--offline", store=f"dir:{tmp_path / 'nowhere'}")
    assert (done.code, done.result["reasons"][0]["message"]) == (2, "there is no such folder")


def test_a_state_that_no_later_audit_would_believe_is_refused_at_once(bench, tmp_path):
    history, run = bench
    assert run(state=str(tmp_path / "state")).code == 2
    new_key(tmp_path / "other.pem", "checkpoint")
    done = run(state=str(tmp_path / "state"), key=f"file:{tmp_path / 'other.pem'}")
    assert (done.code, (tmp_path / "state").exists()) == (2, False)
    assert "which the trust file does not have" in done.result["reasons"][0]["message"]
    history.trust = add_key(history.trust, new_key(tmp_path / "record.pem", "record"))
    done = run(state=str(tmp_path / "state"), key=f"file:{tmp_path / 'record.pem'}")
    assert (done.code, "not trusted to seal" in done.result["reasons"][0]["message"]) == (2, True)


def test_the_text_and_the_pages_say_that_nothing_pins_the_end(clean):
    answer = clean.audit()
    assert "no-anchor: nothing from elsewhere tells where" in audit._text(answer)
    for form in ("html", "csv", "oscal"):
        assert b"no-anchor" in answer_document(answer, form, answer.window.until)[1]


@pytest.mark.parametrize(
    ("since", "until", "begins", "ends"),
    [
        ("90d", "", "2026-08-29T12:00:00Z", "2026-11-27T12:00:00Z"),
        ("12w", "", "2026-09-04T12:00:00Z", "2026-11-27T12:00:00Z"),
        ("24h", "2026-11-20", "2026-11-19T23:59:59Z", "2026-11-20T23:59:59Z"),
        ("2026-09-01", "2026-09-30", "2026-09-01T00:00:00Z", "2026-09-30T23:59:59Z"),
        ("2026-09-01T10:00:00Z", "", "2026-09-01T10:00:00Z", "2026-11-27T12:00:00Z"),
    ],
)
def test_windows(since, until, begins, ends):
    window = window_of(since, until, parse_time("2026-11-27T12:00:00Z"))
    assert (window.since, window.until) == (begins, ends)


@pytest.mark.parametrize("since", ["", "0d", "90", "-3d", "99999d", "2026-13-01", "2027-01-01", "yesterday"])
def test_what_is_no_window_is_refused(since):
    with pytest.raises(UsageError):
        window_of(since, "", parse_time("2026-11-27T12:00:00Z"))


def test_a_second_audit_is_carried_by_the_first(bench, workspace, tmp_path):
    history, run = bench
    history.trust = add_key(history.trust, new_key(tmp_path / "audit.pem", "audit"))
    inputs = {"state": str(tmp_path / "state"), "key": f"file:{tmp_path / 'audit.pem'}", "out": "answer.json"}
    first, second = run(**inputs), run(**inputs)
    assert (first.code, second.code) == (0, 0)
    assert read_answer((workspace.root / "answer.json").read_bytes(), "x").work.carried == 8


def test_jobs_share_an_audit(bench, tmp_path, workspace, monkeypatch):
    history, run = bench
    monkeypatch.setattr("counterseal.audit.sources.workers._BLOCK", 2)
    history.trust = add_key(history.trust, new_key(tmp_path / "audit.pem", "audit"))
    for part in (1, 2):
        state = str(tmp_path / "parts" / str(part))
        done = run(shard=f"{part}/2", state=state, key=f"file:{tmp_path / 'audit.pem'}")
        assert (done.code, int(done.outputs["releases"]) > 0) == (0, True)
    done = run(shards=str(tmp_path / "parts"), out="answer.json", workers="1")
    assert (done.code, done.outputs["grade"]) == (0, "note")
    work = read_answer((workspace.root / "answer.json").read_bytes(), "x").work
    assert (work.carried, len(work.checkpoints)) == (8, 2)


@pytest.mark.parametrize(
    "inputs", [{"shard": "3/2"}, {"shard": "1/2"}, {"shards": "nowhere"}, {"workers": "0"}, {"workers": "x"}]
)
def test_what_says_no_clear_part_is_refused(bench, inputs):
    assert bench[1](**inputs).code == 2
