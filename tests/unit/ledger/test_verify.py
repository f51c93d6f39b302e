"""Verifying a store: the chain, its entries and its verdicts; the rest is looked at whatever is damaged."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

import factories
from counterseal.ledger.entry import Entry, decode_entry, encode_entry
from counterseal.ledger.layout import checkpoint_key, entry_key, identity_of
from counterseal.ledger.verify import verify_store
from counterseal.manifest.digest import sha256
from counterseal.manifest.statement import encode_statement
from counterseal.seal.bundle import parse_bundle
from counterseal.seal.dsse import parse_envelope
from counterseal.seal.trust import Trust
from counterseal.store.blobs import blob_key
from simulators.memory_store import MemoryStore
from simulators.releases import STAGING, STREAM, World, trusted
from unit.ledger.findings import ID, codes, listed, payload_of, verify

# -- a sound store


def test_a_sound_store_has_no_findings_and_everything_is_counted(world: World):
    world.publish(STAGING, label="4", records=2)
    report = verify(world)
    assert (report.findings, report.notices) == ((), ())
    assert (report.streams, report.entries, report.records) == (2, 4, 5)
    assert report.blobs == len([key for key in world.store.objects if key.startswith("blobs/")])
    assert report.signatures == 4 * 3 + 5 + 4  # manifest, verdict and checkpoint each; records; statements


def test_a_store_without_entries_proves_nothing():
    report = verify_store(MemoryStore(), Trust(version=1))
    assert codes(report) == [("nothing-to-judge", None)]


def test_blobs_are_read_once_however_many_releases_rely_on_them(world: World, monkeypatch):
    candidate = world.candidate("shared")
    for _ in range(3):
        world.ledger.append(STREAM, world.builder(candidate))
    read: list[str] = []
    chunks = world.store.chunks
    monkeypatch.setattr(world.store, "chunks", lambda key: read.append(key) or chunks(key))
    assert verify(world).findings == ()
    assert len(read) == len(set(read))


def test_only_the_stream_that_was_asked_for_is_verified(world: World):
    world.publish(STAGING, label="4")
    world.store.objects[entry_key(identity_of(STAGING), 1)] = b"damaged"
    world.store.objects["blobs/stray"] = b""
    report = verify(world, stream=ID)
    assert (report.findings, report.notices, report.streams, report.entries) == ((), (), 1, 3)
    assert ("entry-content", 1) in codes(verify(world, stream=identity_of(STAGING)))


@pytest.mark.parametrize("stream", ["unknown", "../streams", "", "Not An Id"])
def test_a_stream_that_is_not_there_is_a_finding(world: World, stream: str):
    assert codes(verify(world, stream=stream)) == [("nothing-to-judge", None)]


def test_for_one_release_the_whole_chain_is_verified_and_only_its_own_evidence(world: World):
    for sequence in (1, 2):
        evidence = listed(world, sequence).evidence[0].digest.sha256
        world.store.objects[blob_key(evidence)] = b"damaged"
    assert verify(world, stream=ID, sequence=3).findings == ()
    assert codes(verify(world, stream=ID, sequence=2)) == [("evidence-content", 2)]
    del world.store.objects[entry_key(ID, 1)]
    assert ("chain-gap", 2) in codes(verify(world, stream=ID, sequence=3))


def test_a_release_that_is_not_there_is_a_finding(world: World):
    assert codes(verify(world, stream=ID, sequence=4)) == [("entry-missing", 4)]


# -- entries


def test_a_damaged_entry_does_not_keep_the_rest_from_being_looked_at(world: World):
    world.store.objects[entry_key(ID, 2)] = b"damaged\n"
    evidence = listed(world, 3).evidence[0].digest.sha256
    del world.store.objects[blob_key(evidence)]
    assert codes(verify(world)) == [("entry-content", 2), ("evidence-missing", 3)]


def test_a_missing_entry_is_named(world: World):
    del world.store.objects[entry_key(ID, 2)]
    (finding,) = [one for one in verify(world).findings if one.code == "chain-gap"]
    assert finding.message == "entry 2 is missing"
    assert (finding.where, finding.stream, finding.sequence) == (entry_key(ID, 3), ID, 3)


def test_an_entry_by_an_unknown_key_is_a_finding_at_its_place(world: World):
    entry = decode_entry(world.store.get(entry_key(ID, 3)), where="")
    payload = parse_bundle(entry.bundle, where="").envelope.payload
    forged = replace(entry, bundle=world.stranger.seal(payload))
    world.store.objects[entry_key(ID, 3)] = encode_entry(forged)
    (finding,) = verify(world).findings
    assert (finding.code, finding.where, finding.sequence) == ("entry-seal", entry_key(ID, 3), 3)
    assert world.stranger.signer.public_key.keyid in finding.message


def test_an_entry_that_is_no_manifest_is_a_finding(world: World):
    record = encode_statement(factories.record_statement())
    sealed = Entry(world.release.seal(record), world.release.envelope(record))
    world.store.objects[entry_key(ID, 4)] = encode_entry(sealed)
    assert codes(verify(world)) == [("entry-content", 4)]


def test_a_rewritten_newest_entry_disagrees_with_its_checkpoint(world: World):
    del world.store.objects[entry_key(ID, 3)]
    point = world.store.objects.pop(checkpoint_key(ID, 3))
    world.publish(label="another")
    world.store.objects[checkpoint_key(ID, 3)] = point
    (finding,) = verify(world).findings
    assert finding.code == "checkpoint-mismatch"
    assert finding.message.startswith(f"entry 3 is {sha256(payload_of(world, 3))}, not ")


# -- verdicts


def test_a_verdict_that_says_something_else_is_a_finding(world: World):
    first, second = (decode_entry(world.store.get(entry_key(ID, number)), where="") for number in (1, 2))
    world.store.objects[entry_key(ID, 2)] = encode_entry(replace(second, vsa=first.vsa))
    (finding,) = verify(world).findings
    assert (finding.code, finding.sequence) == ("verdict-content", 2)
    assert "subject" in finding.message


def test_a_verdict_by_another_trusted_key_is_a_finding(world: World):
    entry = decode_entry(world.store.get(entry_key(ID, 3)), where="")
    verdict = parse_envelope(entry.vsa, where="").payload
    keys = (*world.trust.keys, trusted(world.stranger, "release"))
    world.trust = msgspec.structs.replace(world.trust, keys=keys)
    world.store.objects[entry_key(ID, 3)] = encode_entry(replace(entry, vsa=world.stranger.envelope(verdict)))
    (finding,) = verify(world).findings
    assert finding.code == "verdict-content"
    assert world.stranger.signer.public_key.keyid in finding.message


def test_an_equal_seal_of_the_manifest_is_not_the_one_that_the_verdict_names(world: World):
    entry = decode_entry(world.store.get(entry_key(ID, 3)), where="")
    again = world.release.seal(payload_of(world, 3))  # the same payload and key, another signature
    world.store.objects[entry_key(ID, 3)] = encode_entry(replace(entry, bundle=again))
    assert codes(verify(world)) == [("verdict-content", 3)]
