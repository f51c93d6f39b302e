"""Appending: one entry after the other, whoever else writes, and never upon what cannot be trusted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

import factories
from counterseal.errors import InternalFault, MalformedError, SealError, StoreConflict, StoreError
from counterseal.ledger import append as module
from counterseal.ledger.append import LOOK_BACK, Ledger
from counterseal.ledger.entry import Entry, encode_entry
from counterseal.ledger.head import StreamReader
from counterseal.ledger.layout import checkpoint_key, entry_key, identity_of
from counterseal.ledger.verify import verify_store
from counterseal.manifest.release import Retention
from counterseal.manifest.types import Outcome
from counterseal.seal.dsse import parse_envelope
from counterseal.seal.trust import Trust
from simulators.memory_store import MemoryStore
from simulators.releases import STAGING, STREAM, World, trusted

ID = identity_of(STREAM)


@pytest.fixture
def world() -> World:
    return World(MemoryStore())


def test_the_first_entry_follows_nothing_and_is_acknowledged(world: World):
    done = world.publish()
    assert (done.sequence, done.entry_key) == (1, entry_key(ID, 1))
    assert done.checkpoint_key == checkpoint_key(ID, 1)
    assert done.statement.predicate.chain.previous is None
    assert world.store.objects[done.entry_key] == encode_entry(Entry(done.bundle, done.vsa))
    assert done.checkpoint_key in world.store.objects


def test_each_entry_follows_the_one_before(world: World):
    first, second = world.publish(label="1"), world.publish(label="2")
    assert second.sequence == 2
    assert second.statement.predicate.chain.previous.sha256 == first.payload_digest
    assert verify_store(world.store, world.trust).findings == ()


def test_streams_do_not_meet(world: World):
    world.publish(STREAM, label="1")
    assert world.publish(STAGING, label="2").sequence == 1


def test_the_head_is_the_newest_entry_as_it_was_written(world: World):
    assert world.ledger.head(STREAM) is None
    world.publish(label="1")
    done = world.publish(label="2")
    head = world.ledger.head(STREAM)
    assert (head.key, head.sequence, head.payload_digest) == (done.entry_key, 2, done.payload_digest)
    assert head.manifest == done.statement.predicate
    assert (head.entry.bundle, head.entry.vsa) == (done.bundle, done.vsa)


def test_the_builder_is_told_the_place_and_the_entry_before(world: World):
    seen = []
    build = world.builder(world.candidate())

    def spy(chain, head):
        seen.append((chain.sequence, head and head.sequence))
        return build(chain, head)

    for _ in range(2):
        world.ledger.append(STREAM, spy)
    assert seen == [(1, None), (2, 1)]


def test_a_failed_release_is_evidence_too(world: World):
    record = factories.record_reference(b"payload", b"sealed", outcome=Outcome.FAILED)
    done = world.ledger.append(STREAM, world.builder(factories.candidate((record,))))
    assert done.statement.predicate.outcome is Outcome.FAILED


class Rival(MemoryStore):
    """A store in which somebody else is faster a number of times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times
        self.rival = None

    def put(self, key, data, *, retention=None):
        if key.startswith("streams/") and self.times > 0:
            self.times -= 1
            times, self.times = self.times, 0
            self.rival()
            self.times = times
        return super().put(key, data, retention=retention)


def test_whoever_loses_a_race_builds_anew_upon_the_winner(monkeypatch):
    world = World(Rival(3))
    pauses = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    world.store.rival = lambda: world.publish(label=f"rival {len(world.store.objects)}")
    done = world.publish(label="mine")
    assert done.sequence == 4
    assert len(pauses) == 3
    assert verify_store(world.store, world.trust).entries == 4
    assert verify_store(world.store, world.trust).findings == ()


def test_pauses_are_drawn_below_a_bound_that_doubles(world: World, monkeypatch):
    bounds = []
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    monkeypatch.setattr(module.random, "uniform", lambda low, high: bounds.append((low, high)))
    monkeypatch.setattr(world.store, "put", _always_taken(world.store, world.store.put))
    with pytest.raises(StoreConflict):
        world.publish()
    assert bounds[:3] == [(0, 0.005), (0, 0.01), (0, 0.02)]
    assert bounds[-1] == (0, 1.0)


def _always_taken(store: MemoryStore, put):
    """Return a `put` to which somebody else is always first, in a store that lists nobody's entry."""

    def taken(key, data, *, retention=None):
        if key.startswith("streams/"):
            raise StoreConflict("the key exists already", where=key)
        return put(key, data, retention=retention)

    store.get = lambda *_, **__: b"another"
    return taken


