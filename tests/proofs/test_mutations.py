"""Proof: whatever is changed in a store afterwards is noticed. Over 10,000 changes, one at a time.

Run with `-s` to see the table. What no look at the store alone can show, because the store is as it once was,
is counted apart and shown to be noticed with an anchor.
"""

from __future__ import annotations

import base64
import itertools
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from counterseal.checks.approvals.decided import decision_problems
from counterseal.ledger.entry import Entry, decode_entry, encode_entry
from counterseal.ledger.layout import checkpoint_key, entry_key, identity_of
from counterseal.ledger.report import StoreReport
from counterseal.ledger.verdict import verdict_payload
from counterseal.ledger.verify import verify_store
from counterseal.manifest.digest import sha256
from counterseal.manifest.statement import decode_statement, encode_statement
from counterseal.seal.bundle import parse_bundle
from counterseal.seal.dsse import parse_envelope
from simulators.memory_store import MemoryStore
from simulators.releases import STAGING, STREAM, World

RELEASES = 3
RANDOM_FLIPS = 8000
TRUNCATIONS = 10  # for each file
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
IDS = [identity_of(STREAM), identity_of(STAGING)]

Objects = dict[str, bytes]


@dataclass(frozen=True)
class Mutation:
    """A changed store.

    Attributes:
        kind: what sort of change it is.
        note: which one.
        objects: the store after it.
        stream: the only stream that it can show in, or None.
    """

    kind: str
    note: str
    objects: Objects
    stream: str | None = None


