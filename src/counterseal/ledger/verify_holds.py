"""Verifying the book of legal holds: every entry, none missing, and what it says is held is held."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from counterseal.ledger.holds import EnteredHold, HoldBook, place_of_hold
from counterseal.ledger.holds import Place as HoldPlace
from counterseal.ledger.report import Place, Tally
from counterseal.ledger.verify_blobs import BlobVerifier
from counterseal.manifest.legal_hold import HeldVersion
from counterseal.store.interface import Store


def verify_holds(
    store: Store, book: HoldBook, keys: Iterable[str], blobs: BlobVerifier, tally: Tally
) -> None:
    """Verify the entries of the book, and the holds that the newest one about each release says are on.

    Args:
        store: the store.
        book: its book of holds.
        keys: every key of the book, in order.
        blobs: is told of the documents that entries rest on.
        tally: takes the findings.
    """
    before: HoldPlace = ("", 0, 0)
    newest: dict[tuple[str, int], EnteredHold] = {}
    for key in keys:
        place = place_of_hold(key)
        if place is None:
            tally.find(Place(key), "object-unknown", "nothing of the ledger's has this name")
            continue
        if place[2] != (before[2] if before[:2] == place[:2] else 0) + 1:
            tally.find(_at(key, place), "hold-gap", "an entry before this one is missing")
        before = place
        entered = tally.attempt(_at(key, place), "hold", partial(book.read, key))
        if entered is not None:
            tally.signatures += 1
            blobs.keep(entered.document)
            newest[place[:2]] = entered
    for one in newest.values():
        if one.hold.state == "on":
            for version in one.hold.objects:
                _require_held(store, version, one.place, tally)


def _require_held(store: Store, version: HeldVersion, place: HoldPlace, tally: Tally) -> None:
    at = _at(version.key, place)
    lock = tally.attempt(at, "hold", lambda: store.lock(version.key, version.version))
    if lock is None:
        return
    if lock.hold is None:
        tally.find(at, "hold-unproven", f"version {version.version} is on hold, and the store tells of none")
    elif not lock.hold:
        tally.find(at, "hold-lifted", f"version {version.version} is on hold by the book, and is not held")


def _at(key: str, place: HoldPlace) -> Place:
    return Place(key, place[0], place[1])
