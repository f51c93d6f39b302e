from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

import factories
from counterseal.ledger.checkpoint import checkpoint_payload
from counterseal.manifest.digest import sha256
from counterseal.manifest.release import Artifact, Digest
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file
from counterseal.manifest.types import Outcome
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE
from counterseal.seal.sealer import Sealer
from counterseal.seal.signer import open_signer
from counterseal.seal.trust import add_key, parse_trust
from counterseal.seal.vsa import PREDICATE_TYPE as VSA
from simulators.s3 import FakeS3, Handler, Refused, environment
from unit.commands.conftest import new_key


@pytest.fixture
def released(workspace):
    workspace.release("first")
    workspace.release("second")
    return workspace


def blobs(workspace):
    return sorted(path for path in (workspace.store / "blobs").rglob("*") if path.is_file())


def entries(workspace):
    return sorted((workspace.store / "streams").glob("*/*"))


def test_everything_sound_passes(released):
    done = released.verify()
    assert (done.code, done.outputs["findings"]) == (0, "0")
    assert int(done.outputs["checked"]) >= 12


def test_a_flipped_byte_is_found_and_named(released):
    victim = entries(released)[0]
    victim.chmod(0o600)
    data = bytearray(victim.read_bytes())
    data[100] ^= 1
    victim.write_bytes(data)
    done = released.verify()
    assert done.code == 12
    assert any(victim.name in reason["subject"] for reason in done.result["reasons"])


def test_a_deleted_blob_is_found_and_named(released):
    victim = blobs(released)[0]
    victim.unlink()
    done = released.verify()
    assert done.code == 12
    assert any(victim.name in reason["subject"] for reason in done.result["reasons"])


def test_a_truncated_chain_is_found_by_its_checkpoint_and_by_an_anchor(released):
    newest = entries(released)[-1]
    checkpoint = next((released.store / "checkpoints").glob("*/000000000002.json"))
    anchor = released.home / "anchor.json"
    shutil.copy(checkpoint, anchor)
    newest.unlink()
    assert released.verify().code == 12
    checkpoint.unlink()
    assert released.verify(anchor=str(anchor)).code == 12


def test_one_stream_and_one_release_can_be_chosen(released):
    stream = entries(released)[0].parent.name
    assert released.verify(stream=stream, sequence="2").code == 0


@pytest.mark.parametrize("more", [{"stream": "nowhere"}, {"sequence": "9"}])
def test_what_is_not_there_never_passes(released, more):
    assert released.verify(**more).code in {3, 12, 13}


@pytest.mark.parametrize("more", [{"sequence": "-1"}, {"sequence": "two"}, {"sequence": "1" * 13}])
def test_a_senseless_number_is_refused(released, more):
    assert released.verify(**more).code == 2


def test_an_empty_store_is_nothing_to_judge(workspace):
    workspace.store.mkdir()
    assert workspace.verify().code == 3


def asking(workspace):
    """Every command that reads a store, with what it needs."""
    known = parse_trust(workspace.trust.read_bytes(), where="trust")
    own = add_key(known, new_key(workspace.home / "audit.pem", "audit"))
    (workspace.home / "audit.json").write_bytes(own.encode())
    trust = {"trust": str(workspace.home / "audit.json")}
    part = {"shard": "1/2", "state": "part", "key": f"file:{workspace.home / 'audit.pem'}"}
    return {
        "verify": trust,
        "store doctor": {},
        "index build": trust | {"index": "i"},
        "dora-metrics": trust,
        "audit --offline": trust,
        "audit": trust | part,
    }


@pytest.mark.parametrize(
    ("environment_", "code", "said"),
    [
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, 14, "nobody is logged in"),
        ({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}, 14, "cannot be reached"),
        ({}, 2, "no such bucket"),
    ],
)
def test_a_store_that_nobody_gets_to_is_no_finding(workspace, monkeypatch, environment_, code, said):
    import boto3

    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with FakeS3() as server, environment(monkeypatch, server):
        for name, value in environment_.items():
            monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
        for command, more in asking(workspace).items():
            done = workspace.run(command, store="s3://another/x", **more)
            (reason,) = done.result["reasons"]
            assert (command, done.code, said in reason["message"]) == (command, code, True), done
            assert reason["remedy"]


def test_a_store_that_cannot_be_listed_is_inconclusive(workspace, monkeypatch):
    with FakeS3() as server, environment(monkeypatch, server):
        monkeypatch.setattr(Handler, "versions", lambda *_: Refused(403, "AccessDenied"))
        done = workspace.verify(store=f"s3://{server.name}/x")
    assert (done.code, done.result["outcome"], done.outputs["outcome"]) == (
        14,
        "inconclusive",
        "inconclusive",
    )
    assert set(done.rules) == {"listing-unreadable", "nothing-to-judge"}


def test_nothing_named_is_refused(workspace):
    assert workspace.run("verify", trust=str(workspace.trust)).code == 2


def test_artifacts_without_bundles_are_refused(released):
    done = released.verify(artifacts="dist/*")
    assert done.code != 0


def test_garbage_among_bundles_is_a_finding(released):
    (released.root / "bad.json").write_bytes(b"{}")
    done = released.run("verify", trust=str(released.trust), bundles="bad.json")
    assert done.code == 12
    assert done.result["reasons"][0]["subject"] == "bad.json"


EVIL = b"evil"


