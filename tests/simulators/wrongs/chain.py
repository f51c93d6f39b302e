"""Wrongs of the chain and its seals."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from counterseal.ledger.entry import Entry, decode_entry, encode_entry
from counterseal.ledger.layout import checkpoint_key
from counterseal.manifest.release import Stream
from counterseal.seal.trust import Trust
from simulators.bank import URI, day
from simulators.history import History
from simulators.release_plan import Plan
from simulators.wrongs.planted import GAP, HOLE, STREAM, TAMPERED, Named, named, wrong


@wrong
def a_manifest_deleted(history: History) -> Named:
    del history.store.objects[history.entry(5)]
    return named("manifest-missing", "releases", history.name(6), TAMPERED, *HOLE)


@wrong
def the_newest_release_removed_with_its_checkpoint(history: History) -> Named:
    anchor = checkpoint_key(STREAM, 10)
    history.anchor = history.store.get(anchor)
    for key in (history.entry(10), anchor):
        del history.store.objects[key]
    return named("manifest-missing", "objects", "anchor", TAMPERED, *HOLE)


@wrong
def a_checkpoint_removed(history: History) -> Named:
    del history.store.objects[checkpoint_key(STREAM, 5)]
    return named("checkpoint-broken", "releases", history.name(5), TAMPERED)


@wrong
def a_checkpoint_forged(history: History) -> Named:
    key = checkpoint_key(STREAM, 5)
    history.store.replace(key, _with_byte_changed(history.store.get(key), b'"sig":"'))
    return named("checkpoint-broken", "releases", history.name(5), TAMPERED, "seal-broken")


@wrong
def a_seal_forged(history: History) -> Named:
    key = history.entry(5)
    history.store.replace(key, _with_byte_changed(history.store.get(key), b'"sig":"'))
    return named("seal-broken", "releases", history.name(5), TAMPERED, *HOLE)


@wrong
def a_manifest_changed(history: History) -> Named:
    key = history.entry(5)
    history.store.replace(key, _with_byte_changed(history.store.get(key), b'"payload":"'))
    return named("seal-broken", "releases", history.name(5), TAMPERED, *HOLE)


@wrong
def a_seal_by_a_strangers_key(history: History) -> Named:
    entry = decode_entry(history.store.get(history.entry(10)), where="x")
    payload = _payload(entry.bundle)
    forged = Entry(history.stranger.seal(payload), entry.vsa)
    history.store.replace(history.entry(10), encode_entry(forged))
    return named("signer-unknown", "releases", history.name(10), GAP, *HOLE)


@wrong
def a_key_revoked_before_it_sealed(history: History) -> Named:
    keys = tuple(
        replace(key, revoked_at=datetime(2026, 11, 1, tzinfo=UTC), reason="lost")
        if key.keyid == history.trust.keys[-1].keyid
        else key
        for key in history.trust.keys
    )
    history.trust = Trust(version=1, keys=keys)
    return named("signer-revoked", "releases", history.name(10), TAMPERED, *HOLE)


@wrong
def two_releases_swapped(history: History) -> Named:
    one, other = history.entry(5), history.entry(6)
    first, second = history.store.get(one), history.store.get(other)
    history.store.replace(one, second)
    history.store.replace(other, first)
    return named("chain-broken", "releases", history.name(5), TAMPERED, *HOLE)


@wrong
def an_old_manifest_replayed(history: History) -> Named:
    history.store.replace(history.entry(10), history.store.get(history.entry(8)))
    return named("chain-broken", "releases", history.name(10), TAMPERED, *HOLE)


@wrong
def a_release_of_another_stream_copied_in(history: History) -> Named:
    other = Stream(repository=URI, environment="staging")
    made = history.publish(Plan(history.source(10), day(107), history.source(8), stream=other, approver=None))
    history.store.replace(history.entry(10), history.store.get(made.entry_key))
    history.releases.pop()
    return named("chain-broken", "releases", history.name(10), TAMPERED, *HOLE, "evidence-foreign")


@wrong
def a_verdict_changed(history: History) -> Named:
    entry = decode_entry(history.store.get(history.entry(5)), where="x")
    other = decode_entry(history.store.get(history.entry(6)), where="x")
    history.store.replace(history.entry(5), encode_entry(Entry(entry.bundle, other.vsa)))
    return named("content-broken", "releases", history.name(5), TAMPERED)


def _with_byte_changed(data: bytes, member: bytes) -> bytes:
    at = data.index(member) + len(member) + 20
    return data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :]


def _payload(bundle: bytes) -> bytes:
    from counterseal.seal.bundle import parse_bundle

    return parse_bundle(bundle, where="x").envelope.payload
