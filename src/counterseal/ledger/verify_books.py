"""Verifying the books: every page, none missing, each after the one before it, and locked as promised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Final

from counterseal.errors import SealError, StoreError
from counterseal.ledger.book import Book, Entered, Leaf
from counterseal.ledger.holds import EnteredHold, HoldBook, hold_in
from counterseal.ledger.incidents import IncidentBook
from counterseal.ledger.report import Place, Tally
from counterseal.ledger.verify_blobs import BlobVerifier
from counterseal.manifest.legal_hold import HeldVersion
from counterseal.manifest.types import parse_time
from counterseal.store.interface import Store, Version

_APART: Final = timedelta(days=1)
"""How far what a page states and what the store tells of its time may be apart."""

_INCIDENT, _HOLD = "incident", "hold"


def verify_incidents(book: IncidentBook, keys: Iterable[str], blobs: BlobVerifier, tally: Tally) -> None:
    """Verify the book of incidents.

    Args:
        book: the book.
        keys: every key of it, in order.
        blobs: is told of the documents that pages rest on, and knows whether releases are locked.
        tally: takes the findings.
    """
    store, told = book.book.store, _told(book.book)
    for entered in _pages(book.book, _INCIDENT, keys, lambda leaf: Place(leaf.key), blobs, tally):
        place = Place(entered.key)
        _as_told(entered, told, place, _INCIDENT, tally)
        if blobs.locked:
            _require_lock(store, told, place, _INCIDENT, tally)


def verify_holds(book: HoldBook, keys: Iterable[str], blobs: BlobVerifier, tally: Tally) -> None:
    """Verify the book of holds, and the holds that the newest entry about each release says are on.

    Arguments as of `verify_incidents`.
    """
    store, told = book.book.store, _told(book.book)
    newest: dict[tuple[str, int], EnteredHold] = {}
    for entered in _pages(book.book, _HOLD, keys, _at_release, blobs, tally):
        hold = hold_in(entered)
        newest[hold.release] = hold
        place = Place(entered.key, *hold.release)
        _as_told(entered, told, place, _HOLD, tally)
        if _promises_lock(book, hold):
            _require_lock(store, told, place, _HOLD, tally)
    for hold in newest.values():
        for version in hold.hold.objects if hold.hold.state == "on" else ():
            _require_held(store, version, Place(version.key, *hold.release), tally)


def _pages(
    book: Book,
    what: str,
    keys: Iterable[str],
    place: Callable[[Leaf], Place],
    blobs: BlobVerifier,
    tally: Tally,
) -> Iterator[Entered]:
    """Yield the pages that count; whatever else lies there is a finding."""

    def named() -> Iterator[str]:
        for key in keys:
            if book.kind.place_of(key) is None:
                tally.find(Place(key), "object-unknown", "nothing of the ledger's has this name")
            else:
                yield key

    for leaf in book.walk(named()):
        if leaf.wrong is not None:
            tally.refuse(place(leaf), what, leaf.wrong, leaf.code)
        if leaf.entered is not None:
            tally.signatures += 1
            blobs.keep(leaf.entered.document)
            if leaf.counts:
                yield leaf.entered


def _at_release(leaf: Leaf) -> Place:
    stream, _, sequence = leaf.topic.partition("/")
    return Place(leaf.key, stream, int(sequence))


def _told(book: Book) -> dict[str, Version]:
    """Return the first version of every page; a listing that breaks off is told where its keys are."""
    found: dict[str, Version] = {}
    with suppress(StoreError):
        for one in book.store.versions(book.kind.folder):
            if not one.marker:
                found[one.key] = min(found.get(one.key, one), one, key=lambda each: each.written_at or "")
    return found


def _as_told(entered: Entered, told: dict[str, Version], place: Place, what: str, tally: Tally) -> None:
    """Compare when a page says it was entered with when the store took it: a signer can choose the first."""
    version = told.get(entered.key)
    if version is None or version.written_at is None:
        return
    if abs(parse_time(version.written_at) - parse_time(entered.at)) > _APART:
        text = f"it says that it was entered at {entered.at}, and the store took it at {version.written_at}"
        tally.notice(place, f"{what}-clock", text)


def _promises_lock(book: HoldBook, hold: EnteredHold) -> bool:
    """Tell whether an entry must be locked; a release that does not verify is a finding already."""
    try:
        kept = book.promised(hold)
    except (StoreError, SealError):
        return False
    return kept is not None and kept.mode is not None


def _require_lock(store: Store, told: dict[str, Version], place: Place, what: str, tally: Tally) -> None:
    version = told.get(place.where)
    lock = tally.attempt(place, what, lambda: store.lock(place.where, version.version if version else None))
    if lock is not None and lock.mode is None:
        tally.notice(
            place, f"{what}-unlocked", "releases of this store are locked, and the store tells no lock"
        )


def _require_held(store: Store, version: HeldVersion, place: Place, tally: Tally) -> None:
    lock = tally.attempt(place, _HOLD, lambda: store.lock(version.key, version.version))
    if lock is None:
        return
    if lock.hold is None:
        text = f"version {version.version} is on hold, and the store tells of none"
        tally.find(place, "hold-unproven", text)
    elif not lock.hold:
        text = f"version {version.version} is on hold by the book, and is not held"
        tally.find(place, "hold-lifted", text)