def test_it_gives_up_after_so_many_races_and_says_where(world: World, monkeypatch):
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    monkeypatch.setattr(world.store, "put", _always_taken(world.store, world.store.put))
    with pytest.raises(StoreConflict) as caught:
        world.publish()
    assert caught.value.where == f"streams/{ID}/"
    assert caught.value.remedy


def test_a_request_that_the_store_repeated_by_itself_is_not_somebody_elses(world: World, monkeypatch):
    put = world.store.put

    def repeated(key, data, *, retention=None):
        put(key, data, retention=retention)
        if key.startswith("streams/"):
            put(key, data, retention=retention)  # the answer to the first was lost on the way

    monkeypatch.setattr(world.store, "put", repeated)
    assert world.publish().sequence == 1
    assert verify_store(world.store, world.trust).entries == 1


def test_the_next_writer_completes_what_a_killed_one_left_undone(world: World):
    first = world.publish(label="1")
    del world.store.objects[first.checkpoint_key]
    world.publish(label="2")
    assert verify_store(world.store, world.trust).findings == ()


def test_what_the_store_does_not_give_back_is_not_acknowledged(world: World, monkeypatch):
    get = world.store.get
    monkeypatch.setattr(world.store, "get", lambda key, **_: get(key) + b"x" * key.startswith("streams/"))
    with pytest.raises(StoreError, match="give back"):
        world.publish()


def test_a_lock_that_the_store_cannot_prove_stops_everything(world: World):
    build = world.builder(world.candidate())
    locked = Retention(retain_until="2033-01-01T00:00:00Z", mode="compliance")

    def with_lock(chain, head):
        statement = build(chain, head)
        return replace(statement, predicate=msgspec.structs.replace(statement.predicate, retention=locked))

    with pytest.raises(StoreError, match="lock"):
        world.ledger.append(STREAM, with_lock)
    assert world.ledger.head(STREAM) is None


def test_retention_is_asked_for_with_the_entry_and_its_checkpoint(world: World, monkeypatch):
    asked = {}
    put = world.store.put
    monkeypatch.setattr(
        world.store,
        "put",
        lambda key, data, *, retention=None: (asked.update({key: retention}), put(key, data)),
    )
    kept = Retention(retain_until="2033-01-01T00:00:00Z")
    build = world.builder(world.candidate())

    def with_retention(chain, head):
        statement = build(chain, head)
        return replace(statement, predicate=msgspec.structs.replace(statement.predicate, retention=kept))

    done = world.ledger.append(STREAM, with_retention)
    assert asked[done.entry_key] == asked[done.checkpoint_key] == kept


# -- what is not built upon


def _break_hole(world: World) -> None:
    del world.store.objects[entry_key(ID, 1)]


def _break_seal(world: World) -> None:
    data = bytearray(world.store.objects[entry_key(ID, 2)])
    data[100] ^= 1
    world.store.objects[entry_key(ID, 2)] = bytes(data)


def _break_place(world: World) -> None:
    world.store.objects[entry_key(ID, 3)] = world.store.objects[entry_key(ID, 2)]


def _break_form(world: World) -> None:
    world.store.objects[entry_key(ID, 2)] += b"\n"


def _break_checkpoint(world: World) -> None:
    world.store.objects[checkpoint_key(ID, 2)] = world.store.objects[checkpoint_key(ID, 1)]


def _break_checkpoint_content(world: World) -> None:
    world.store.objects[checkpoint_key(ID, 2)] = world.checkpoint.seal(b"{}")


@pytest.mark.parametrize(
    "damage",
    [
        _break_hole,
        _break_seal,
        _break_place,
        _break_form,
        _break_checkpoint,
        _break_checkpoint_content,
    ],
)
def test_nothing_is_appended_to_a_stream_that_is_not_sound(world: World, damage):
    world.publish(label="1")
    world.publish(label="2")
    damage(world)
    before = dict(world.store.objects)
    candidate = world.candidate("3")
    with pytest.raises(SealError) as caught:
        world.ledger.append(STREAM, world.builder(candidate))
    assert caught.value.where
    added = world.store.objects.keys() - before.keys()
    assert not [key for key in added if not key.startswith("blobs/")]


