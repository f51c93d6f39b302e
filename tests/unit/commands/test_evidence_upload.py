from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from counterseal.commands import _run
from counterseal.seal.trust import add_key, parse_trust
from simulators.s3 import FakeS3, environment

from .conftest import new_key


def test_a_release_is_sealed_stored_and_verifies(workspace):
    workspace.record()
    workspace.sign()
    done = workspace.upload(expect=["record:unit-tests", "sign"])
    assert (done.code, done.result["outcome"], done.outputs["sequence"]) == (0, "passed", "1")
    checked = workspace.verify()
    assert (checked.code, checked.outputs["findings"]) == (0, "0")


def test_the_second_release_follows_the_first_and_lists_what_changed(workspace):
    first = workspace.release("PAY-1 first")
    second = workspace.release("PAY-2 second")
    assert (first.outputs["sequence"], second.outputs["sequence"]) == ("1", "2")
    assert first.outputs["stream"] == second.outputs["stream"]
    assert workspace.verify().code == 0


def test_another_environment_is_another_chain(workspace):
    workspace.record()
    production = workspace.upload()
    staging = workspace.upload(environment="staging")
    assert staging.outputs["sequence"] == "1"
    assert staging.outputs["stream"] != production.outputs["stream"]


def test_the_evidence_of_a_failure_is_kept_and_nothing_passes(workspace):
    workspace.record(report='<testsuite><testcase name="x"><failure/></testcase></testsuite>')
    done = workspace.upload()
    assert (done.code, done.result["outcome"], done.rules) == (10, "failed", ["record-passed"])
    assert workspace.verify().code == 0


def test_an_expected_record_that_is_missing_fails(workspace):
    workspace.record()
    done = workspace.upload(expect=["record:unit-tests", "sign"])
    assert (done.code, done.rules) == (10, ["expected-record"])


def test_no_record_at_all_fails(workspace):
    done = workspace.upload()
    assert (done.code, done.rules) == (10, ["any-record"])


def test_a_history_that_cannot_be_read_is_inconclusive(workspace):
    workspace.release("lost")
    workspace.repository.git("reset", "-q", "--hard", "HEAD^")
    workspace.repository.commit("instead")
    workspace.forget()
    workspace.record()
    done = workspace.upload()
    assert (done.code, done.rules) == (14, ["changes-complete"])


def test_records_of_another_commit_are_refused_and_nothing_is_stored(workspace):
    workspace.record()
    workspace.repository.commit("later")
    done = workspace.upload()
    assert done.code == 2
    assert "belongs to commit" in done.errors
    assert not (workspace.store / "streams").exists()


def test_running_it_again_gives_the_same_entry(workspace):
    workspace.record()
    first, again = workspace.upload(), workspace.upload()
    assert again.outputs == first.outputs
    assert len(list((workspace.store / "streams").glob("*/*"))) == 1


def test_a_second_upload_that_expects_more_is_judged_anew(workspace):
    workspace.record()
    first, stricter = workspace.upload(), workspace.upload(expect="sast")
    assert (first.code, stricter.code, stricter.rules) == (0, 10, ["expected-record"])
    assert (first.outputs["sequence"], stricter.outputs["sequence"]) == ("1", "2")


def test_copies_are_written_where_they_are_wanted(workspace):
    workspace.record()
    done = workspace.upload(out="copies")
    checked = workspace.run(
        "verify",
        trust=str(workspace.trust),
        bundles=str(Path(done.outputs["bundle"]).relative_to(workspace.root)),
    )
    assert checked.code == 0
    assert Path(done.outputs["vsa"]).is_file()


def test_a_seal_that_the_trust_file_does_not_know_is_refused_before_anything_is_claimed(workspace):
    workspace.record()
    new_key(workspace.home / "stranger.pem", "release")
    done = workspace.upload(key=f"file:{workspace.home / 'stranger.pem'}")
    assert done.code == 12
    assert not (workspace.store / "streams").exists()


def test_checkpoints_can_have_a_key_of_their_own(workspace):
    extra = new_key(workspace.home / "checkpoint.pem", "checkpoint")
    trust = parse_trust(workspace.trust.read_bytes(), where="trust")
    workspace.trust.write_bytes(add_key(trust, extra).encode())
    workspace.record()
    assert workspace.upload(checkpoint_key=f"file:{workspace.home / 'checkpoint.pem'}").code == 0
    assert workspace.verify().code == 0


def test_the_policy_names_what_is_expected_and_stands_in_the_manifest(workspace):
    (workspace.home / "policy.yml").write_text("version: 1\nevidence:\n  expect:\n    - sign\n")
    workspace.record()
    done = workspace.upload(policy=str(workspace.home / "policy.yml"))
    assert (done.code, done.rules) == (10, ["expected-record"])


