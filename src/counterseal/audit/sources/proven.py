"""Releases that were verified each by itself: what one process vouches for, and another one builds on.

The chain between releases, and what lies beside them, is whoever's who puts them together. So whatever is not
well here is verified once more there, and told there: nobody's finding depends on how the work was split.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, cast

import msgspec

from counterseal.audit.judge_objects import keys_of
from counterseal.audit.population import Release, Trouble, is_of_window, moments_of
from counterseal.audit.sources.decisions import Judges, decided_of, gated_of
from counterseal.checks.approvals.decided import decision_problems
from counterseal.errors import CountersealError
from counterseal.ledger.chain import link_of
from counterseal.ledger.checkpoint import read_checkpoint
from counterseal.ledger.layout import CHECKPOINTS, STREAMS, checkpoint_key, entry_key, identity_of
from counterseal.ledger.opened import Opened, read_unverified
from counterseal.ledger.report import Place
from counterseal.ledger.verify import verify_releases
from counterseal.ledger.verify_blobs import CarriedEntry
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import Checkpoint, ReleaseManifest
from counterseal.manifest.types import Sha256, Struct, format_time, parse_time
from counterseal.seal.trust import Trust
from counterseal.store.blobs import blob_key
from counterseal.store.interface import Store

_DECISIVE = frozenset({"approval-gate", "policy-gate"})

Name = tuple[str, int]
"""A release: its stream and its sequence."""


class Proven(Struct, frozen=True, kw_only=True):
    """A release that was verified, and the bytes that this holds for.

    Attributes:
        release: it.
        entry: SHA-256 of its entry's bytes.
        checkpoint: its checkpoint; None where it had none.
        checkpoint_digest: SHA-256 of the checkpoint's bytes.
        deep: whether its records and files were verified too.
        keys: the keys of everything that belongs to it.
    """

    release: Release
    entry: Sha256
    checkpoint: Checkpoint | None = None
    checkpoint_digest: Sha256 | None = None
    deep: bool = True
    keys: tuple[str, ...]


class Batch(Struct, frozen=True, kw_only=True):
    """What a process has verified.

    Attributes:
        releases: the releases that nothing is wrong with.
        signatures: the signatures that were verified for it.
        blobs: how many files were read for it.
    """

    releases: tuple[Proven, ...]
    signatures: int
    blobs: int


@dataclass(frozen=True)
class Proof:
    """What a release is proven with; it can be sent to another process.

    Attributes:
        store: where the releases are.
        trust: whom to believe.
        since: releases that are older are verified as links of their chains only.
        judges: what decisions are made again with.
        now: the present moment; files whose own retention is over by then may be gone. None where none may.
    """

    store: Store
    trust: Trust
    since: str
    judges: Judges
    now: datetime | None = None


@dataclass
class Watcher:
    """Takes what a verification reads.

    Attributes:
        since: releases that are older are verified as links of their chains only.
        entries: the releases, by stream and sequence.
        records: the records that say what was decided, by stream and sequence.
    """

    since: str
    entries: dict[Name, tuple[Opened, ReleaseManifest]] = field(default_factory=dict)
    records: dict[Name, dict[str, ControlRecord]] = field(default_factory=lambda: defaultdict(dict))

    def entry(self, place: Place, opened: Opened, manifest: ReleaseManifest) -> bool:
        """Keep a release; tell whether it is of the window."""
        self.entries[place.stream or "", place.sequence or 0] = opened, manifest
        stamp = format_time(opened.trusted_time) if opened.trusted_time else None
        return _within(manifest, stamp, self.since)

    def record(self, place: Place, payload: str, record: ControlRecord) -> None:
        """Keep a record of a decision."""
        if record.stage in _DECISIVE:
            self.records[place.stream or "", place.sequence or 0][payload] = record


@dataclass(frozen=True)
class Carrier:
    """Vouches for what was verified before (see `ledger.verify_blobs.Carried`).

    Attributes:
        known: what is taken over.
        sure: the releases of which another process has just seen that their bytes are those of then.
        used: the releases that had the same bytes.
    """

    known: Mapping[Name, Proven]
    sure: AbstractSet[Name] = frozenset()
    used: set[Name] = field(default_factory=set)

    def entry(self, stream: str, sequence: int, read: Callable[[], bytes]) -> CarriedEntry | None:
        """Return what is known of an entry that has the bytes of then."""
        one = self.known.get((stream, sequence))
        if one is None or not self._is_same((stream, sequence), one.entry, read):
            return None
        release = one.release
        if release.manifest is None or release.payload is None:
            return None
        self.used.add((stream, sequence))
        return CarriedEntry(link_of(release.manifest, release.payload), release.manifest, one.keys)

    def checkpoint(self, stream: str, sequence: int, read: Callable[[], bytes]) -> Checkpoint | None:
        """Return a checkpoint that has the bytes of then."""
        one = self.known.get((stream, sequence))
        if one is None or not self._is_same((stream, sequence), one.checkpoint_digest, read):
            return None
        return one.checkpoint

    def keyed(self, releases: Iterable[Release]) -> dict[str, Release]:
        """Return releases by the keys of everything that belongs to them."""
        return {key: one for one in releases for key in self._keys(one)}

    def _keys(self, release: Release) -> Sequence[str]:
        name = release.stream, release.sequence
        return self.known[name].keys if name in self.used else keys_of(release)

    def _is_same(self, name: Name, digest: str | None, read: Callable[[], bytes]) -> bool:
        return digest is not None and (name in self.sure or sha256(read()) == digest)


class Witness:
    """A store as it was at one moment, which remembers what entries and checkpoints were read from it.

    Args:
        store: the store.
        listing: its keys, in order; None where it is listed anew each time.

    Attributes:
        digests: SHA-256 of what was read under each of these keys; None where it was not the same each time.
    """

    def __init__(self, store: Store, listing: Sequence[str] | None = None) -> None:
        self._store, self._listing = store, listing
        self.digests: dict[str, str | None] = {}

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield the keys in order; see `Store.keys`."""
        if self._listing is None:
            yield from self._store.keys(prefix, after=after)
            return
        begin = max(bisect_left(self._listing, prefix), bisect_right(self._listing, after))
        for key in islice(self._listing, begin, None):
            if not key.startswith(prefix):
                return
            yield key

    def get(self, key: str, *, version: str | None = None) -> bytes:
        """Return the bytes of a document; see `Store.get`."""
        data = self._store.get(key, version=version)
        if key.startswith((STREAMS, CHECKPOINTS)):
            digest = sha256(data)
            self.digests[key] = digest if self.digests.get(key, digest) == digest else None
        return data

    def __getattr__(self, name: str) -> Any:
        """Leave all else to the store."""
        return getattr(self._store, name)