def test_without_a_trust_file_the_place_is_checked_all_the_same(world: World):
    ledger = Ledger(world.store, world.release)
    for _ in range(2):
        ledger.append(STREAM, world.builder(world.candidate()))
    _break_place(world)
    with pytest.raises(SealError, match="number 2, not 3"):
        ledger.append(STREAM, world.builder(world.candidate()))
    world.store.objects[entry_key(ID, 3)] = b"not json\n{}\n"
    with pytest.raises(SealError, match="not a sealed bundle"):
        ledger.append(STREAM, world.builder(world.candidate()))


def test_a_head_that_is_no_manifest_is_refused(world: World):
    record = b'{"_type":"https://in-toto.io/Statement/v1"}'
    world.store.objects[entry_key(ID, 1)] = encode_entry(Entry(world.release.seal(record), b"{}"))
    with pytest.raises(SealError):
        world.ledger.head(STREAM)


# -- what is not written


def test_a_key_that_is_not_trusted_writes_nothing(world: World):
    stranger = Ledger(world.store, world.stranger, world.checkpoint, trust=world.trust)
    with pytest.raises(SealError, match="trust file"):
        stranger.append(STREAM, world.builder(factories.candidate()))
    assert world.store.objects == {}


def test_a_key_without_the_role_writes_nothing(world: World):
    ledger = Ledger(world.store, world.record, world.checkpoint, trust=world.trust)
    with pytest.raises(SealError, match="not trusted to seal a release"):
        ledger.append(STREAM, world.builder(factories.candidate()))
    assert world.store.objects == {}


def test_a_checkpoint_that_would_not_verify_is_not_written(world: World):
    ledger = Ledger(world.store, world.release, world.stranger, trust=world.trust)
    with pytest.raises(SealError, match="trust file"):
        ledger.append(STREAM, world.builder(factories.candidate()))
    assert world.store.objects == {}  # judged before the entry is claimed, which cannot be taken back


def test_a_checkpoint_key_without_the_role_claims_nothing(world: World):
    world.publish()
    before = dict(world.store.objects)
    ledger = Ledger(world.store, world.release, trust=world.trust)
    with pytest.raises(SealError, match="checkpoint"):
        ledger.append(STREAM, world.builder(factories.candidate()))
    assert world.store.objects == before


@pytest.mark.parametrize(
    "name", ["readme", "000000000002.jsonl.bak", "000000000002.json", "0/x", "2.jsonl", "~"]
)
def test_a_stray_in_a_stream_stops_no_release_and_is_named(world: World, name: str):
    world.publish()
    stray = f"streams/{identity_of(STREAM)}/{name}"
    world.store.objects[stray] = b"x"
    assert [world.publish(label=str(label)).sequence for label in (2, 3)] == [2, 3]
    assert [(one.code, one.where) for one in verify_store(world.store, world.trust).findings] == [
        ("object-unknown", stray)
    ]


def _scoped(world: World, role: str, *streams: str) -> Trust:
    keys = (
        msgspec.structs.replace(one, streams=streams) if role in one.roles else one
        for one in world.trust.keys
    )
    return Trust(version=1, keys=tuple(keys))


@pytest.mark.parametrize("role", ["release", "checkpoint"])
@pytest.mark.parametrize("name", [STREAM.repository, identity_of(STREAM)])
def test_a_key_for_this_stream_seals_its_releases(world: World, role: str, name: str):
    world.trust = _scoped(world, role, "https://github.com/acme/other", name)
    world.publish()
    assert verify_store(world.store, world.trust).findings == ()


@pytest.mark.parametrize("role", ["release", "checkpoint"])
@pytest.mark.parametrize("name", ["https://github.com/acme/other", identity_of(STAGING), "acme"])
def test_a_key_for_other_streams_seals_no_release_of_this_one(world: World, role: str, name: str):
    believed, before = world.trust, dict(world.store.objects)
    world.trust = _scoped(world, role, name)
    with pytest.raises(SealError, match="is not trusted to seal for"):
        world.ledger.append(STREAM, world.builder(factories.candidate()))
    assert world.store.objects == before
    world.trust = believed
    world.publish()
    (finding,) = verify_store(world.store, _scoped(world, role, name)).findings
    assert finding.code == {"release": "entry-seal", "checkpoint": "checkpoint-seal"}[role]


