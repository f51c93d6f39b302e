"""Verifying a store: everything in it is what was sealed, in the order it was sealed, and nothing is missing.

One pass, one manifest at a time. Bad content never raises: it becomes a finding, and the rest is still
looked at. What no pass over a store alone can show is stated in `docs/ledger.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from counterseal.errors import StoreError
from counterseal.ledger.checkpoint import read_checkpoint
from counterseal.ledger.holds import HoldBook
from counterseal.ledger.incidents import IncidentBook
from counterseal.ledger.layout import (
    APPROVALS,
    CHECKPOINTS,
    HOLDS,
    INCIDENTS,
    STREAMS,
    identity_of,
    is_stream_id,
    place_of,
)
from counterseal.ledger.opened import open_sealed
from counterseal.ledger.report import Finding, Place, StoreReport, Tally
from counterseal.ledger.requests_layout import is_of_requests
from counterseal.ledger.verify_blobs import BlobVerifier, Carried, Inspect, Watch
from counterseal.ledger.verify_books import verify_holds, verify_incidents
from counterseal.ledger.verify_stream import ANCHOR, StreamVerifier
from counterseal.ledger.vouch import VouchedTrust
from counterseal.manifest.release import Checkpoint
from counterseal.seal.trust import Trust
from counterseal.store.interface import Store, behind

__all__ = ["Finding", "StoreReport", "verify_releases", "verify_store"]

BLOBS: Final = "blobs/"
FOLDERS: Final = (APPROVALS, BLOBS, CHECKPOINTS, HOLDS, INCIDENTS, STREAMS)


def verify_store(  # noqa: PLR0913 - what may be said of a verification
    store: Store,
    trust: Trust,
    *,
    stream: str | None = None,
    sequence: int | None = None,
    anchor: bytes | None = None,
    inspect: Inspect | None = None,
    watch: Watch | None = None,
    carried: Carried | None = None,
    now: datetime | None = None,
) -> StoreReport:
    """Verify a store, or one stream of it, or one release with the chain that it hangs on.

    Args:
        store: the store.
        trust: whom to believe.
        stream: the id of the only stream to verify; then blobs that nothing refers to are left alone.
        sequence: the only release whose records and evidence are read. The chain is verified as a whole
            all the same, since an entry proves little without it.
        anchor: the bundle of a checkpoint that was kept elsewhere; its stream must still hold that entry.
        inspect: tells what is wrong with a record of a decision, given its evidence.
        watch: is told of every release and record whose seal holds.
        carried: what was verified before; an entry and checkpoint that have the bytes of then are not again.
        now: the present moment; files whose own retention is over by then may be gone.

    Returns:
        The report; a store without a single entry has a finding, since it proves nothing.
    """
    tally = Tally()
    blobs = BlobVerifier(store, tally, inspect, watch, now)
    verifier = StreamVerifier(store, VouchedTrust(trust), blobs, tally, watch, carried)
    pinned = _open_anchor(anchor, trust, tally) if anchor is not None else None
    pinned_id = identity_of(pinned.stream) if pinned else None
    streams = _streams(store, tally, stream)
    for identity, (entries, checkpoints) in sorted(streams.items()):
        mine = pinned if identity == pinned_id else None
        verifier.verify(identity, entries, checkpoints, only=sequence, anchor=mine)
    if pinned_id is not None and pinned_id not in streams:
        tally.find(ANCHOR, "anchor-stream", f"there is no stream {pinned_id} among those verified")
    if stream is None and sequence is None:
        verify_incidents(IncidentBook(store, trust), _keys(store, INCIDENTS, tally), blobs, tally)
        verify_holds(HoldBook(store, trust), _keys(store, HOLDS, tally), blobs, tally)
        blobs.leftovers(_keys(store, BLOBS, tally))
        _strays_of_requests(_keys(store, APPROVALS, tally), tally)
        _strays(store, tally)
    if tally.entries == 0:
        tally.find(Place(STREAMS + (stream or ""), stream), "nothing-to-judge", "there is no entry")
    return tally.report()


def verify_releases(
    store: Store,
    trust: Trust,
    names: Iterable[tuple[str, int]],
    *,
    inspect: Inspect | None = None,
    watch: Watch | None = None,
    now: datetime | None = None,
) -> StoreReport:
    """Verify releases each by itself: seals, checkpoint, records and files, and not the chain between them.

    Args:
        store: the store.
        trust: whom to believe.
        names: the releases, by stream id and sequence.
        inspect: tells what is wrong with a record of a decision, given its evidence.
        watch: is told of every release and record whose seal holds.
        now: the present moment, see `verify_store`.
    """
    tally = Tally()
    blobs = BlobVerifier(store, tally, inspect, watch, now)
    verifier = StreamVerifier(store, VouchedTrust(trust), blobs, tally, watch)
    for name, sequence in names:
        verifier.verify_alone(name, sequence)
    return tally.report()


def _open_anchor(anchor: bytes, trust: Trust, tally: Tally) -> Checkpoint | None:
    def read() -> Checkpoint:
        opened = open_sealed(anchor, trust, "checkpoint", where=ANCHOR.where)
        tally.signatures += 1
        return read_checkpoint(opened.statement, where=ANCHOR.where)

    return tally.attempt(ANCHOR, "anchor", read)


def _streams(store: Store, tally: Tally, only: str | None) -> dict[str, tuple[list[int], list[int]]]:
    """Return, by stream id, the sequences that entries and checkpoints have, ascending."""
    streams: dict[str, tuple[list[int], list[int]]] = {}
    if only is not None and not is_stream_id(only):
        return streams
    for kind, prefix in enumerate((STREAMS, CHECKPOINTS)):
        for key in _keys(store, f"{prefix}{only}/" if only else prefix, tally):
            place = place_of(key)
            if place is None:
                tally.find(Place(key), "object-unknown", "nothing of the ledger's has this name")
            else:
                streams.setdefault(place[0], ([], []))[kind].append(place[1])
    return streams


def _strays(store: Store, tally: Tally) -> None:
    """Find what lies beside the folders of the ledger, without listing these once more."""
    after: str | None = ""
    while after is not None:
        start, after = after, None
        for key in _keys(store, "", tally, after=start):
            folder = next((one for one in FOLDERS if key.startswith(one)), None)
            if folder is None:
                where = Place(key or "/")  # the key is empty where the object has the very name of the prefix
                tally.find(where, "object-unknown", "nothing of the ledger's has this name")
            elif key < behind(folder):  # else it is in the folder as well, and all that is before it
                after = behind(folder)
                break


def _strays_of_requests(keys: Iterable[str], tally: Tally) -> None:
    """Find what lies among the requests and has no name of theirs; by its name alone, nothing is read."""
    for key in keys:
        if not is_of_requests(key.removeprefix(APPROVALS)):
            tally.find(Place(key), "object-unknown", "nothing of the ledger's has this name")


def _keys(store: Store, prefix: str, tally: Tally, after: str = "") -> Iterator[str]:
    """Yield the keys; a listing that breaks off is a finding."""
    try:
        yield from store.keys(prefix, after=after)
    except StoreError as refusal:
        tally.find(Place(prefix), "listing-unreadable", refusal.message)
