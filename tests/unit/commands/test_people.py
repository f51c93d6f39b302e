"""A policy that wants pseudonyms: a whole release under it, and then every byte of the store is looked at."""

from __future__ import annotations

import base64
import html
import json
import re

import pytest

from counterseal.audit.names import called
from counterseal.commands import _forge
from counterseal.seal.trust import add_key, parse_trust
from simulators.changes import ANN, BOB, CARL, EVE, commit, person, pull
from simulators.fake_forge import FakeForge
from unit.commands.conftest import new_key
from unit.commands.pipeline import BEGUN, LATER, PEOPLE, POLICY, Pipeline

SECRET = "0123456789abcdef" * 4
PSEUDONYMOUS = {
    **POLICY,
    "evidence": {"people": "pseudonymous", "retention": {"days": 30}},
    "branch": {"messages": {"title-length": 100}},
}
NAMES = re.compile(rb"\b(?:ann|bob|carl|dan|eve)\b|example\.com|Test Author|\btester\b", re.IGNORECASE)


def texts(path):
    """Yield the bytes of a file, and those of everything that is in it in base64."""
    data = path.read_bytes()
    yield data
    for found in re.findall(rb"[A-Za-z0-9+/]{64,}={0,2}", data):
        yield base64.b64decode(found + b"=" * (-len(found) % 4))


def named(root, allowed=()):
    """Return every place of a folder in which somebody is named."""
    return {
        (str(path.relative_to(root)), match[0].decode())
        for path in root.rglob("*")
        if path.is_file()
        for text in texts(path)
        for match in NAMES.finditer(text)
        if match[0].decode() not in allowed
    }


@pytest.fixture
def pipeline(workspace, monkeypatch):
    """A pipeline of a change by several people, which has asked nobody yet."""
    forge = FakeForge(clock=BEGUN)
    made = Pipeline(workspace, forge, monkeypatch)
    made.publish(PSEUDONYMOUS)
    message = "Add refunds for @bob\n\nCo-authored-by: Eve <eve@example.com>"
    change = commit(1, message, ANN, co_authors=(person(EVE),))
    forge.add_pull(pull(change, pr_state="merged", pr_merge_commit=made.commit, pr_merger=CARL))
    monkeypatch.setattr(_forge, "open_forge", lambda *_: forge)
    monkeypatch.setenv("COUNTERSEAL_PSEUDONYM_KEY", SECRET)
    made.in_run(100)
    (workspace.root / "policy.yml").write_text(json.dumps(PSEUDONYMOUS))
    return made


def released(pipeline):
    """Make a release, from the first record to the sealed manifest; return what the upload came to."""
    space = pipeline.workspace
    assert space.record().code == 0
    assert space.sign().code == 0
    assert pipeline.ask(reason="bob@example.com wants it").code == 0
    pipeline.forge.clock = LATER
    pipeline.say(BOB, "/approve")
    assert pipeline.deploy().code == 0
    policy = space.home / "policy.yml"
    policy.write_text(json.dumps(PSEUDONYMOUS))
    return space.upload(policy=str(policy))


def test_nothing_that_is_kept_names_anybody(pipeline):
    assert released(pipeline).code == 0
    assert named(pipeline.workspace.store) == set()
    kept = b"".join(
        text for path in pipeline.workspace.store.rglob("*") if path.is_file() for text in texts(path)
    )
    assert {b"account-1", b"account-2", b"account-3", b"account-5"} <= set(
        re.findall(rb"account-[0-9]+", kept)
    )


def test_the_same_release_under_names_has_them(pipeline, monkeypatch):
    monkeypatch.delenv("COUNTERSEAL_PSEUDONYM_KEY")
    pipeline.publish({**PSEUDONYMOUS, "evidence": {}})
    monkeypatch.setitem(PSEUDONYMOUS, "evidence", {})
    assert released(pipeline).code == 0
    found = {word.lower() for _, word in named(pipeline.workspace.store)}
    assert {"ann", "bob", "carl", "eve", "example.com"} <= found