@pytest.mark.parametrize("how", ["unsigned", "foreign"])
def test_nothing_is_built_upon_a_head_whose_verdict_is_broken(world: World, how: str):
    first, second = world.publish(label="1"), world.publish(label="2")
    vsa = (
        first.vsa
        if how == "foreign"
        else world.stranger.envelope(parse_envelope(second.vsa, where="").payload)
    )
    world.store.objects[second.entry_key] = encode_entry(Entry(second.bundle, vsa))
    before = dict(world.store.objects)
    with pytest.raises(SealError, match="verdict" if how == "foreign" else "trust file"):
        world.ledger.append(STREAM, world.builder(factories.candidate()))
    assert world.store.objects == before


def test_a_manifest_of_another_place_is_the_builders_fault(world: World):
    with pytest.raises(InternalFault):
        world.ledger.append(
            STREAM, lambda _chain, _head: factories.manifest_statement(sequence=2, previous="a" * 64)
        )
    with pytest.raises(InternalFault):
        world.ledger.append(STREAM, lambda _chain, _head: factories.record_statement())
    assert world.store.objects == {}


def test_a_manifest_that_breaks_a_rule_is_not_appended(world: World):
    def build(chain, head):
        statement = factories.manifest_statement()
        record = factories.record_reference(b"payload", b"sealed", outcome=Outcome.FAILED)
        broken = msgspec.structs.replace(
            statement.predicate,
            candidate=msgspec.structs.replace(statement.predicate.candidate, records=(record,)),
        )
        return replace(statement, predicate=broken)

    with pytest.raises(MalformedError):
        world.ledger.append(STREAM, build)
    assert world.store.objects == {}


def test_checkpoints_carry_the_time_of_the_clock(world: World):
    moment = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    ledger = Ledger(world.store, world.release, world.checkpoint, trust=world.trust, clock=lambda: moment)
    done = ledger.append(STREAM, world.builder(world.candidate()))
    opened = StreamReader(world.store, world.trust).open(
        world.store.get(done.checkpoint_key), "checkpoint", done.checkpoint_key
    )
    assert opened.statement.predicate.created_at == "2026-12-01T08:30:00Z"


def test_one_key_may_have_every_role(world: World):
    trust = Trust(version=1, keys=(trusted(world.release, "release", "checkpoint"),))
    Ledger(world.store, world.release, trust=trust).append(STREAM, world.builder(factories.candidate()))
    assert world.ledger.head(STREAM).sequence == 1


# -- finding


def _run(number: int):
    return lambda manifest: manifest.builder.run_url == f"{factories.REPOSITORY}/actions/runs/{number}"


def test_what_was_appended_before_is_found_and_nothing_is_added(world: World):
    candidate = world.candidate()
    written = [world.ledger.append(STREAM, world.builder(candidate, run=number)) for number in (1, 2, 3)]
    before = dict(world.store.objects)
    assert [world.ledger.find(STREAM, _run(number)) for number in (1, 2, 3)] == written
    assert world.ledger.find(STREAM, _run(4)) is None
    assert world.store.objects == before


def test_nothing_is_found_in_an_empty_stream(world: World):
    assert world.ledger.find(STREAM, lambda _: True) is None


def test_an_upload_that_was_killed_is_found_and_completed(world: World):
    done = world.ledger.append(STREAM, world.builder(world.candidate(), run=1))
    del world.store.objects[done.checkpoint_key]
    assert world.ledger.find(STREAM, _run(1)) == done
    assert verify_store(world.store, world.trust).notices == ()


def test_a_missing_checkpoint_further_back_is_not_made_up(world: World):
    first = world.ledger.append(STREAM, world.builder(world.candidate(), run=1))
    world.ledger.append(STREAM, world.builder(world.candidate(), run=2))
    del world.store.objects[first.checkpoint_key]
    with pytest.raises(StoreError):
        world.ledger.find(STREAM, _run(1))
    assert first.checkpoint_key not in world.store.objects


def test_it_looks_back_over_so_many_entries_and_no_further(world: World):
    build = world.candidate()
    for number in range(1, LOOK_BACK + 2):
        world.ledger.append(STREAM, world.builder(build, run=number))
    assert world.ledger.find(STREAM, _run(2)).sequence == 2
    assert world.ledger.find(STREAM, _run(1)) is None


def test_a_forged_entry_is_not_found(world: World):
    done = world.ledger.append(STREAM, world.builder(world.candidate(), run=1))
    payload = StreamReader(world.store, None).entry(ID, 1)
    forged = replace(payload.entry, bundle=world.stranger.seal(b"{}"))
    world.store.objects[done.entry_key] = encode_entry(forged)
    with pytest.raises(SealError):
        world.ledger.find(STREAM, lambda _: True)
