"""Reading again from the store what an index has: its heads, all rows of what is reported, and a sample."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from random import SystemRandom
from typing import Final

from counterseal.audit.index.answer import Ask, Cell, moment
from counterseal.audit.index.page import Page
from counterseal.audit.index.queries import Query
from counterseal.audit.index.rows import Value, month_of, rows_of
from counterseal.audit.index.tables import MONTH, TABLES, Kind, Table
from counterseal.audit.population import Release
from counterseal.errors import CountersealError, SealError
from counterseal.ledger.entry import decode_entry
from counterseal.ledger.layout import STREAMS, entry_key, place_of
from counterseal.ledger.opened import open_sealed, require_manifest
from counterseal.manifest.types import format_time, parse_time
from counterseal.seal.trust import Trust
from counterseal.store.interface import Store

_SAMPLE: Final = 5
_BATCH: Final = 200  # releases whose rows are asked for at a time
_REMEDY: Final = "build the index anew"

Reported = tuple[str, int, str]
"""A release that an answer tells of: stream, sequence, and the payload that the index has for it."""


def require_same(store: Store, trust: Trust, page: Page, ask: Ask, reported: Iterable[Reported]) -> int:
    """Verify the entry of each release that is reported, and that the index has the rows that it comes to.

    Returns:
        How many entries were read.

    Raises:
        SealError: the index says something else than what is sealed.
    """
    count = 0
    for some in _batches(sorted(set(reported))):
        releases = [_read(store, trust, *place) for place in some]
        _require_rows(releases, page, ask)
        count += len(releases)
    return count


COUNTS: Final = Query(
    "counts",
    "How many releases the index has of each stream.",
    (),
    "SELECT r.stream, COUNT(DISTINCT r.sequence) AS release_count, COUNT(*) AS row_count FROM release AS r "
    "GROUP BY r.stream",
)


def require_whole(store: Store, trust: Trust, page: Page, ask: Ask) -> None:
    """Verify that an index has every release up to its heads once, and a random sample as it is sealed.

    Raises:
        SealError: it lacks one, has one twice, or has other rows than the store demands.
    """
    wanted = {(stream, head.sequence, head.sequence) for stream, head in page.heads.items()}
    for stream, *_ in sorted(wanted ^ set(ask(COUNTS, ()).rows), key=str):
        raise SealError("the index has not each release once", where=str(stream), remedy=_REMEDY)
    _require_rows([_read(store, trust, *place) for place in _sample(page)], page, ask)


def newer(store: Store, trust: Trust, page: Page) -> list[str]:
    """Return the streams of a store that go on beyond the index, or that it does not have.

    The head of a chain names all that is before it. So an index whose heads are the store's was made of this
    store, and of nothing that was put in the place of any release since.

    Raises:
        StoreError: the store cannot be listed.
        SealError: the index has more than the store, or another head.
    """
    last: dict[str, int] = {}
    for key in store.keys(STREAMS):
        if place := place_of(key):
            last[place[0]] = max(place[1], last.get(place[0], 0))
    for stream, head in page.heads.items():
        if last.get(stream, 0) < head.sequence:
            told = f"the index has {head.sequence} releases, the store {last.get(stream, 0)}"
            raise SealError(told, where=stream)
        _read(store, trust, stream, head.sequence, head.payload)
    return sorted(
        stream for stream in last if stream not in page.heads or page.heads[stream].sequence < last[stream]
    )


def _read(store: Store, trust: Trust, stream: str, sequence: int, payload: str | None = None) -> Release:
    """Return a release as it is sealed.

    Args:
        store: the store.
        trust: whom to believe.
        stream: the id of its stream.
        sequence: its place.
        payload: the payload that the index has for it; None where the index is not asked.
    """
    key = entry_key(stream, sequence)
    try:
        opened = open_sealed(decode_entry(store.get(key), where=key).bundle, trust, "release", where=key)
        manifest = require_manifest(opened, where=key)
    except CountersealError as cause:
        raise SealError(
            f"the index tells of it, and it does not verify: {cause.message}", where=key
        ) from cause
    if payload is not None and opened.payload != payload:
        raise SealError(f"the index has {payload}, sealed is {opened.payload}", where=key, remedy=_REMEDY)
    return Release(
        stream=stream,
        sequence=sequence,
        entry=key,
        payload=opened.payload,
        keyid=opened.keyid,
        trusted_time=format_time(opened.trusted_time) if opened.trusted_time else None,
        manifest=manifest,
    )


def _require_rows(releases: Sequence[Release], page: Page, ask: Ask) -> None:
    """Compare all rows that an index has of releases, in every table and month, with what they come to."""
    if not releases:
        return
    wanted = _wanted(releases, page.expected)
    for table in TABLES:
        query, bound = _rows_query(table, releases)
        found = Counter(ask(query, bound).rows)
        for row in sorted((found - wanted[table.name]) + (wanted[table.name] - found), key=str):
            key = entry_key(str(row[0]), int(row[1] or 0))
            raise SealError(
                f"the index has other rows of it in {table.name} than are sealed", where=key, remedy=_REMEDY
            )


def _wanted(releases: Iterable[Release], expected: Iterable[str]) -> dict[str, Counter[tuple[Cell, ...]]]:
    wanted: dict[str, Counter[tuple[Cell, ...]]] = defaultdict(Counter)
    names = tuple(expected)
    for one in releases:
        for table in TABLES:
            for row in rows_of(one, names)[table.name]:
                cells = (_cell(column.kind, row.get(column.name)) for column in table.columns)
                wanted[table.name][*cells, month_of(one)] += 1
    return wanted


def _rows_query(table: Table, releases: Iterable[Release]) -> tuple[Query, list[str]]:
    """Return what asks for all rows of releases in a table, whichever month they were put into."""
    streams: dict[str, list[int]] = defaultdict(list)
    for one in releases:
        streams[one.stream].append(one.sequence)
    parts, names, bound = list[str](), list[str](), list[str]()
    for stream, places in streams.items():
        marks = ", ".join("CAST(? AS BIGINT)" for _ in places)
        parts.append(f"(t.stream = ? AND t.sequence IN ({marks}))")
        names += ["value", *("number" for _ in places)]
        bound += [stream, *map(str, places)]
    columns = ", ".join(f"t.{one.name}" for one in (*table.columns, MONTH))
    sql = f"SELECT {columns} FROM {table.name} AS t WHERE {' OR '.join(parts)}"  # noqa: S608 - names of ours
    return Query("rows", f"All rows of releases in {table.name}.", tuple(names), sql), bound


def _cell(kind: Kind, value: Value) -> Cell:
    if kind == "time" and value is not None:
        return moment(parse_time(str(value)))
    return int(value) if isinstance(value, bool) else value


def _sample(page: Page) -> list[tuple[str, int]]:
    """Return some of the releases that an index says it has, at random."""
    streams = sorted(page.heads)
    chosen = SystemRandom().choices(streams, k=_SAMPLE) if streams else []
    return sorted({(stream, SystemRandom().randint(1, page.heads[stream].sequence)) for stream in chosen})


def _batches(places: Sequence[Reported]) -> Iterator[Sequence[Reported]]:
    for at in range(0, len(places), _BATCH):
        yield places[at : at + _BATCH]
