"""`incident` and `dora-metrics`: sealed records in, figures out, and nothing from anywhere else."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from counterseal.audit.dora.model import read_metrics
from counterseal.commands import _forge
from counterseal.errors import MalformedError
from counterseal.ledger.incidents import IncidentBook
from counterseal.ledger.verify import verify_store
from counterseal.manifest.incident import Incident
from counterseal.manifest.page import read_page
from counterseal.manifest.record import Origin
from counterseal.manifest.stream import repository_id
from counterseal.policy.issue import Issue
from counterseal.seal.trust import add_key, parse_trust
from counterseal.store.directory import DirectoryStore
from simulators.bank import SINCE, UNTIL, URI
from simulators.history import make_history
from simulators.wrongs import WRONGS
from unit.commands.conftest import new_key

ORIGIN = Origin(repository=URI, commit="c" * 40)
NOW = "2026-11-27T00:00:00Z"


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return make_history(tmp_path_factory.mktemp("history") / "repository")


@pytest.fixture
def bench(clean, tmp_path, workspace, monkeypatch):
    history = clean.copy(tmp_path / "clone")
    monkeypatch.setenv("GITHUB_REPOSITORY", "meridian/payments")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example")
    monkeypatch.setattr("counterseal.store.open.open_store", lambda _: history.store)

    def run(**inputs):
        trust = tmp_path / "trust.json"
        trust.write_bytes(msgspec.json.encode(history.trust))
        given = {"store": "dir:store", "trust": str(trust), "since": SINCE, "until": UNTIL}
        return workspace.run("dora-metrics", **(given | inputs))

    return history, run


def enter(history, **parts):
    plain = {"id": "inc-1", "service": URI, "severity": "major", "detected_at": "2026-10-01T09:00:00Z"}
    book, history.store.clock = IncidentBook(history.store, history.trust, history.keeper), NOW
    return book.enter(Incident(**(plain | parts)), at=NOW, origin=ORIGIN)


def test_the_figures_of_ninety_days(bench):
    _, run = bench
    done = run()
    assert (done.code, done.outputs["outcome"]) == (0, "measured")
    assert done.outputs["change-failure-rate"] == "0"
    assert done.outputs["lead-time"] == "86400"
    assert float(done.outputs["deployment-frequency"]) == pytest.approx(8 / 12, abs=0.1)
    assert (done.outputs["not-demonstrable"], done.outputs["time-to-restore"]) == ("3", "")


def test_the_headline_measures_and_counts_every_figure(bench):
    _, run = bench
    done = run()
    names = ("met", "not-met", "not-demonstrable", "no-target")
    assert sum(int(done.outputs[name]) for name in names) == 7
    assert done.result["outcome"] == "measured"
    assert run(require="demonstrable", since="2026-09-01T00:00:00Z").outputs["outcome"] == "failed"


def test_an_incident_on_record_changes_them(bench):
    history, run = bench
    enter(history, restored_at="2026-10-01T11:00:00Z", cause="change", caused_by=(history.name(5),))
    done = run()
    assert done.outputs["time-to-restore"] == "7200"
    assert float(done.outputs["change-failure-rate"]) == pytest.approx(1 / 8)
    assert "change-failure-rate" in {one["subject"] for one in done.result["reasons"]}


def test_an_incident_of_another_repository_hides_none_of_this_one_and_is_told(bench):
    history, run = bench
    enter(history)
    alone = run().outputs["time-to-restore"]
    other = "https://github.example/meridian/cards"
    enter(history, service=other, restored_at="2026-10-01T09:01:00Z")
    done = run()
    assert done.outputs["time-to-restore"] == alone != "60"
    told = [one["subject"] for one in done.result["reasons"] if one["rule"] == "incident-elsewhere"]
    assert told == [other]


@pytest.mark.parametrize(("require", "code"), [("", 0), ("demonstrable", 10), ("met", 10)])
def test_what_is_required_decides(bench, require, code):
    _, run = bench
    assert run(**({"require": require} if require else {})).code == code  # 0.7 a week is less than one


def test_the_figures_are_made_again_from_what_they_name(bench):
    history, run = bench
    enter(history, restored_at="2026-10-01T11:00:00Z")
    first = Path(run(out="metrics.json").outputs["metrics"]).read_bytes()
    again = Path(run(out="again.json").outputs["metrics"]).read_bytes()
    assert first == again
    metrics = read_metrics(first, "x")
    named = {one.payload_digest for one in history.releases}
    incidents = {one.payload for one in IncidentBook(history.store, history.trust).newest()}
    assert set(metrics.payloads) == named | incidents  # those from before the window are in the pooled year


def test_a_store_that_does_not_verify_gives_no_figures(bench):
    history, run = bench
    WRONGS["evidence changed"](history)
    assert run().code == 12


def test_without_a_deployment_there_is_nothing_to_judge(bench):
    _, run = bench
    assert run(service="https://github.example/meridian/cards").code == 3


# -- incidents ---------------------------------------------------------------------------------------------


def sealed(workspace, **inputs):
    given = {"store": str(workspace.store), "trust": str(workspace.trust), "key": workspace.key}
    return workspace.run("incident", **(given | inputs))


def book_of(workspace):
    trust = parse_trust(workspace.trust.read_bytes(), where="x")
    return DirectoryStore(workspace.store), trust


def test_incidents_of_a_file_are_sealed_and_verify(workspace):
    workspace.release("first")
    (workspace.root / "incidents.yml").write_text(
        "incidents:\n"
        "- {id: inc-1, severity: major, detectedAt: '2026-10-01T09:00:00Z'}\n"
        "- {id: inc-2, severity: minor, detectedAt: '2026-10-02T09:00:00Z',\n"
        "   restoredAt: '2026-10-02T10:00:00Z'}\n"
    )
    done = sealed(workspace, file="incidents.yml")
    assert (done.code, done.outputs) == (0, {"entered": "2", "known": "0"})
    assert workspace.verify().code == 0
    store, trust = book_of(workspace)
    assert [one.incident.id for one in IncidentBook(store, trust).newest()] == ["inc-1", "inc-2"]
    assert sealed(workspace, file="incidents.yml").outputs == {"entered": "0", "known": "2"}


def test_what_is_learnt_later_replaces_nothing(workspace):
    workspace.release("first")
    row = {"id": "inc-1", "severity": "major", "detectedAt": "2026-10-01T09:00:00Z"}
    (workspace.root / "i.json").write_text(json.dumps([row]))
    sealed(workspace, file="i.json")
    (workspace.root / "i.json").write_text(json.dumps([row | {"restoredAt": "2026-10-01T10:00:00Z"}]))
    assert sealed(workspace, file="i.json").outputs["entered"] == "1"
    store, trust = book_of(workspace)
    newest = list(IncidentBook(store, trust).newest())
    book = f"incidents/{repository_id(newest[0].incident.service)}/inc-1"
    assert list(store.keys("incidents/")) == [f"{book}/000001.json", f"{book}/000002.json"]
    assert [(one.number, one.incident.restored_at) for one in newest] == [(2, "2026-10-01T10:00:00Z")]


@pytest.mark.parametrize("wrong", ["removed", "forged", "moved", "document", "strange"])
def test_a_book_that_was_tampered_with_does_not_verify(workspace, wrong):
    workspace.release("first")
    for hour in (10, 11):
        row = {"id": "inc-1", "severity": "major", "detectedAt": f"2026-10-01T{hour}:00:00Z"}
        (workspace.root / "i.json").write_text(json.dumps([row]))
        sealed(workspace, file="i.json")
    (book,) = (workspace.store / "incidents").glob("*/inc-1")
    first, second = sorted(book.iterdir())
    if wrong == "removed":
        first.unlink()
    elif wrong == "forged":
        first.chmod(0o600)
        first.write_bytes(first.read_bytes().replace(b'"sig":"M', b'"sig":"N'))
    elif wrong == "moved":
        book.with_name("inc-2").mkdir()
        second.rename(book.with_name("inc-2") / "000001.json")
    elif wrong == "document":
        newest = next(
            one
            for one in (workspace.store / "blobs").rglob("*")
            if one.is_file() and b"inc-1" in one.read_bytes()
        )
        newest.unlink()
    else:
        (workspace.store / "incidents" / "note.txt").write_text("x")
    store, trust = book_of(workspace)
    assert verify_store(store, trust).findings


def test_issues_with_a_label_are_incidents(workspace, monkeypatch):
    workspace.release("first")
    body = "Down.\n\n- severity: critical\n- detected: 2026-10-01T08:30:00Z\n"
    body += "- cause: change\n- caused-by: a/1, b/2"
    issues = (
        Issue(
            number=7,
            title="Down",
            body=body,
            created_at="2026-10-01T09:00:00Z",
            closed_at="2026-10-01T12:00:00Z",
        ),
        Issue(number=8, title="Slow", created_at="2026-10-02T09:00:00Z"),
    )
    forge = type("F", (), {"labelled": lambda _, label: issues if label == "incident" else ()})()
    monkeypatch.setattr(_forge, "open_forge", lambda *_: forge)
    assert sealed(workspace, label="incident").outputs["entered"] == "2"
    store, trust = book_of(workspace)
    first, second = (one.incident for one in IncidentBook(store, trust).newest())
    assert (first.id, first.severity, first.detected_at) == ("issue-7", "critical", "2026-10-01T08:30:00Z")
    assert (first.caused_by, first.restored_at) == (("a/1", "b/2"), "2026-10-01T12:00:00Z")
    assert (second.severity, second.restored_at, second.cause) == ("unstated", None, "unknown")


def test_a_webhook_about_an_issue_is_an_incident(workspace):
    workspace.release("first")
    issue = {
        "number": 9,
        "title": "Down",
        "body": None,
        "created_at": "2026-10-01T09:00:00Z",
        "closed_at": None,
    }
    (workspace.root / "hook.json").write_text(json.dumps({"action": "opened", "issue": issue}))
    assert sealed(workspace, webhook="hook.json").outputs["entered"] == "1"


@pytest.mark.parametrize(
    "text",
    [
        "[]x",
        "{}",
        "[{}]",
        '[{"id": "A b", "severity": "x", "detectedAt": "2026-10-01T09:00:00Z"}]',
        '[{"id": "a", "severity": "x", "detectedAt": "2026-13-01T09:00:00Z"}]',
        '[{"id":"a","severity":"x","detectedAt":"2026-10-01T09:00:00Z","restoredAt":"2026-09-01T00:00:00Z"}]',
        '[{"id": "a", "severity": "x", "detectedAt": "2026-10-01T09:00:00Z", "causedBy": ["a/1"]}]',
        '[{"id": "../a", "severity": "x", "detectedAt": "2026-10-01T09:00:00Z"}]',
    ],
)
def test_what_is_no_incident_is_refused(workspace, text):
    workspace.release("first")
    (workspace.root / "i.json").write_text(text)
    assert sealed(workspace, file="i.json").code == 2
    assert not (workspace.store / "incidents").exists()


def test_a_release_that_an_incident_names_and_nobody_knows_is_told(workspace):
    stream = workspace.release("first").outputs["stream"]
    names = [f"{stream}/1", f"{stream}/2", f"{stream}/01", "payments#1", f"../{stream}/1", f"{stream}/0"]
    one = {"id": "inc-1", "severity": "major", "detectedAt": "2026-10-01T09:00:00Z", "cause": "change"}
    (workspace.root / "i.json").write_text(json.dumps([one | {"causedBy": names}]))
    done = sealed(workspace, file="i.json")
    assert (done.code, done.outputs["entered"]) == (0, "1")
    assert {reason["subject"] for reason in done.result["reasons"]} == set(names[1:])
    assert set(done.rules) == {"release-unknown"}


def test_a_release_of_another_repository_that_an_incident_names_is_told(workspace):
    stream = workspace.release("first").outputs["stream"]
    one = {"id": "inc-1", "severity": "major", "detectedAt": "2026-10-01T09:00:00Z", "cause": "change"}
    other = "https://github.example/meridian/cards"
    (workspace.root / "i.json").write_text(
        json.dumps([one | {"causedBy": [f"{stream}/1"], "service": other}])
    )
    (reason,) = sealed(workspace, file="i.json").result["reasons"]
    assert (reason["rule"], reason["subject"]) == ("release-unknown", f"{stream}/1")
    assert f"names {stream}/1, which is of file://" in reason["message"]


def test_a_key_for_other_repositories_enters_no_incident(workspace):
    workspace.release("first")
    trust = parse_trust(workspace.trust.read_bytes(), where="x")
    key = msgspec.structs.replace(new_key(workspace.home / "x.pem", "incident"), streams=("https://x/y",))
    workspace.trust.write_bytes(add_key(trust, key).encode())
    (workspace.root / "i.json").write_text(
        '[{"id":"inc-1","severity":"major","detectedAt":"2026-10-01T09:00:00Z"}]'
    )
    done = sealed(workspace, file="i.json", key=f"file:{workspace.home / 'x.pem'}")
    assert (done.code, "is not trusted to seal for" in done.errors) == (12, True)
    assert not (workspace.store / "incidents").exists()


@pytest.mark.parametrize("role", ["checkpoint", "record", "hold"])
def test_a_key_that_is_not_for_incidents_enters_none(workspace, role):
    workspace.release("first")
    trust = add_key(
        parse_trust(workspace.trust.read_bytes(), where="x"), new_key(workspace.home / "x.pem", role)
    )
    workspace.trust.write_bytes(trust.encode())
    (workspace.root / "i.json").write_text(
        '[{"id":"inc-1","severity":"major","detectedAt":"2026-10-01T09:00:00Z"}]'
    )
    before = sorted(workspace.store.rglob("*"))
    assert sealed(workspace, file="i.json", key=f"file:{workspace.home / 'x.pem'}").code == 12
    assert sorted(workspace.store.rglob("*")) == before


def test_nothing_to_enter_is_no_pass(workspace):
    assert sealed(workspace).code == 3


def test_a_page_is_strict_json():
    with pytest.raises(MalformedError):
        read_page(b'{"book":"incidents/a","book":"incidents/b","number":1,"says":{}}', "x")
