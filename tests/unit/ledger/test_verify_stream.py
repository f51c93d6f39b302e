"""Verifying a stream: checkpoints and anchors show what was cut off."""

from __future__ import annotations

import pytest

import factories
from counterseal.ledger.layout import checkpoint_key, entry_key
from counterseal.manifest.digest import sha256
from counterseal.manifest.statement import encode_statement
from counterseal.seal.bundle import parse_bundle
from simulators.memory_store import MemoryStore
from simulators.releases import STAGING, World
from unit.ledger.findings import ID, codes, payload_of, verify

# -- checkpoints


def test_the_newest_entry_without_a_checkpoint_is_a_notice(world: World):
    del world.store.objects[checkpoint_key(ID, 3)]
    report = verify(world)
    assert report.findings == ()
    assert [(notice.code, notice.sequence) for notice in report.notices] == [("not-acknowledged", 3)]


def test_any_other_entry_without_a_checkpoint_is_a_finding(world: World):
    del world.store.objects[checkpoint_key(ID, 2)]
    (finding,) = verify(world).findings
    assert (finding.code, finding.where) == ("checkpoint-missing", checkpoint_key(ID, 2))


def test_a_checkpoint_beyond_the_end_shows_that_the_end_was_cut_off(world: World):
    head = sha256(payload_of(world, 3))
    del world.store.objects[entry_key(ID, 3)]
    (finding,) = verify(world).findings
    assert (finding.code, finding.sequence) == ("checkpoint-beyond-head", 3)
    assert f"an entry 3 ({head}), the last one is 2" in finding.message


def test_a_stream_of_which_only_checkpoints_are_left_is_found(world: World):
    for sequence in (1, 2, 3):
        del world.store.objects[entry_key(ID, sequence)]
    found = {finding.code for finding in verify(world).findings}
    assert found == {"checkpoint-beyond-head", "nothing-to-judge"}


def test_a_checkpoint_in_anothers_place_is_a_finding(world: World):
    world.store.objects[checkpoint_key(ID, 2)] = world.store.objects[checkpoint_key(ID, 1)]
    (finding,) = verify(world).findings
    assert (finding.code, finding.sequence) == ("checkpoint-place", 2)
    assert f"entry 1 of {ID}" in finding.message


def test_a_checkpoint_that_is_none_or_by_the_wrong_key_is_a_finding(world: World):
    record = encode_statement(factories.record_statement())
    payload = parse_bundle(world.store.get(checkpoint_key(ID, 1)), where="").envelope.payload
    world.store.objects[checkpoint_key(ID, 1)] = world.checkpoint.seal(record)
    world.store.objects[checkpoint_key(ID, 2)] = world.release.seal(payload)
    assert codes(verify(world)) == [("checkpoint-content", 1), ("checkpoint-seal", 2)]


# -- anchors


@pytest.mark.parametrize("sequence", [1, 3])
def test_an_anchor_on_the_chain_is_fine(world: World, sequence: int):
    assert verify(world, anchor=world.store.objects[checkpoint_key(ID, sequence)]).findings == ()


def test_an_anchor_shows_that_the_end_was_cut_off_with_its_checkpoint(world: World):
    anchor = world.store.objects.pop(checkpoint_key(ID, 3))
    assert verify(world).findings == ()
    assert codes(verify(world, anchor=anchor)) == [("checkpoint-missing", 3)]
    del world.store.objects[entry_key(ID, 3)]
    assert verify(world).findings == ()
    assert codes(verify(world, anchor=anchor)) == [("anchor-beyond-head", None)]


def test_an_anchor_shows_that_a_stream_was_replaced_or_removed(world: World):
    anchor = world.store.objects[checkpoint_key(ID, 2)]
    world.store = MemoryStore()
    world.publish(STAGING, label="1")
    assert codes(verify(world, anchor=anchor)) == [("anchor-stream", None)]
    world.publish(label="x")
    world.publish(label="y")
    assert verify(world).findings == ()
    assert codes(verify(world, anchor=anchor)) == [("anchor-mismatch", None)]


@pytest.mark.parametrize("anchor", [b"", b"{}", b"\xff"])
def test_an_anchor_that_is_none_is_a_finding(world: World, anchor: bytes):
    assert codes(verify(world, anchor=anchor)) == [("anchor-seal", None)]


def test_an_anchor_must_be_a_trusted_checkpoint(world: World):
    payload = parse_bundle(world.store.get(checkpoint_key(ID, 1)), where="").envelope.payload
    assert codes(verify(world, anchor=world.stranger.seal(payload))) == [("anchor-seal", None)]
    record = encode_statement(factories.record_statement())
    assert codes(verify(world, anchor=world.checkpoint.seal(record))) == [("anchor-content", None)]