@pytest.mark.parametrize(
    "more",
    [{"store": "gs://bucket"}, {"trust": "missing.json"}, {"key": "gpg:me"}, {"policy": "missing.yml"}],
)
def test_what_cannot_be_used_is_refused(workspace, more):
    workspace.record()
    assert workspace.upload(**more).code == 2


def test_a_store_that_cannot_be_written_is_no_pass(workspace):
    workspace.record()
    (workspace.home / "file").write_text("in the way")
    assert workspace.upload(store=str(workspace.home / "file" / "store")).code == 13


def test_evidence_that_went_stale_before_the_release_fails_it(workspace):
    from counterseal.manifest.types import format_time

    (workspace.root / "drill.txt").write_text("done")
    now = datetime.now(UTC)
    soon = format_time(now + timedelta(seconds=1))
    assert (
        workspace.run("record", name="drill", files="drill.txt", outcome="passed", valid_until=soon).code == 0
    )
    while datetime.now(UTC) < now + timedelta(seconds=2):
        time.sleep(0.1)
    done = workspace.upload()
    assert (done.code, done.rules) == (10, ["evidence-valid"])


def test_a_planted_artifact_is_refused(workspace):
    workspace.record()
    workspace.sign()
    planted = {"digest": {"sha256": "e" * 64}, "name": "evil.whl", "size": 4}
    folder = workspace.root / "counterseal-evidence" / "artifacts"
    (folder / f"{'e' * 64}.json").write_text(json.dumps(planted, separators=(",", ":")))
    done = workspace.upload()
    assert done.code == 2
    assert "do not go together" in done.errors


@pytest.mark.parametrize("folder", ["statements", "artifacts"])
def test_what_a_record_speaks_of_must_be_there(workspace, folder):
    workspace.record()
    workspace.sign()
    for path in (workspace.root / "counterseal-evidence" / folder).iterdir():
        path.unlink()
    assert workspace.upload().code == 2


def test_a_second_record_of_a_name_keeps_the_release_from_passing(workspace):
    workspace.record()
    failing = '<testsuite><testcase name="x"><failure/></testcase></testsuite>'
    assert workspace.record(report=failing).code == 2
    done = workspace.upload()
    assert (done.code, done.rules) == (10, ["record-unique"])


def test_a_second_signature_of_altered_files_keeps_the_release_from_passing(workspace):
    workspace.record()
    workspace.sign()
    (workspace.root / "file.txt").write_text("altered")
    (workspace.root / "dist" / "evil.whl").write_bytes(b"evil")
    assert workspace.sign().code == 2
    done = workspace.upload()
    assert (done.code, done.rules) == (10, ["record-unique"])