class Original:
    """Two streams with records, evidence and attestations, and every way to damage them."""

    def __init__(self) -> None:
        self.world = World(MemoryStore())
        self.owner: dict[str, str] = {}
        for number, stream in itertools.product(range(RELEASES), (STREAM, STAGING)):
            before = set(self.world.store.objects)
            label = f"{stream.environment}-{number}"
            self.world.publish(stream, label=label, records=1 + number % 2, approved=number == RELEASES - 1)
            for key in set(self.world.store.objects) - before:
                self.owner[key] = identity_of(stream)
        self.objects: Objects = self.world.store.objects
        self.random = random.Random(20261123)

    def kind(self, key: str) -> str:
        return key.partition("/")[0]

    def with_(self, kind: str, note: str, changes: dict[str, bytes | None]) -> Mutation:
        """Return the mutation that puts these objects in place, or takes them away where they are None."""
        objects = {key: data for key, data in (self.objects | changes).items() if data is not None}
        owners = {self.owner.get(key) for key in changes}
        return Mutation(kind, note, objects, owners.pop() if len(owners) == 1 else None)

    # -- bytes

    def flips(self) -> Iterator[Mutation]:
        whole = [
            checkpoint_key(IDS[0], 2),
            *[key for key in self.objects if len(self.objects[key]) < 100][:2],
        ]
        for key in whole:
            for at in range(len(self.objects[key])):
                yield self._flip(key, at, 1 << self.random.randrange(8))
        keys = sorted(self.objects) + 2 * [key for key in self.objects if key.startswith("streams/")]
        for number in range(RANDOM_FLIPS):
            key = keys[number % len(keys)]
            mask = self.random.choice([1, 2, 4, 8, 16, 32, 64, 128, self.random.randrange(1, 256)])
            yield self._flip(key, self.random.randrange(len(self.objects[key])), mask)

    def _flip(self, key: str, at: int, mask: int) -> Mutation:
        data = bytearray(self.objects[key])
        data[at] ^= mask
        return self.with_(f"flip a byte: {self.kind(key)}", f"{key}[{at}] ^ {mask}", {key: bytes(data)})

    def lengths(self) -> Iterator[Mutation]:
        for key, data in self.objects.items():
            ends = {0, len(data) - 1, *(self.random.randrange(len(data)) for _ in range(TRUNCATIONS))}
            for end in ends:
                yield self.with_(f"truncate: {self.kind(key)}", f"{key}[:{end}]", {key: data[:end]})
            for more in (b"\n", b" ", b"\0", b"{}", data):
                yield self.with_(f"lengthen: {self.kind(key)}", f"{key}+{more[:5]!r}", {key: data + more})
            at = self.random.randrange(len(data))
            yield self.with_(
                f"lengthen: {self.kind(key)}", f"{key}@{at}", {key: data[:at] + b" " + data[at:]}
            )

    # -- whole objects

    def deletions(self) -> Iterator[Mutation]:
        for key in self.objects:
            if key not in self.newest_checkpoints():
                yield self.with_(f"delete: {self.kind(key)}", key, {key: None})

    def newest_checkpoints(self) -> set[str]:
        return {checkpoint_key(identity, RELEASES) for identity in IDS}

    def replacements(self) -> Iterator[Mutation]:
        for key, other in itertools.permutations(self.objects, 2):
            if self.kind(key) == self.kind(other):
                changes = {key: self.objects[other]}
                yield self.with_(f"replace by another: {self.kind(key)}", f"{key}={other}", changes)
        for key, other in itertools.combinations(self.objects, 2):
            if self.kind(key) == self.kind(other):
                changes = {key: self.objects[other], other: self.objects[key]}
                yield self.with_(f"swap: {self.kind(key)}", f"{key}<>{other}", changes)

    def additions(self) -> Iterator[Mutation]:
        names = [
            "streams/x",
            "streams/x/y/z",
            "checkpoints/x",
            "blobs/x",
            "blobs/sha256/x",
            "blobs/sha512/aa/x",
        ]
        names += [
            f"streams/{IDS[0]}/{name}" for name in ("1.jsonl", "000000000000.jsonl", "000000000001.json")
        ]
        names += [f"checkpoints/{IDS[0]}/000000000001.jsonl", f"blobs/sha256/00/{'f' * 64}"]
        names += [entry_key(IDS[0], RELEASES + 1), checkpoint_key(IDS[0], RELEASES + 1)]
        names += [entry_key(IDS[0], 99), checkpoint_key("other-0123456789abcdef", 1)]
        contents = [
            b"",
            b"{}",
            b"x",
            self.objects[entry_key(IDS[0], 1)],
            self.objects[checkpoint_key(IDS[0], 1)],
        ]
        for name, data in itertools.product(names, contents):
            yield self.with_("add an object", f"{name}={data[:10]!r}", {name: data})

    # -- the chain

    def chains(self) -> Iterator[Mutation]:
        for identity, other in (IDS, IDS[::-1]):
            for source, number in itertools.product((identity, other), range(1, RELEASES + 1)):
                again = self.objects[entry_key(source, number)]
                point = self.objects[checkpoint_key(source, number)]
                end = RELEASES + 1
                kind = "replay at the end" if source == identity else "replay into another stream"
                yield self.with_(kind, f"{number}", {entry_key(identity, end): again})
                both = {entry_key(identity, end): again, checkpoint_key(identity, end): point}
                yield self.with_(kind, f"{number} with its checkpoint", both)
            for order in itertools.permutations(range(1, RELEASES + 1)):
                if order != tuple(range(1, RELEASES + 1)):
                    yield self._reordered(identity, order, points=False)
                    yield self._reordered(identity, order, points=True)
            for cut in range(RELEASES):
                gone = {entry_key(identity, number): None for number in range(cut + 1, RELEASES + 1)}
                yield self.with_("cut the end, leave checkpoints", f"{cut}", gone)
            yield self._renamed(identity, other)
            yield from self._closed_gaps(identity)

    def _reordered(self, identity: str, order: tuple[int, ...], *, points: bool) -> Mutation:
        changes = {
            entry_key(identity, at): self.objects[entry_key(identity, number)]
            for at, number in enumerate(order, 1)
        }
        if points:
            changes |= {
                checkpoint_key(identity, at): self.objects[checkpoint_key(identity, number)]
                for at, number in enumerate(order, 1)
            }
        return self.with_("reorder entries", f"{order}", changes)

    def _renamed(self, identity: str, other: str) -> Mutation:
        changes: dict[str, bytes | None] = {}
        for number in range(1, RELEASES + 1):
            for name in (entry_key, checkpoint_key):
                changes[name(other, number)] = self.objects[name(identity, number)]
        return self.with_("replace a whole stream by another", identity, changes)

    def _closed_gaps(self, identity: str) -> Iterator[Mutation]:
        """Take an entry out and move the rest up, checkpoints as well."""
        for gone in range(1, RELEASES):
            changes: dict[str, bytes | None] = {}
            for number in range(gone, RELEASES):
                for name in (entry_key, checkpoint_key):
                    changes[name(identity, number)] = self.objects[name(identity, number + 1)]
            changes |= {name(identity, RELEASES): None for name in (entry_key, checkpoint_key)}
            yield self.with_("take an entry out, close the gap", f"{gone}", changes)

    # -- seals

    def forgeries(self) -> Iterator[Mutation]:
        world = self.world
        for identity, number in itertools.product(IDS, range(1, RELEASES + 1)):
            key, point = entry_key(identity, number), checkpoint_key(identity, number)
            entry = decode_entry(self.objects[key], where=key)
            payload = parse_bundle(entry.bundle, where=key).envelope.payload
            verdict = parse_envelope(entry.vsa, where=key).payload
            head = parse_bundle(self.objects[point], where=point).envelope.payload
            for name, sealer in (
                ("stranger", world.stranger),
                ("record key", world.record),
                ("checkpoint key", world.checkpoint),
            ):
                mine = Entry(sealer.seal(payload), sealer.envelope(verdict))
                for note, forged in (
                    ("both", mine),
                    ("bundle", replace(entry, bundle=mine.bundle)),
                    ("verdict", replace(entry, vsa=mine.vsa)),
                ):
                    yield self.with_(f"seal again: {name}", f"{key} {note}", {key: encode_entry(forged)})
            for name, sealer in (
                ("stranger", world.stranger),
                ("record key", world.record),
                ("release key", world.release),
            ):
                yield self.with_(f"seal again: {name}", point, {point: sealer.seal(head)})
            yield from self._rewrites(key, payload)
            yield from self._lines(key, entry)

    def _rewrites(self, key: str, payload: bytes) -> Iterator[Mutation]:
        """An insider with the release key writes history anew; the checkpoints are another key's."""
        statement = decode_statement(payload, where=key)
        later = msgspec.structs.replace(statement.predicate, created_at="2026-11-23T11:00:00Z")
        statement = replace(statement, predicate=later)
        payload = encode_statement(statement)
        bundle = self.world.release.seal(payload)
        verdict = self.world.release.envelope(verdict_payload(statement, sha256(payload), sha256(bundle)))
        yield self.with_("rewrite with the release key", key, {key: encode_entry(Entry(bundle, verdict))})

    def _lines(self, key: str, entry: Entry) -> Iterator[Mutation]:
        for note, data in (
            ("swapped", b"%s\n%s\n" % (entry.vsa, entry.bundle)),
            ("bundle alone", b"%s\n" % entry.bundle),
            ("verdict alone", b"%s\n" % entry.vsa),
            ("bundle twice", b"%s\n%s\n" % (entry.bundle, entry.bundle)),
            ("three", b"%s\n%s\n%s\n" % (entry.bundle, entry.vsa, entry.vsa)),
            ("no end", b"%s\n%s" % (entry.bundle, entry.vsa)),
            ("carriage returns", b"%s\r\n%s\r\n" % (entry.bundle, entry.vsa)),
        ):
            yield self.with_("rearrange an entry's lines", f"{key} {note}", {key: data})
        for other in (key for key in self.objects if key.startswith("streams/")):
            theirs = decode_entry(self.objects[other], where=other)
            if theirs != entry:
                mixed = encode_entry(replace(entry, vsa=theirs.vsa))
                yield self.with_("another entry's verdict", f"{key} {other}", {key: mixed})

    def all(self) -> Iterator[Mutation]:
        yield from self.flips()
        yield from self.lengths()
        yield from self.deletions()
        yield from self.replacements()
        yield from self.additions()
        yield from self.chains()
        yield from self.forgeries()

    def endings(self) -> Iterator[tuple[str, Mutation]]:
        """The store as it once was: without a newest checkpoint, or without the last releases."""
        for identity in IDS:
            key = checkpoint_key(identity, RELEASES)
            yield identity, self.with_("delete the newest checkpoint", key, {key: None})
            for cut in range(RELEASES):
                gone = [number for number in range(1, RELEASES + 1) if number > cut]
                changes = {
                    name(identity, number): None for name in (entry_key, checkpoint_key) for number in gone
                }
                yield (
                    identity,
                    self.with_("cut the end with its checkpoints", f"{identity} after {cut}", changes),
                )