def test_the_approval_counts_as_it_does_under_names_and_the_store_verifies(pipeline):
    done = released(pipeline)
    assert (done.code, done.outputs["outcome"]) == (0, "passed")
    assert pipeline.workspace.verify().code == 0


def test_separation_of_duties_holds_under_pseudonyms(pipeline):
    space = pipeline.workspace
    assert (space.record().code, space.sign().code, pipeline.ask().code) == (0, 0, 0)
    pipeline.forge.clock = LATER
    pipeline.say(ANN, "/approve")
    done = pipeline.deploy()
    assert done.code == 11
    assert "event-conflict" in done.rules


@pytest.mark.parametrize("command", ["request", "upload", "branch-policy", "policy-gate", "sast", "incident"])
def test_without_the_key_nothing_is_written(pipeline, monkeypatch, command):
    space = pipeline.workspace
    assert (space.record().code, space.sign().code) == (0, 0)
    monkeypatch.delenv("COUNTERSEAL_PSEUDONYM_KEY")
    policy = space.home / "policy.yml"
    policy.write_text(json.dumps(PSEUDONYMOUS))
    people = space.home / ".github" / "people.yml"
    people.parent.mkdir()
    people.write_text(json.dumps(PEOPLE))
    incident = space.home / "incident.yml"
    incident.write_text("id: inc-1\nseverity: high\ndetected-at: 2026-11-24T10:00:00Z\n")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "push")
    (space.home / "event.json").write_text(json.dumps({"ref": "refs/heads/main"}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(space.home / "event.json"))
    runs = {
        "request": pipeline.ask,
        "upload": lambda: space.upload(policy=str(policy)),
        "branch-policy": lambda: space.run("branch-policy", policy_file=str(policy)),
        "policy-gate": lambda: space.run("policy-gate", policy_file=str(policy)),
        "sast": lambda: space.run("sast", policy_file=str(policy)),
        "incident": lambda: space.run("incident", policy=str(policy), file=str(incident), **pipeline.places),
    }
    done = runs[command]()
    assert (done.code, done.result["reasons"][0]["subject"] if done.result["reasons"] else "") == (
        2,
        "people",
    ), done
    assert named(space.store) == set()


def test_the_secret_is_never_told(pipeline):
    assert released(pipeline).code == 0
    everything = [
        text
        for folder in (pipeline.workspace.store, pipeline.workspace.root)
        for path in folder.rglob("*")
        if path.is_file()
        for text in texts(path)
    ]
    assert not any(SECRET.encode() in text for text in everything)


def test_a_run_that_was_asked_under_one_key_is_not_used_under_another(pipeline, monkeypatch):
    space = pipeline.workspace
    assert (space.record().code, space.sign().code, pipeline.ask().code) == (0, 0, 0)
    pipeline.forge.clock = LATER
    pipeline.say(BOB, "/approve")
    monkeypatch.setenv("COUNTERSEAL_PSEUDONYM_KEY", "f" * 64)
    assert pipeline.deploy().code == 12


# -- the map, outside every lock ------------------------------------------------------------------------


@pytest.fixture
def mapped(pipeline):
    """A pipeline that has made a release, and the map of who is who."""
    assert released(pipeline).code == 0
    home = pipeline.workspace.home
    (home / "people.yml").write_text(json.dumps(PEOPLE))
    return pipeline


def write_map(pipeline, **more):
    home = pipeline.workspace.home
    places = {"out": str(home / "map.json"), "identities": str(home / "people.yml"), "repository": "."}
    done = pipeline.workspace.run("people", **{**places, **more})
    return done, json.loads((home / "map.json").read_bytes())


def report(pipeline, **more):
    space = pipeline.workspace
    out = space.home / "pages"
    done = space.run("report release", store=str(space.store), trust=str(space.trust), out=str(out), **more)
    assert done.code == 0
    return "".join(path.read_text() for path in sorted(out.glob("*.html")))


def test_the_map_says_who_is_who_and_pages_that_are_made_with_it_too(mapped):
    done, known = write_map(mapped)
    assert done.code == 0
    assert known["names"]["account-2"] == "e-bob"
    author = mapped.workspace.repository.git("log", "-1", "--format=%an <%ae>")
    assert author in known["names"].values()
    assert "e-bob" not in report(mapped)
    shown = report(mapped, people_map=str(mapped.workspace.home / "map.json"))
    assert "e-bob (account-2)" in shown
    assert html.escape(author) in shown
    assert (mapped.workspace.home / "map.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("word", ["e-bob", "account-2"])
def test_whoever_is_forgotten_stays_so(mapped, word):
    write_map(mapped)
    _, known = write_map(mapped, forget=word)
    assert "e-bob" not in known["names"].values()
    _, again = write_map(mapped)
    assert again == known
    assert "e-bob" not in report(mapped, people_map=str(mapped.workspace.home / "map.json"))
    assert mapped.workspace.verify().code == 0


def test_an_author_is_forgotten_by_their_address(mapped):
    author = mapped.workspace.repository.git("log", "-1", "--format=%an <%ae>")
    mail = mapped.workspace.repository.git("log", "-1", "--format=%ae")
    _, known = write_map(mapped, forget=mail.upper())
    assert author not in known["names"].values()


def test_a_map_needs_the_key_and_has_to_be_one(mapped, monkeypatch):
    (mapped.workspace.home / "map.json").write_text('{"version":1,"names":{"bob":"Bob"}}')
    assert write_map(mapped)[0].code == 2
    monkeypatch.delenv("COUNTERSEAL_PSEUDONYM_KEY")
    (mapped.workspace.home / "map.json").unlink()
    done = mapped.workspace.run("people", out=str(mapped.workspace.home / "map.json"))
    assert (done.code, done.result["reasons"][0]["subject"]) == (2, "COUNTERSEAL_PSEUDONYM_KEY")


def test_forgetting_somebody_who_left_the_map_or_whom_nobody_knows(mapped):
    write_map(mapped)
    (mapped.workspace.home / "people.yml").write_text(json.dumps({"version": 1, "people": []}))
    assert write_map(mapped, forget="nobody-knows")[0].code == 2
    _, known = write_map(mapped, forget="e-bob")
    assert "e-bob" not in known["names"].values()


def test_names_stand_in_words_of_their_own_and_in_no_address():
    page = b'<a href="service-account-7.html">billing-account-7, account-7</a>'
    assert called(page, {"account-7": "bob"}) == (
        b'<a href="service-account-7.html">billing-account-7, bob (account-7)</a>'
    )


def test_a_signed_reason_that_names_somebody_is_not_kept(pipeline, monkeypatch):
    space = pipeline.workspace
    trust = parse_trust(space.trust.read_bytes(), where="trust")
    own = new_key(space.home / "bob.pem", "approval")
    space.trust.write_bytes(add_key(trust, own).encode())
    assert (space.record().code, space.sign().code, pipeline.ask().code) == (0, 0, 0)
    given = {"store": str(space.store), "trust": str(space.trust), "key": f"file:{space.home / 'bob.pem'}"}
    asked = {
        "request": pipeline.id,
        "candidate": pipeline.book.read(pipeline.id).request.binding.candidate.sha256,
    }
    out = space.home / "signed.json"
    monkeypatch.delenv("COUNTERSEAL_PSEUDONYM_KEY")
    assert space.run("approve", reason="carl@example.com asked", out=str(out), **given, **asked).code == 0
    monkeypatch.setenv("COUNTERSEAL_PSEUDONYM_KEY", SECRET)
    pipeline.gate("decide", signed=str(out))
    assert named(space.store) == set()
    assert space.run("approve", reason="carl@example.com asked", out=str(out), **given, **asked).code == 0
    pipeline.gate("decide", signed=str(out))
    assert list(space.store.glob("approvals/*/signed/*"))
    assert named(space.store) == set()


def test_names_reach_a_page_escaped():
    page = b"<p>account-7, person-00000000000000000000</p>"
    assert called(page, {"account-7": '<script>"x"'}) == (
        b"<p>&lt;script&gt;&quot;x&quot; (account-7), person-00000000000000000000</p>"
    )
