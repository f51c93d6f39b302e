"""`store hold`: everything of a release is kept regardless of its dates, and the book says who wanted it."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from counterseal.ledger.holds import HoldBook
from counterseal.seal.trust import add_key, parse_trust
from counterseal.store.s3 import S3Store
from simulators.s3 import FakeS3, environment
from unit.commands.conftest import new_key


@pytest.fixture
def server(monkeypatch, workspace):
    """A bucket with one release in it, kept for 30 days."""
    policy = {"version": 1, "evidence": {"retention": {"days": 30, "mode": "governance"}}}
    (workspace.home / "policy.json").write_text(json.dumps(policy))
    with FakeS3() as made, environment(monkeypatch, made):
        made.page = 1000
        workspace.record()
        workspace.sign()
        done = upload(workspace, made)
        assert done.code == 0
        made.stream = done.outputs["stream"]
        yield made


def upload(workspace, server):
    return workspace.upload(store=f"s3://{server.name}/bank", policy=str(workspace.home / "policy.json"))


def hold(workspace, server, state="on", *, sequence="1", **more):
    given = {"reason": "proceedings 7/2026", "by": "counsel", "key": workspace.key} | more
    return workspace.run(
        f"store hold --{state}", store=f"s3://{server.name}/bank", stream=server.stream, sequence=sequence,
        trust=str(workspace.trust), **given,
    )  # fmt: skip


def texts(data):
    """Yield bytes, and those of everything that is in them in base64."""
    yield data
    for found in re.findall(rb"[A-Za-z0-9+/]{64,}", data):
        yield base64.b64decode(found + b"=" * (-len(found) % 4))


def held(server):
    return {key: versions[0].hold for key, versions in server.bucket.objects.items()}


def verify(workspace, server):
    done = workspace.verify(store=f"s3://{server.name}/bank")
    return done.code, {rule for rule in done.rules if rule.startswith("hold")}


def test_everything_of_a_release_is_held_and_no_bypass_deletes_it(workspace, server):
    before = set(server.bucket.objects)
    done = hold(workspace, server)
    assert (done.code, done.outputs["objects"]) == (0, str(len(before)))
    assert {held(server)[key] for key in before} == {True}
    server.bucket.bypass = True
    version = server.bucket.objects[min(before)][0]
    with pytest.raises(Exception, match="AccessDenied"):
        server.bucket.delete(min(before), version.id, {"x-amz-bypass-governance-retention": "true"})
    assert verify(workspace, server) == (0, set())


def test_the_book_says_who_and_why_and_is_locked_as_long_as_the_release(workspace, server):
    entry = hold(workspace, server).outputs["entry"]
    assert entry == f"holds/{server.stream}/000000000001/000001.json"
    trust = parse_trust(workspace.trust.read_bytes(), where="trust")
    found = HoldBook(S3Store(server.name, "bank"), trust).read(entry)
    assert (found.hold.by, found.hold.reason, found.hold.state) == ("counsel", "proceedings 7/2026", "on")
    kept = {versions[0].until for versions in server.bucket.objects.values()}
    assert len(kept) == 1


def test_a_hold_is_taken_off_and_the_book_keeps_both_entries(workspace, server):
    hold(workspace, server)
    done = hold(workspace, server, "off", reason="proceedings closed")
    assert done.outputs["entry"].endswith("/000002.json")
    assert True not in held(server).values()
    assert verify(workspace, server) == (0, set())


def test_what_another_release_has_on_hold_as_well_stays_held(workspace, server):
    first = set(server.bucket.objects)
    workspace.record("more-tests")
    assert upload(workspace, server).outputs["sequence"] == "2"
    shared = {key for key in first if "/blobs/" in key}
    hold(workspace, server)
    hold(workspace, server, sequence="2")
    hold(workspace, server, "off", reason="closed")
    both = {key for key in shared if held(server)[key]}
    assert both
    assert [value for key, value in held(server).items() if key.endswith("000000000001.jsonl")] == [False]
    assert verify(workspace, server) == (0, set())


def test_a_hold_that_was_lifted_past_the_book_is_found(workspace, server):
    hold(workspace, server)
    key = next(key for key in server.bucket.objects if "/streams/" in key)
    server.bucket.objects[key][0].hold = False
    assert verify(workspace, server) == (12, {"hold-lifted"})


def test_an_entry_of_the_book_that_is_missing_is_found(workspace, server):
    hold(workspace, server)
    hold(workspace, server, "off", reason="closed")
    del server.bucket.objects[f"bank/holds/{server.stream}/000000000001/000001.json"]
    assert verify(workspace, server) == (12, {"hold-gap"})


def test_an_entry_by_a_stranger_is_found(workspace, server):
    entry = hold(workspace, server).outputs["entry"]
    kept = server.bucket.objects[f"bank/{entry}"][0]
    bundle = json.loads(kept.data)
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = "AAAA"
    kept.data = json.dumps(bundle).encode()
    kept.checksum = base64.b64encode(hashlib.sha256(kept.data).digest()).decode()
    assert verify(workspace, server) == (12, {"hold-seal"})


@pytest.mark.parametrize("role", ["checkpoint", "record", "incident"])
def test_a_key_that_is_not_for_holds_leaves_a_locked_store_as_it_was(workspace, server, role):
    trust = add_key(
        parse_trust(workspace.trust.read_bytes(), where="x"), new_key(workspace.home / "x.pem", role)
    )
    workspace.trust.write_bytes(trust.encode())
    before = set(server.bucket.objects)
    assert hold(workspace, server, key=f"file:{workspace.home / 'x.pem'}").code == 12
    assert (set(server.bucket.objects), set(held(server).values())) == (before, {None})
    assert hold(workspace, server).code == 0
    before = set(server.bucket.objects)
    assert hold(workspace, server, "off", key=f"file:{workspace.home / 'x.pem'}").code == 12
    assert set(server.bucket.objects) == before
    assert verify(workspace, server) == (0, set())


def test_a_store_that_ignores_the_hold_is_not_believed_and_nothing_is_entered(workspace, server, monkeypatch):
    monkeypatch.setattr(server.bucket, "place_hold", lambda *_: None)
    done = hold(workspace, server)
    assert (done.code, "cannot be proven" in done.errors) == (13, True)
    assert not [key for key in server.bucket.objects if "/holds/" in key]


def test_a_hold_that_s3_does_not_tell_is_not_proven(workspace, server):
    server.bucket.reads_lock = False
    done = hold(workspace, server)
    assert (done.code, "GetObjectLegalHold" in done.errors) == (13, True)


def test_a_hold_is_entered_as_off_before_it_is_taken_off(workspace, server, monkeypatch):
    hold(workspace, server)
    monkeypatch.setattr(server.bucket, "place_hold", lambda *_: None)
    assert hold(workspace, server, "off", reason="closed").code == 13
    assert [key for key in server.bucket.objects if key.endswith("/000002.json")]


def test_a_release_whose_seal_does_not_hold_is_not_touched(workspace, server):
    key = next(key for key in server.bucket.objects if "/streams/" in key)
    server.bucket.objects[key][0].data = b"{}\n{}\n"
    assert hold(workspace, server).code in (12, 13)
    assert set(held(server).values()) == {None}


@pytest.mark.parametrize(
    ("state", "more"),
    [("on --off", {}), ("on", {"sequence": "0"}), ("on", {"reason": " "}), ("on", {"key": "env:NONE"})],
)
def test_what_says_nothing_clear_is_refused_before_anything_is_held(workspace, server, state, more):
    assert hold(workspace, server, state, **more).code in (2, 12)
    assert set(held(server).values()) == {None}


def test_a_directory_knows_no_hold(workspace):
    done = workspace.run(
        "store hold --on", store=str(workspace.store), stream="a", sequence="1", reason="x", by="x",
        key=workspace.key, trust=str(workspace.trust),
    )  # fmt: skip
    assert done.code == 2


@pytest.mark.parametrize(
    ("by", "key", "code"), [("counsel", False, 2), ("account-7", False, 0), ("counsel", True, 0)]
)
def test_a_release_that_names_nobody_has_holds_that_do_not_either(
    workspace, server, monkeypatch, by, key, code
):
    secret = "0123456789abcdef" * 4
    monkeypatch.setenv("COUNTERSEAL_PSEUDONYM_KEY", secret)
    policy = json.loads((workspace.home / "policy.json").read_text())
    policy["evidence"]["people"] = "pseudonymous"
    (workspace.home / "policy.json").write_text(json.dumps(policy))
    workspace.forget()
    workspace.record("second")
    assert upload(workspace, server).code == 0
    if not key:
        monkeypatch.delenv("COUNTERSEAL_PSEUDONYM_KEY")
    before = set(server.bucket.objects)
    done = hold(workspace, server, sequence="2", by=by)
    assert done.code == code, done
    new = set(server.bucket.objects) - before
    assert bool(new) == (code == 0)
    assert not any(b"counsel" in text for name in new for text in texts(server.bucket.objects[name][0].data))