@pytest.fixture(scope="module")
def original() -> Original:
    return Original()


def _verified(store: MemoryStore, original: Original, **more: Any) -> StoreReport:
    """Verify as the command does: the decisions of people are made again."""
    return verify_store(store, original.world.trust, inspect=decision_problems, **more)


def test_the_original_is_sound(original: Original):
    report = _verified(MemoryStore(original.objects), original)
    assert (report.findings, report.notices) == ((), ())
    assert report.entries == 2 * RELEASES


def test_every_mutation_is_noticed(original: Original):
    tried: Counter[str] = Counter()
    unnoticed = []
    for mutation in original.all():
        tried[mutation.kind] += 1
        store = MemoryStore(mutation.objects)
        report = _verified(store, original, stream=mutation.stream)
        if not report.findings:
            unnoticed.append((mutation.kind, mutation.note))
    print(_table(tried, unnoticed))
    assert unnoticed == []
    assert tried.total() >= 10_000


def test_what_only_an_anchor_shows_is_a_finding_with_one(original: Original):
    lines = []
    for identity, mutation in original.endings():
        store = MemoryStore(mutation.objects)
        anchor = original.objects[checkpoint_key(identity, RELEASES)]
        alone = verify_store(store, original.world.trust)
        anchored = verify_store(store, original.world.trust, anchor=anchor)
        lines.append(f"  {mutation.kind} ({mutation.note})")
        assert not alone.findings, "this would belong among the mutations that are noticed"
        assert alone.notices, "the blobs that nothing refers to any more, or an entry without a checkpoint"
        assert anchored.findings
    print("\nnotices alone, findings with an anchor:", *lines, sep="\n")


