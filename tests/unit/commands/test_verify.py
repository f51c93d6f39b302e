from __future__ import annotations

import shutil

import pytest


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


@pytest.mark.parametrize("more", [{"stream": "nowhere"}, {"sequence": "9"}, {"store": "/nonexistent"}])
def test_what_is_not_there_never_passes(released, more):
    assert released.verify(**more).code in {3, 12, 13}


@pytest.mark.parametrize("more", [{"sequence": "-1"}, {"sequence": "two"}, {"sequence": "1" * 13}])
def test_a_senseless_number_is_refused(released, more):
    assert released.verify(**more).code == 2


def test_an_empty_store_is_nothing_to_judge(workspace):
    workspace.store.mkdir()
    assert workspace.verify().code == 3


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
