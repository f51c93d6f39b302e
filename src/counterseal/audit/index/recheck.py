"""Reading again, from the store, what is reported from the index: an index proves nothing by itself."""

from __future__ import annotations

from collections.abc import Iterable
from random import SystemRandom
from typing import Final

from counterseal.audit.index.build import Page
from counterseal.errors import CountersealError, SealError
from counterseal.ledger.entry import decode_entry
from counterseal.ledger.layout import STREAMS, entry_key, place_of
from counterseal.ledger.opened import open_sealed
from counterseal.seal.trust import Trust
from counterseal.store.interface import Store

_SAMPLE: Final = 20


def require_same(store: Store, trust: Trust, reported: Iterable[tuple[str, int, str]]) -> int:
    """Verify the entry of each release that is reported, and that it is the one of the index.

    Returns:
        How many entries were read.

    Raises:
        SealError: the index says something else than what is sealed.
    """
    count = 0
    for stream, sequence, payload in reported:
        key = entry_key(stream, sequence)
        try:
            opened = open_sealed(decode_entry(store.get(key), where=key).bundle, trust, "release", where=key)
        except CountersealError as cause:
            raise SealError(
                f"the index tells of it, and it does not verify: {cause.message}", where=key
            ) from cause
        if opened.payload != payload:
            raise SealError(f"the index has {payload}, sealed is {opened.payload}", where=key)
        count += 1
    return count


def sample(page: Page) -> list[tuple[str, int]]:
    """Return some of the releases that an index says it has, at random: its silence is looked at as well."""
    streams = sorted(page.heads)
    chosen = SystemRandom().choices(streams, k=_SAMPLE) if streams else []
    return sorted({(stream, SystemRandom().randint(1, page.heads[stream].sequence)) for stream in chosen})


def newer(store: Store, page: Page) -> list[str]:
    """Return the streams of a store that go on beyond the index, or that it does not have.

    Raises:
        StoreError: the store cannot be listed.
        SealError: the index has more than the store.
    """
    last: dict[str, int] = {}
    for key in store.keys(STREAMS):
        place = place_of(key)
        if place is not None:
            last[place[0]] = place[1]
    for stream, head in page.heads.items():
        if last.get(stream, 0) < head.sequence:
            raise SealError(
                f"the index has {head.sequence} releases, the store {last.get(stream, 0)}", where=stream
            )
    return sorted(
        stream
        for stream, sequence in last.items()
        if stream not in page.heads or page.heads[stream].sequence < sequence
    )
