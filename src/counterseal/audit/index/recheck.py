"""Reading again, from the store, what is reported from the index: an index proves nothing by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import SystemRandom
from typing import Final

from counterseal.audit.index.answer import Found
from counterseal.audit.index.build import Page
from counterseal.audit.index.queries import Query
from counterseal.errors import CountersealError, SealError
from counterseal.ledger.entry import decode_entry
from counterseal.ledger.layout import STREAMS, entry_key, place_of
from counterseal.ledger.opened import open_sealed
from counterseal.seal.trust import Trust
from counterseal.store.interface import Store

_SAMPLE: Final = 5


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


COUNTS: Final = Query(
    "counts",
    "How many releases the index has of each stream.",
    (),
    "SELECT r.stream, COUNT(DISTINCT r.sequence) AS release_count, COUNT(*) AS row_count FROM release AS r "
    "GROUP BY r.stream",
)
PRESENCE: Final = Query(
    "presence",
    "What the index has of one release.",
    ("value", "number"),
    "SELECT r.stream, r.sequence, r.payload FROM release AS r "
    "WHERE r.stream = ? AND r.sequence = CAST(? AS BIGINT)",
)

Ask = Callable[[Query, Sequence[str]], Found]


def require_whole(store: Store, trust: Trust, page: Page, ask: Ask) -> None:
    """Verify that an index has every release up to its heads once, and some of them as they are sealed.

    What an index keeps quiet about shows in no answer, so it is asked about by itself.

    Args:
        store: the store.
        trust: whom to believe.
        page: the index's page.
        ask: asks the index.

    Raises:
        SealError: it lacks one, has one twice, or another than the store.
    """
    wanted = {(stream, head.sequence, head.sequence) for stream, head in page.heads.items()}
    for stream, *_ in sorted(wanted ^ set(ask(COUNTS, ()).rows), key=str):
        remedy = "build the index anew"
        raise SealError("the index has not each release once", where=str(stream), remedy=remedy)
    for stream, sequence in _sample(page):
        found = ask(PRESENCE, (stream, str(sequence))).releases()
        if [name[:2] for name in found] != [(stream, sequence)]:
            raise SealError("the index has not this release", where=entry_key(stream, sequence))
        require_same(store, trust, found)


def _sample(page: Page) -> list[tuple[str, int]]:
    """Return some of the releases that an index says it has, at random."""
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