class Vouching:
    """A file that nobody released, keys with one role each, and whatever they seal about it."""

    def __init__(self, workspace) -> None:
        self.workspace = workspace
        (workspace.root / "evil.bin").write_bytes(EVIL)
        self.subject = subject_of_file("evil.bin", sha256(EVIL))

    def seal(self, role: str, payload: bytes, **window) -> None:
        path = self.workspace.home / f"{role}-only.pem"
        key = msgspec.structs.replace(new_key(path, role), **window)
        trust = parse_trust(self.workspace.trust.read_bytes(), where="trust")
        self.workspace.trust.write_bytes(add_key(trust, key).encode())
        sealed = Sealer(open_signer(f"file:{path}", env={})).seal(payload)
        (self.workspace.root / f"{role}.bundle").write_bytes(sealed)

    def say(self, role: str, kind: str, predicate, **window) -> None:
        self.seal(role, encode_statement(Statement((self.subject,), kind, predicate)), **window)

    def verify(self):
        given = {"trust": str(self.workspace.trust), "artifacts": "evil.bin", "bundles": "*.bundle"}
        return self.workspace.run("verify", **given)


@pytest.fixture
def vouching(workspace) -> Vouching:
    return Vouching(workspace)


def manifest(outcome: Outcome = Outcome.PASSED) -> bytes:
    artifact = Artifact(name="evil.bin", size=len(EVIL), digest=Digest(sha256=sha256(EVIL)))
    records = (factories.record_reference(b"payload", b"sealed", outcome=outcome),)
    candidate = msgspec.structs.replace(factories.candidate(records), artifacts=(artifact,))
    return encode_statement(factories.manifest_statement(candidate))


def test_a_checkpoint_vouches_for_no_artifact(vouching):
    vouching.seal("checkpoint", checkpoint_payload(factories.STREAM, 1, sha256(EVIL), factories.NOW))
    done = vouching.verify()
    assert (done.code, done.rules) == (12, ["artifact"])


@pytest.mark.parametrize(("outcome", "more"), [("passed", []), ("failed", ["control-failed"])])
def test_a_record_vouches_for_no_artifact_whatever_its_subjects(vouching, outcome, more):
    record = factories.record_statement(outcome=Outcome(outcome))
    vouching.seal("record", encode_statement(replace(record, subject=(*record.subject, vouching.subject))))
    done = vouching.verify()
    assert (done.code, done.rules) == (12, [*more, "artifact"])


@pytest.mark.parametrize("kind", ["https://example.test/invented/v1", "https://slsa.dev/provenance/v0.2"])
def test_an_unknown_predicate_is_sealed_and_vouches_for_nothing(vouching, kind):
    vouching.say("record", kind, {})
    done = vouching.verify()
    assert (done.code, done.rules, done.outputs["checked"]) == (12, ["artifact"], "1")


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.INCONCLUSIVE])
def test_a_release_that_did_not_pass_vouches_for_nothing(vouching, outcome):
    vouching.seal("release", manifest(outcome))
    done = vouching.verify()
    assert (done.code, done.rules) == (12, ["control-failed", "artifact"])


def test_a_release_that_passed_vouches_for_its_artifacts(vouching):
    vouching.seal("release", manifest())
    done = vouching.verify()
    assert (done.code, done.outputs["artifacts"]) == (0, "1")


@pytest.mark.parametrize(("role", "code"), [("record", 0), ("checkpoint", 12), ("approval", 12)])
def test_provenance_vouches_by_the_key_that_may_seal_it(vouching, role, code):
    vouching.say(role, PROVENANCE, {})
    assert vouching.verify().code == code


def test_a_release_key_may_seal_provenance(vouching):
    vouching.say("release", PROVENANCE, {})
    assert vouching.verify().code == 0


@pytest.mark.parametrize(
    ("role", "result", "rules"),
    [
        ("release", "PASSED", []),
        ("release", "FAILED", ["control-failed", "artifact"]),
        ("release", "passed", ["control-failed", "artifact"]),
        ("record", "PASSED", ["seal", "artifact"]),
    ],
)
def test_only_a_summary_that_passed_vouches(vouching, role, result, rules):
    vouching.say(role, VSA, {"verificationResult": result})
    assert vouching.verify().rules == rules


def test_a_failed_release_is_no_pass_even_where_others_vouch(vouching):
    vouching.say("record", PROVENANCE, {})
    vouching.seal("release", manifest(Outcome.FAILED))
    done = vouching.verify()
    assert (done.code, done.rules) == (10, ["control-failed"])


@pytest.mark.parametrize(
    ("role", "kind", "time"),
    [
        ("record", PROVENANCE, lambda text: {"runDetails": {"metadata": {"finishedOn": text}}}),
        ("release", VSA, lambda text: {"timeVerified": text, "verificationResult": "PASSED"}),
    ],
)
@pytest.mark.parametrize(
    ("text", "code"), [("2026-02-01T00:00:00Z", 0), ("2026-04-01T00:00:00Z", 12), ("soon", 12), (7, 12)]
)
def test_keys_are_judged_by_the_time_that_a_standard_statement_claims(vouching, role, kind, time, text, code):
    vouching.say(role, kind, time(text), valid_until=datetime(2026, 3, 1, tzinfo=UTC))
    assert vouching.verify().code == code


def test_what_was_signed_and_released_is_vouched_for(released):
    given = {"trust": str(released.trust), "artifacts": "dist/*", "bundles": "counterseal-evidence/bundles/*"}
    done = released.run("verify", **given)
    assert (done.code, done.outputs["artifacts"]) == (0, "1")


def test_without_an_anchor_it_says_so(released, capsys):
    from counterseal import cli

    words = ["verify", "--store", str(released.store), "--trust", str(released.trust)]
    checkpoint = max((released.store / "checkpoints").glob("*/*"))
    assert cli.main(words) == 0
    assert "no-anchor" in capsys.readouterr().out
    assert cli.main([*words, "--anchor", str(checkpoint)]) == 0
    assert "no-anchor" not in capsys.readouterr().out
