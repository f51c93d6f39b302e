"""The store as an audit sees it: every release verified, with what was decided, and every version of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby

from counterseal.audit.answer import Work
from counterseal.audit.judge_objects import keys_of
from counterseal.audit.population import Census, Held, Release, Trouble, moments_of
from counterseal.audit.sources.decisions import Judges, decided_of, gated_of
from counterseal.checks.approvals.decided import decision_problems
from counterseal.errors import CountersealError, KeyMissing, StoreError
from counterseal.ledger.layout import STREAMS, entry_key, place_of
from counterseal.ledger.opened import Opened
from counterseal.ledger.report import Finding, Place, StoreReport
from counterseal.ledger.verify import verify_store
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import ReleaseManifest
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
    """

    releases: tuple[Release, ...]
    held: tuple[Held, ...]
    troubles: tuple[Trouble, ...]
    censuses: tuple[Census, ...]
    work: Work


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


def scan(store: Store, trust: Trust, since: str, judges: Judges, anchor: bytes | None = None) -> Scan:
    """Verify a store and return what it holds.

    Args:
        store: the store.
        trust: whom to believe.
        since: the beginning of the window, a `Time`.
        judges: what decisions are made again with.
        anchor: the bundle of a checkpoint that was kept elsewhere.
    """
    watcher = Watcher(since)
    report = verify_store(store, trust, anchor=anchor, inspect=decision_problems, watch=watcher)
    names, gaps = _names(store)
    troubles = _troubles(report)
    releases = tuple(_release(place, watcher, troubles.pop(place, ()), store, judges) for place in names)
    held, unlisted = _held(store, [one for one in releases if _in_window(one, since)])
    rest = tuple(one for found in troubles.values() for one in found)
    listing = tuple(
        Gap(topic="store", message=one.message) for one in rest if one.code == "listing-unreadable"
    )
    counted = sum(_in_window(one, since) for one in releases)
    censuses = (
        Census(population="releases", source="the store", count=counted, gaps=(*gaps, *listing)),
        Census(population="objects", source="the store", count=len(held), gaps=unlisted),
    )
    work = Work(entries=report.entries, signatures=report.signatures, blobs=report.blobs)
    return Scan(releases, held, rest, censuses, work)


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


def _held(store: Store, releases: list[Release]) -> tuple[tuple[Held, ...], tuple[Gap, ...]]:
    """Return the versions that are of interest, and what of the listing could not be read."""
    wanted = {key: one for one in releases for key in keys_of(one)}
    found: list[tuple[Version, bool]] = []
    try:
        for key, group in groupby(store.versions(""), key=lambda one: one.key):
            versions = list(group)
            if key in wanted or len(versions) > 1 or versions[0].marker:
                locked = key in wanted and _promises_lock(wanted[key])
                found += ((one, locked and not one.marker) for one in versions)
    except StoreError as refusal:
        gaps: tuple[Gap, ...] = (Gap(topic="versions", message=refusal.message[:1000]),)
    else:
        gaps = ()
    with ThreadPoolExecutor(_LISTENERS) as pool:
        locks = pool.map(lambda one: _lock(store, one[0]) if one[1] else Lock(), found)
        return tuple(_version(one, lock) for (one, _), lock in zip(found, locks, strict=True)), gaps


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


def releases_in(scan_: Scan) -> Iterator[Release]:
    """Yield the releases whose manifests verify."""
    return (one for one in scan_.releases if one.manifest is not None)
