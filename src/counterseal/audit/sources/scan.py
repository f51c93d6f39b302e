"""The store as an audit sees it: every release verified, with what was decided, and every version of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby

from counterseal.audit.answer import Work
from counterseal.audit.judge_objects import keys_of
from counterseal.audit.population import Census, Held, Release, Trouble, moments_of
from counterseal.audit.sources.decisions import Judges, decided_of, gated_of
from counterseal.audit.sources.known import Known, KnownRelease, carried, listed_of, stays
from counterseal.checks.approvals.decided import decision_problems
from counterseal.errors import CountersealError, KeyMissing, StoreError
from counterseal.ledger.chain import Link, link_of
from counterseal.ledger.checkpoint import read_checkpoint
from counterseal.ledger.layout import STREAMS, checkpoint_key, entry_key, place_of
from counterseal.ledger.opened import Opened, read_unverified
from counterseal.ledger.report import Finding, Place, StoreReport
from counterseal.ledger.verify import verify_store
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import Checkpoint, ReleaseManifest
from counterseal.manifest.types import format_time, parse_time
from counterseal.policy.forge import Gap
from counterseal.seal.trust import Trust
from counterseal.store.blobs import blob_key
from counterseal.store.interface import Lock, Store, Version

_LISTENERS = 8
"""How many locks are asked for at a time."""

_DECISIVE = frozenset({"approval-gate", "policy-gate"})


@dataclass(frozen=True)
class Scan:
    """What a store holds.

    Attributes:
        releases: every release, in order of stream and sequence.
        held: the versions that are of interest, see `Populations.held`.
        troubles: what belongs to no release.
        censuses: those of releases and of objects.
        work: how much was verified.
        listing: the versions of every key.
    """

    releases: tuple[Release, ...]
    held: tuple[Held, ...]
    troubles: tuple[Trouble, ...]
    censuses: tuple[Census, ...]
    work: Work
    listing: Mapping[str, tuple[Version, ...]]


@dataclass
class Watcher:
    """Takes what a verification reads.

    Attributes:
        since: releases that are older are verified as links of their chains only.
        entries: the releases, by stream and sequence.
        records: the records that say what was decided, by stream and sequence.
    """

    since: str
    entries: dict[tuple[str, int], tuple[Opened, ReleaseManifest]] = field(default_factory=dict)
    records: dict[tuple[str, int], dict[str, ControlRecord]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def entry(self, place: Place, opened: Opened, manifest: ReleaseManifest) -> bool:
        """Keep a release; tell whether it is of the window."""
        self.entries[_key(place)] = opened, manifest
        stamp = format_time(opened.trusted_time) if opened.trusted_time else None
        return _within(manifest, stamp, self.since)

    def record(self, place: Place, payload: str, record: ControlRecord) -> None:
        """Keep a record of a decision."""
        if record.stage in _DECISIVE:
            self.records[_key(place)][payload] = record


@dataclass(frozen=True)
class Carrier:
    """Vouches for what an earlier audit has verified (see `ledger.verify_blobs.Carried`).

    Attributes:
        known: what is taken over.
        used: the releases that had the same bytes.
    """

    known: Known
    used: set[tuple[str, int]] = field(default_factory=set)

    def link(self, stream: str, sequence: int, data: bytes) -> tuple[Link, ReleaseManifest] | None:
        """Return the link of an entry that has the bytes of then."""
        one = self.known.get((stream, sequence))
        release = one.release if one is not None and sha256(data) == one.entry else None
        if release is None or release.manifest is None or release.payload is None:
            return None
        self.used.add((stream, sequence))
        return link_of(release.manifest, release.payload), release.manifest

    def checkpoint(self, stream: str, sequence: int, data: bytes) -> Checkpoint | None:
        """Return a checkpoint that has the bytes of then."""
        one = self.known.get((stream, sequence))
        return one.checkpoint if one is not None and sha256(data) == one.checkpoint_digest else None


def scan(
    store: Store,
    trust: Trust,
    since: str,
    judges: Judges,
    anchor: bytes | None = None,
    *,
    known: Known | None = None,
    sample: int = 100,
) -> Scan:
    """Verify a store and return what it holds.

    Args:
        store: the store.
        trust: whom to believe.
        since: the beginning of the window, a `Time`.
        judges: what decisions are made again with.
        anchor: the bundle of a checkpoint that was kept elsewhere.
        known: what an earlier audit has verified.
        sample: how many per cent of that are verified all the same.
    """
    listing, unlisted = _listing(store)
    wanted = {
        place: one for place, one in (known or {}).items() if one.deep or not _in_window(one.release, since)
    }
    carrier = Carrier(carried(wanted, listing, sample))
    watcher = Watcher(since)
    report = verify_store(
        store, trust, anchor=anchor, inspect=decision_problems, watch=watcher, carried=carrier
    )
    names, gaps = _names(store)
    troubles = _troubles(report)
    if known and not gaps:
        _tell_lost(known, names, troubles)
    releases = tuple(
        carrier.known[place].release
        if place in carrier.used and place not in troubles
        else _release(place, watcher, troubles.pop(place, ()), store, judges)
        for place in names
    )
    held = _held(store, listing, [one for one in releases if _in_window(one, since)])
    rest = tuple(one for found in troubles.values() for one in found)
    broken = (one.message for one in rest if one.code == "listing-unreadable")
    counted = sum(_in_window(one, since) for one in releases)
    listed = (*gaps, *(Gap(topic="store", message=message) for message in broken))
    censuses = (
        Census(population="releases", source="the store", count=counted, gaps=listed),
        Census(population="objects", source="the store", count=len(held), gaps=unlisted),
    )
    work = Work(
        entries=report.entries - len(carrier.used),
        signatures=report.signatures,
        blobs=report.blobs,
        carried=len(carrier.used),
    )
    return Scan(releases, held, rest, censuses, work, listing)


def known_of(store: Store, scanned: Scan, since: str, before: Known) -> Iterator[KnownRelease]:
    """Yield what the next audit may take over, with the digests of the bytes of now."""
    for one in filter(stays, scanned.releases):
        place = (one.stream, one.sequence)
        if place in before and before[place].release is one:
            yield before[place]
        else:
            entry, head = store.get(one.entry), _checkpoint(store, one)
            yield KnownRelease(
                release=one,
                entry=sha256(entry),
                checkpoint=_plain_checkpoint(one, head),
                checkpoint_digest=sha256(head) if head is not None else None,
                listed=listed_of(one, scanned.listing),
                deep=_in_window(one, since),
            )


def _checkpoint(store: Store, release: Release) -> bytes | None:
    try:
        return store.get(checkpoint_key(release.stream, release.sequence))
    except StoreError:
        return None


def _plain_checkpoint(release: Release, data: bytes | None) -> Checkpoint | None:
    """Return what the checkpoint of a release that verified says."""
    if data is None or release.manifest is None or release.payload is None:
        return None
    opened = read_unverified(data, where=release.entry)
    return read_checkpoint(opened.statement, where=release.entry)


def _key(place: Place) -> tuple[str, int]:
    return place.stream or "", place.sequence or 0


def _names(store: Store) -> tuple[list[tuple[str, int]], tuple[Gap, ...]]:
    """Return the releases that the store lists; a listing that breaks off is a gap."""
    found: list[tuple[str, int]] = []
    try:
        found += (place for key in store.keys(STREAMS) if (place := place_of(key)) is not None)
    except StoreError as refusal:
        return found, (Gap(topic="store", message=refusal.message[:1000]),)
    return found, ()


def _tell_lost(
    known: Known, names: Iterable[tuple[str, int]], troubles: dict[tuple[str, int], tuple[Trouble, ...]]
) -> None:
    """Add the releases that an earlier audit has verified and that the store lists no longer."""
    message = "an earlier audit has verified it, and it is there no longer"
    for stream, sequence in sorted(known.keys() - set(names)):
        where = entry_key(stream, sequence)
        lost = Trouble(code="entry-missing", where=where, message=message, stream=stream, sequence=sequence)
        troubles.setdefault((stream, sequence), (lost,))


def _troubles(report: StoreReport) -> dict[tuple[str, int], tuple[Trouble, ...]]:
    """Return findings and notices by the release that they belong to."""
    found: dict[tuple[str, int], list[Trouble]] = defaultdict(list)
    for one in (*report.findings, *report.notices):
        found[one.stream or "", one.sequence or 0].append(_trouble(one))
    return {place: tuple(troubles) for place, troubles in found.items()}


def _trouble(one: Finding) -> Trouble:
    return Trouble(
        code=one.code,
        where=one.where[:1024],
        message=one.message[:1024],
        stream=one.stream,
        sequence=one.sequence,
    )


def _release(
    place: tuple[str, int],
    watcher: Watcher,
    troubles: tuple[Trouble, ...],
    store: Store,
    judges: Judges,
) -> Release:
    stream, sequence = place
    plain = Release(stream=stream, sequence=sequence, entry=entry_key(stream, sequence), troubles=troubles)
    if place not in watcher.entries:
        return plain
    opened, manifest = watcher.entries[place]
    records = watcher.records.get(place, {})
    files = {payload: _evidence(store, record) for payload, record in records.items()}
    pairs = [(payload, record, files[payload]) for payload, record in records.items()]
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
        troubles=troubles,
    )


def _evidence(store: Store, record: ControlRecord) -> list[bytes]:
    """Return the files of a record; one that cannot be read is a finding of the ledger already."""
    found = []
    for file in record.evidence:
        try:
            found.append(store.get(blob_key(file.digest.sha256)))
        except CountersealError:
            found.append(b"")
    return found


def _in_window(release: Release, since: str) -> bool:
    manifest = release.manifest
    return manifest is None or _within(manifest, release.trusted_time, since)


def _within(manifest: ReleaseManifest, stamp: str | None, since: str) -> bool:
    return any(parse_time(moment) >= parse_time(since) for moment in moments_of(manifest, stamp))


def _listing(store: Store) -> tuple[dict[str, tuple[Version, ...]], tuple[Gap, ...]]:
    """Return the versions of every key; a listing that breaks off is a gap."""
    found: dict[str, tuple[Version, ...]] = {}
    try:
        for key, group in groupby(store.versions(""), key=lambda one: one.key):
            found[key] = tuple(group)
    except StoreError as refusal:
        return found, (Gap(topic="versions", message=refusal.message[:1000]),)
    return found, ()


def _held(store: Store, listing: dict[str, tuple[Version, ...]], releases: list[Release]) -> tuple[Held, ...]:
    """Return the versions that are of interest, with the locks that were promised for them."""
    wanted = {key: one for one in releases for key in keys_of(one)}
    found: list[tuple[Version, bool]] = []
    for key, versions in listing.items():
        if key in wanted or len(versions) > 1 or versions[0].marker:
            locked = key in wanted and _promises_lock(wanted[key])
            found += ((one, locked and not one.marker) for one in versions)
    with ThreadPoolExecutor(_LISTENERS) as pool:
        asked = iter(pool.map(lambda one: _lock(store, one), [one for one, locked in found if locked]))
        return tuple(_version(one, next(asked) if locked else Lock()) for one, locked in found)


def _promises_lock(release: Release) -> bool:
    retention = release.manifest.retention if release.manifest else None
    return retention is not None and retention.mode is not None


def _lock(store: Store, version: Version) -> Lock:
    """Return a version's lock; one that cannot be read is one that nothing tells of."""
    try:
        return store.lock(version.key, version.version)
    except (KeyMissing, StoreError):
        return Lock()


def _version(one: Version, lock: Lock) -> Held:
    return Held(
        key=one.key[:1024],
        version=one.version,
        marker=one.marker,
        latest=one.latest,
        size=one.size,
        written_at=one.written_at,
        mode=lock.mode,
        retain_until=lock.retain_until,
        hold=lock.hold,
    )