def prove(proof: Proof, names: Sequence[Name]) -> bytes:
    """Verify releases each by itself, and return a `Batch` of those that nothing is wrong with, encoded.

    Args:
        proof: what they are proven with.
        names: the releases.
    """
    watcher, witness = Watcher(proof.since), Witness(proof.store)
    report = verify_releases(
        cast("Store", witness), proof.trust, names, inspect=decision_problems, watch=watcher, now=proof.now
    )
    doubtful = {(one.stream, one.sequence) for one in (*report.findings, *report.notices)}
    sound = (
        release_of(name, watcher, (), proof.store, proof.judges) for name in names if name not in doubtful
    )
    found = (proven_of(release, witness, proof.since) for release in sound if stays(release))
    releases = tuple(one for one in found if one is not None)
    return _ENCODER.encode(Batch(releases=releases, signatures=report.signatures, blobs=report.blobs))


def same(store: Store, batch: Sequence[tuple[Name, str, str | None]]) -> list[bool]:
    """Tell of each release whether the store holds it with the bytes that it was verified with.

    Args:
        store: the store.
        batch: releases, each with SHA-256 of its entry and of its checkpoint, if it had one.
    """

    def holds(key: str, digest: str) -> bool:
        try:
            return sha256(store.get(key)) == digest
        except CountersealError:
            return False  # whoever asks reads it once more, and tells

    return [
        holds(entry_key(*name), entry) and (head is None or holds(checkpoint_key(*name), head))
        for name, entry, head in batch
    ]


