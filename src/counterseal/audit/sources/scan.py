"""The store as an audit sees it: every release verified, with what was decided, and every version of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import cast

from msgspec.structs import replace

from counterseal.audit.answer import Work
from counterseal.audit.population import Census, Held, Release, Trouble, is_of_window
from counterseal.audit.sources import listing as listings
from counterseal.audit.sources.known import (
    Known,
    KnownRelease,
    known_release,
    still_listed,
)
from counterseal.audit.sources.listing import Listed
from counterseal.audit.sources.proven import (
    Carrier,
    Name,
    Proof,
    Proven,
    Watcher,
    Witness,
    pinned_by,
    proven_of,
    release_of,
    stays,
)
from counterseal.audit.sources.sample import Sample, drawn
from counterseal.audit.sources.workers import Shared, is_much, share, still_same
from counterseal.checks.approvals.decided import decision_problems
from counterseal.errors import KeyMissing, StoreError
from counterseal.ledger.layout import STREAMS, entry_key, place_of
from counterseal.ledger.report import Finding, StoreReport
from counterseal.ledger.verify import verify_store
from counterseal.policy.forge import Gap
from counterseal.store.interface import Lock, Store, Version

_UNTOLD = Lock()
_LISTENERS = 8
"""How many locks are asked for at a time."""


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
        witness: remembers the bytes that were verified here.
        proven: the releases that others have verified, now or before.
        pinned: the ids of the streams whose end is known from elsewhere.
        sample: what of the releases that were taken over is verified again; whoever relies on them asks it.
    """

    releases: tuple[Release, ...]
    held: tuple[Held, ...]
    troubles: tuple[Trouble, ...]
    censuses: tuple[Census, ...]
    work: Work
    listing: Mapping[str, tuple[Version, ...]]
    witness: Witness
    proven: Mapping[Name, Proven]
    pinned: frozenset[str]
    sample: Sample


def scan(
    proof: Proof,
    anchor: bytes | None = None,
    *,
    listed: Callable[[], Listed] | None = None,
    known: Known | None = None,
    percent: int | None = None,
    anew: bool = False,
    workers: Executor | None = None,
) -> Scan:
    """Verify a store and return what it holds.

    Args:
        proof: the store, and what its releases are proven with.
        anchor: the bundle of a checkpoint that was kept elsewhere.
        listed: waits for the listing of the store; without it, that is read here.
        known: what earlier audits have verified.
        percent: how many per cent of that are verified all the same; see `policy.audit.Audit`.
        anew: whether nothing of it is taken over, and it only tells what must be there.
        workers: processes that share the work; what they do not vouch for is verified here.
    """
    store, since = proof.store, proof.since
    wanted = {} if anew else _usable(known or {}, since)
    begun = _begin(proof, wanted, percent, workers)
    listing, unlisted = (listed or listings.begin(store, None))()
    witness = Witness(store, None if unlisted else sorted(listing))
    names, gaps = _names(witness)
    whole = still_listed(wanted, listing)
    chosen = {name: whole[name] for name in begun.chosen if name in whole}
    taken = whole if begun.proofs else {name: one for name, one in whole.items() if name not in chosen}
    fresh = share(proof, [name for name in names if name not in taken], workers)()
    sure = begun.same() | fresh.proven.keys() | chosen.keys()
    carrier, watcher = Carrier({**taken, **fresh.proven}, sure), Watcher(since)
    report = verify_store(
        cast("Store", witness),
        proof.trust,
        anchor=anchor,
        inspect=decision_problems,
        watch=watcher,
        carried=carrier,
        now=proof.now,
    )
    troubles = troubles_of(report)
    if known and not gaps:
        _tell_lost(known, names, troubles)
    releases = tuple(
        _told(carrier.known[name].release, troubles.pop(name, ()))
        if name in carrier.used
        else release_of(name, watcher, troubles.pop(name, ()), store, proof.judges)
        for name in names
    )
    inside = [one for one in releases if is_of_window(one, since)]
    held = held_of(store, listing, carrier.keyed(inside))
    rest = tuple(one for found in troubles.values() for one in found)
    broken = (one.message for one in rest if one.code == "listing-unreadable")
    unread = (*gaps, *(Gap(topic="store", message=message) for message in broken))
    censuses = (
        Census(population="releases", source="the store", count=len(inside), gaps=unread),
        Census(population="objects", source="the store", count=len(held), gaps=unlisted),
    )
    before = len((carrier.used & taken.keys()) - chosen.keys())
    work = Work(
        entries=report.entries - before,
        signatures=report.signatures + fresh.signatures,
        blobs=report.blobs + fresh.blobs,
        carried=before,
    )
    again = begun.proofs or _found(releases, chosen, witness, since)
    sample, pinned = Sample(chosen, again), pinned_by(anchor)
    return Scan(releases, held, rest, censuses, work, listing, witness, carrier.known, pinned, sample)