def _table(tried: Counter[str], unnoticed: list[tuple[str, str]]) -> str:
    missed = Counter(kind for kind, _ in unnoticed)
    rows = [f"\n{'mutation':42}{'tried':>8}{'unnoticed':>11}"]
    rows += [f"{kind:42}{count:>8,}{missed[kind]:>11}" for kind, count in sorted(tried.items())]
    return "\n".join([*rows, f"{'total':42}{tried.total():>8,}{len(unnoticed):>11}"])


def test_an_equivalent_signature_is_noticed_wherever_bytes_are_listed(original: Original):
    """Anyone can turn an ECDSA signature (r, s) into (r, n-s), which is as valid over the same statement.

    It says nothing new. It is noticed in manifests and in records, whose exact bytes are listed elsewhere; in
    a verdict or a checkpoint, which nothing lists, it changes neither what is said nor who says it.
    """
    noticed = {}
    for name, key, line in (
        ("manifest", entry_key(IDS[0], 1), 0),
        ("verdict", entry_key(IDS[0], 1), 1),
        ("checkpoint", checkpoint_key(IDS[0], 1), None),
        ("record", _sealed_blob(original), None),
    ):
        data = original.objects[key]
        if line is None:
            changed = _equivalent(data)
        else:
            lines = data.splitlines(keepends=True)
            lines[line] = _equivalent(lines[line])
            changed = b"".join(lines)
        assert changed != data
        store = MemoryStore(original.objects | {key: changed})
        noticed[name] = bool(verify_store(store, original.world.trust).findings)
    print("\nequivalent signature noticed:", noticed)
    assert noticed == {"manifest": True, "verdict": False, "checkpoint": False, "record": True}


def _sealed_blob(original: Original) -> str:
    return next(
        key for key in original.objects if key.startswith("blobs") and b"Envelope" in original.objects[key]
    )


def _equivalent(sealed: bytes) -> bytes:
    document = json.loads(sealed)
    (signature,) = document.get("dsseEnvelope", document)["signatures"]
    r, s = decode_dss_signature(base64.b64decode(signature["sig"]))
    other = base64.b64encode(encode_dss_signature(r, P256_ORDER - s))
    return sealed.replace(signature["sig"].encode(), other)
