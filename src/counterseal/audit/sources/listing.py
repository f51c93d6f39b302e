"""The listing: the versions of every key of a store. Most are of blobs, which another process can list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from itertools import takewhile
from typing import NamedTuple

import msgspec

from counterseal.audit.sources.workers import elsewhere
from counterseal.errors import StoreError
from counterseal.ledger.verify import BLOBS
from counterseal.policy.forge import Gap
from counterseal.store.interface import Store, Version, behind

Versions = dict[str, tuple[Version, ...]]
"""The versions of every key."""


class Listed(NamedTuple):
    """What a store lists.

    Attributes:
        versions: the versions of every key.
        gaps: why it broke off, if it did.
    """

    versions: Versions
    gaps: tuple[Gap, ...] = ()


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Listed)


def begin(store: Store, workers: Executor | None) -> Callable[[], Listed]:
    """Return what waits for the listing of a store, which does not begin with this in this process.

    Args:
        store: the store.
        workers: processes one of which lists the blobs; None where this one does.
    """
    if workers is None:
        return lambda: _read(store.versions(""))
    blobs = elsewhere(workers, _blobs_of, store)

    def listing() -> Listed:
        own, others = _read(_beside_blobs(store)), _DECODER.decode(blobs())
        return Listed(own.versions | others.versions, own.gaps or others.gaps)

    return listing


def whole(store: Store) -> Versions:
    """Return the versions of every key.

    Raises:
        StoreError: the listing breaks off.
    """
    listed = _read(store.versions(""))
    if listed.gaps:
        raise StoreError(listed.gaps[0].message)
    return listed.versions


def _blobs_of(store: Store) -> bytes:
    return _ENCODER.encode(_read(store.versions(BLOBS)))


def _beside_blobs(store: Store) -> Iterator[Version]:
    yield from takewhile(lambda one: one.key < BLOBS, store.versions(""))
    yield from store.versions("", after=behind(BLOBS))


def _read(versions: Iterable[Version]) -> Listed:
    """Return what is listed; a listing that breaks off is a gap."""
    found: Versions = {}
    try:
        for one in versions:
            found[one.key] = (*found[one.key], one) if one.key in found else (one,)
    except StoreError as refusal:
        return Listed(found, (Gap(topic="versions", message=refusal.message[:1000]),))
    return Listed(found)