def read_batch(data: bytes) -> Batch:
    """Return what another process of this one's has proven."""
    return _DECODER.decode(data)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Batch)


def release_of(
    name: Name, watcher: Watcher, troubles: Iterable[Trouble], store: Store, judges: Judges
) -> Release:
    """Return a release as it was watched, with what was decided about it."""
    stream, sequence = name
    plain = Release(
        stream=stream, sequence=sequence, entry=entry_key(stream, sequence), troubles=tuple(troubles)
    )
    if name not in watcher.entries:
        return plain
    opened, manifest = watcher.entries[name]
    records = watcher.records.get(name, {})
    pairs = [(payload, record, _evidence(store, record)) for payload, record in records.items()]
    return Release(
        stream=stream,
        sequence=sequence,
        entry=plain.entry,
        payload=opened.payload,
        keyid=opened.keyid,
        trusted_time=format_time(opened.trusted_time) if opened.trusted_time else None,
        manifest=manifest,
        records=records,
        decided=tuple(one for pair in pairs for one in decided_of(*pair, judges)),
        gated=tuple(one for pair in pairs for one in gated_of(*pair, judges)),
        troubles=plain.troubles,
    )


def proven_of(release: Release, witness: Witness, since: str) -> Proven | None:
    """Return a release that verified with the digests of those bytes; None where they changed since."""
    entry = witness.digests.get(release.entry)
    place = checkpoint_key(release.stream, release.sequence)
    if entry is None or (place in witness.digests and witness.digests[place] is None):
        return None
    digest = witness.digests.get(place)
    checkpoint = _plain_checkpoint(witness, place) if digest else None
    if witness.digests.get(place) != digest:
        return None
    return Proven(
        release=release,
        entry=entry,
        checkpoint=checkpoint,
        checkpoint_digest=digest,
        deep=is_of_window(release, since),
        keys=tuple(keys_of(release)),
    )


def stays(release: Release) -> bool:
    """Tell whether a release may be carried over: nothing is told of it, and nothing more is to be known."""
    open_ = any(one.break_glass or one.review_unknown is not None for one in release.decided)
    unproven = any(one.unproven is not None for one in release.gated)
    return release.manifest is not None and not release.troubles and not open_ and not unproven


def _within(manifest: ReleaseManifest, stamp: str | None, since: str) -> bool:
    return any(parse_time(moment) >= parse_time(since) for moment in moments_of(manifest, stamp))


def _evidence(store: Store, record: ControlRecord) -> list[bytes]:
    """Return the files of a record; one that cannot be read or is another is a finding already."""
    found = []
    for file in record.evidence:
        data = b""
        with suppress(CountersealError):
            data = store.get(blob_key(file.digest.sha256))
        found.append(data if sha256(data) == file.digest.sha256 else b"")
    return found


def pinned_by(anchor: bytes | None) -> frozenset[str]:
    """Return the stream that an anchor is of; whether it verifies is told elsewhere."""
    if anchor is None:
        return frozenset()
    try:
        checkpoint = read_checkpoint(read_unverified(anchor, where="anchor").statement, where="anchor")
    except CountersealError:
        return frozenset()
    return frozenset({identity_of(checkpoint.stream)})


def _plain_checkpoint(witness: Witness, key: str) -> Checkpoint | None:
    """Return what a checkpoint that verified says."""
    try:
        return read_checkpoint(read_unverified(witness.get(key), where=key).statement, where=key)
    except CountersealError:
        return None