@dataclass(frozen=True)
class _Begun:
    """What other processes were asked before the store was listed.

    Attributes:
        chosen: the releases that are verified again.
        same: waits for those of the others that have the bytes of then.
        proofs: waits for what is verified of those that were chosen; None where this process does that.
    """

    chosen: frozenset[Name]
    same: Callable[[], set[Name]]
    proofs: Callable[[], Shared] | None


def _usable(known: Known, since: str) -> Known:
    """Return what was verified as deeply as it is wanted now."""
    return {name: one for name, one in known.items() if one.deep or not is_of_window(one.release, since)}


def _begin(proof: Proof, wanted: Known, percent: int | None, workers: Executor | None) -> _Begun:
    """Have other processes work on what is known, while this one lists the store."""
    chosen = drawn(wanted, percent)
    rest = {name: one for name, one in wanted.items() if name not in chosen}
    same = still_same(proof.store, rest, workers)
    proofs = cache(share(proof, sorted(chosen), workers))
    return _Begun(chosen, same, proofs if is_much(chosen, workers) else None)


def _found(releases: Iterable[Release], chosen: Known, witness: Witness, since: str) -> Callable[[], Shared]:
    """Return what this process has verified of those that were chosen."""
    mine = (one for one in releases if (one.stream, one.sequence) in chosen and stays(one))
    found = ((one, proven_of(one, witness, since)) for one in mine)
    shared = Shared({(one.stream, one.sequence): proven for one, proven in found if proven is not None})
    return lambda: shared


def known_of(scanned: Scan, since: str) -> Iterator[KnownRelease]:
    """Yield what the next audit may take over, with the digests of the bytes that were verified."""
    for one in filter(stays, scanned.releases):
        proven = scanned.proven.get((one.stream, one.sequence))
        if proven is None or proven.release is not one:
            proven = proven_of(one, scanned.witness, since)
        if isinstance(proven, KnownRelease):
            yield proven
        elif proven is not None:
            yield known_release(proven, scanned.listing)


def _names(store: Witness) -> tuple[list[Name], tuple[Gap, ...]]:
    """Return the releases that the store lists; a listing that breaks off is a gap."""
    found: list[Name] = []
    try:
        found += (place for key in store.keys(STREAMS) if (place := place_of(key)) is not None)
    except StoreError as refusal:
        return found, (Gap(topic="store", message=refusal.message[:1000]),)
    return found, ()


def _tell_lost(known: Known, names: Iterable[Name], troubles: dict[Name, tuple[Trouble, ...]]) -> None:
    """Add the releases that an earlier audit has verified and that the store lists no longer."""
    message = "an earlier audit has verified it, and it is there no longer"
    for stream, sequence in sorted(known.keys() - set(names)):
        where = entry_key(stream, sequence)
        lost = Trouble(code="entry-missing", where=where, message=message, stream=stream, sequence=sequence)
        troubles.setdefault((stream, sequence), (lost,))


def troubles_of(report: StoreReport) -> dict[Name, tuple[Trouble, ...]]:
    """Return findings and notices by the release that they belong to."""
    found: dict[Name, list[Trouble]] = defaultdict(list)
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


def _told(release: Release, troubles: tuple[Trouble, ...]) -> Release:
    """Return a release that was verified before, with what is told of it now."""
    return replace(release, troubles=troubles) if troubles else release


def held_of(
    store: Store, listing: Mapping[str, tuple[Version, ...]], wanted: Mapping[str, Release]
) -> tuple[Held, ...]:
    """Return the versions that are of interest, with the locks that were promised for them.

    Args:
        store: tells the locks.
        listing: the versions of every key.
        wanted: releases, by the keys of what belongs to them.
    """
    found: list[tuple[Version, bool]] = []
    for key, versions in listing.items():
        if key in wanted or len(versions) > 1 or versions[0].marker:
            locked = key in wanted and _promises_lock(wanted[key])
            found += ((one, locked and not one.marker) for one in versions)
    with ThreadPoolExecutor(_LISTENERS) as pool:
        asked = iter(pool.map(lambda one: _lock(store, one), [one for one, locked in found if locked]))
        return tuple(_version(one, next(asked) if locked else _UNTOLD) for one, locked in found)


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