def test_records_that_cannot_be_listed_are_no_pass(workspace, monkeypatch):
    workspace.record(report='<testsuite><testcase name="x"><failure/></testcase></testsuite>')
    workspace.sign()
    listing = Path.iterdir

    def iterdir(folder):
        if folder.name == "record":
            raise PermissionError(13, "Permission denied")
        return listing(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert workspace.upload(expect="sign").code == 2


def test_a_key_that_may_not_seal_records_is_refused_before_anything_is_claimed(workspace):
    only = new_key(workspace.home / "only.pem", "release", "checkpoint")
    trust = parse_trust(workspace.trust.read_bytes(), where="trust")
    workspace.trust.write_bytes(add_key(trust, only).encode())
    workspace.record()
    assert workspace.upload(key=f"file:{workspace.home / 'only.pem'}").code == 12
    assert not (workspace.store / "streams").exists()


def test_a_record_that_no_stage_can_write_is_not_expected(workspace):
    workspace.record()
    done = workspace.upload(expect="unit-tests")
    assert done.code == 2
    assert "record:unit-tests" in done.errors
    assert not (workspace.store / "streams").exists()


def test_an_evidence_folder_that_was_named_must_be_there(workspace):
    assert workspace.upload(evidence_dir="nowhere").code == 2


def test_the_copy_of_the_checkpoint_is_an_anchor(workspace):
    workspace.record()
    done = workspace.upload(out="copies")
    assert workspace.verify(anchor=done.outputs["anchor"]).code == 0


def test_the_policy_of_the_checkout_must_be_the_committed_one(workspace):
    policy = workspace.root / "policy.yml"
    policy.write_text("version: 1\nevidence:\n  expect: [sign]\n")
    workspace.repository.git("add", "policy.yml")
    workspace.repository.commit("a policy")
    workspace.record()
    assert workspace.upload(policy="policy.yml").rules == ["expected-record"]
    policy.write_text("version: 1\n")
    weakened = workspace.upload(policy="policy.yml")
    assert weakened.code == 2
    assert "not the one of the commit" in weakened.errors
    (workspace.root / "mine.yml").write_text("version: 1\n")
    assert workspace.upload(policy="mine.yml").code == 2


def test_a_sealed_record_that_was_edited_is_refused(workspace):
    (workspace.root / "x.txt").write_text("x")
    workspace.run("record", name="t", files="x.txt", outcome="failed", key=workspace.key)
    path = workspace.root / "counterseal-evidence" / "records" / "record" / "t.json"
    path.write_text(path.read_text().replace('"outcome":"failed"', '"outcome":"passed"'))
    assert workspace.upload().code == 2


def test_a_release_is_kept_under_object_lock_and_verifies_from_there(workspace, monkeypatch):
    policy = {"version": 1, "evidence": {"retention": {"days": 30, "mode": "compliance"}}}
    (workspace.home / "policy.json").write_text(json.dumps(policy))
    with FakeS3() as server, environment(monkeypatch, server):
        store = f"s3://{server.name}/bank"
        workspace.record()
        workspace.sign()
        done = workspace.upload(store=store, policy=str(workspace.home / "policy.json"))
        assert (done.code, done.outputs["sequence"]) == (0, "1")
        kept = [one for versions in server.bucket.objects.values() for one in versions]
        least = datetime.now(UTC) + timedelta(days=29)
        assert {one.mode for one in kept} == {"COMPLIANCE"}
        assert min(one.until for one in kept) > least
        assert workspace.verify(store=store).code == 0
        key = next(key for key in server.bucket.objects if key.startswith("bank/streams/"))
        server.bucket.delete(key, None, {})
        assert workspace.verify(store=store).code in (12, 13)


def test_a_bucket_without_a_lock_is_refused_where_the_policy_wants_one(workspace, monkeypatch):
    policy = {"version": 1, "evidence": {"retention": {"days": 30, "mode": "compliance"}}}
    (workspace.home / "policy.json").write_text(json.dumps(policy))
    with FakeS3(lock=False) as server, environment(monkeypatch, server):
        workspace.record()
        done = workspace.upload(store=f"s3://{server.name}/bank", policy=str(workspace.home / "policy.json"))
        assert (done.code, server.bucket.objects) == (13, {})


@pytest.fixture
def bulky(workspace, monkeypatch):
    """A release whose test reports are kept for less than all else, in a bucket."""
    less = {"stages": ["record"], "days": 10, "mode": "governance"}
    kept = {"days": 30, "mode": "compliance", "files": [less]}
    path = workspace.home / "policy.json"
    path.write_text(json.dumps({"version": 1, "evidence": {"retention": kept}}))
    with FakeS3() as server, environment(monkeypatch, server):
        store = f"s3://{server.name}/bank"
        workspace.record()
        workspace.sign()
        assert workspace.upload(store=store, policy=str(path)).code == 0
        entry = next(key for key in server.bucket.objects if key.startswith("bank/streams/"))
        bundle = json.loads(server.bucket.objects[entry][0].data.splitlines()[0])
        manifest = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))["predicate"]
        yield workspace, server, store, manifest


def later(monkeypatch, days):
    moment = datetime.now(UTC) + timedelta(days=days)
    monkeypatch.setattr(_run, "now", lambda: moment)


def blob(digest):
    return f"bank/blobs/sha256/{digest[:2]}/{digest}"


def test_files_of_a_class_are_kept_for_less_and_the_manifest_says_so(bulky):
    workspace, server, store, manifest = bulky
    (less,) = manifest["fileRetention"]
    short = set(map(blob, less["files"]))
    assert short
    for key, (one,) in server.bucket.objects.items():
        days = (one.until - datetime.now(UTC)).days
        assert (one.mode, days < 11) == (("GOVERNANCE", True) if key in short else ("COMPLIANCE", False)), key
    assert workspace.verify(store=store).code == 0


def test_a_file_may_be_gone_when_its_time_is_over_and_not_before(bulky, monkeypatch):
    workspace, server, store, manifest = bulky
    for digest in manifest["fileRetention"][0]["files"]:
        del server.bucket.objects[blob(digest)]
    assert set(workspace.verify(store=store).rules) == {"evidence-missing"}
    later(monkeypatch, 11)
    assert workspace.verify(store=store).code == 0


def test_nothing_else_may_be_gone_then(bulky, monkeypatch):
    workspace, server, store, manifest = bulky
    later(monkeypatch, 11)
    del server.bucket.objects[blob(manifest["candidate"]["records"][0]["sealed"]["digest"]["sha256"])]
    assert workspace.verify(store=store).code == 12


def test_a_file_that_is_there_is_verified_all_the_same(bulky, monkeypatch):
    workspace, server, store, manifest = bulky
    later(monkeypatch, 11)
    (kept,) = server.bucket.objects[blob(manifest["fileRetention"][0]["files"][0])]
    kept.data += b" "
    kept.checksum = base64.b64encode(hashlib.sha256(kept.data).digest()).decode()
    assert workspace.verify(store=store).code == 12
