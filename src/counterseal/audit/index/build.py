"""Writing the index: Parquet by table and month, beside a page that says what it was made from.

Truth is what is sealed. So every index is made from the store alone, and nothing is taken over from one that
was there before.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from counterseal.audit.index.page import PAGE, VERSION, Head, Page, files_of
from counterseal.audit.index.rows import Row, month_of, rows_of
from counterseal.audit.index.seal import SEAL
from counterseal.audit.index.tables import TABLES, Kind, Table
from counterseal.audit.population import Release
from counterseal.errors import UsageError

ROWS: Final = "rows.parquet"
TYPES: Final[dict[Kind, str]] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "time": "TIMESTAMP",
}
QUIET: Final = "SET enable_progress_bar = false"
"""Keeps the engine from drawing on stdout, which is the answer's, whatever takes longer than two seconds."""


def build_index(
    folder: Path,
    releases: Iterable[Release],
    expected: Iterable[str] = (),
    *,
    trust: str,
    seal: Callable[[Page], bytes] | None = None,
) -> Page:
    """Write the index of releases.

    The index is replaced when all of it is written: whoever is killed leaves the one of before.

    Args:
        folder: the index; it may hold an earlier one, and nothing else.
        releases: the releases, verified; those whose seal does not hold have no rows.
        expected: the records that the policy wants of each.
        trust: SHA-256 of the trust file that they were verified by.
        seal: seals the page; without it what the index keeps quiet about is not proven.

    Raises:
        UsageError: the folder holds something else, or cannot be written.
    """
    _require_ours(folder)
    wanted = tuple(dict.fromkeys(expected))
    whole = [one for one in releases if one.manifest is not None and one.payload is not None]
    fresh = folder.with_name(f".{folder.name}-{os.urandom(6).hex()}")
    try:
        fresh.mkdir(parents=True)
        for month, found in _by_month(whole).items():
            write_month(fresh, month, found, wanted)
        page = Page(version=VERSION, trust=trust, heads=_heads(whole), files=files_of(fresh), expected=wanted)
        (fresh / PAGE).write_bytes(page.encode())
        if seal is not None:
            (fresh / SEAL).write_bytes(seal(page))
        _replace(folder, fresh)
    except OSError as cause:
        raise UsageError(f"cannot be written: {cause.strerror}", where=str(folder)) from cause
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return page


def write_month(folder: Path, month: str, releases: Iterable[Release], expected: Iterable[str]) -> None:
    """Write the rows of the releases of a month."""
    rows = defaultdict[str, list[Row]](list)
    for release in releases:
        for name, found in rows_of(release, expected).items():
            rows[name] += found
    for table in TABLES:
        if rows[table.name]:
            write_rows(folder / table.name / f"month={month}", table, rows[table.name])


def write_rows(folder: Path, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as one Parquet file, in order, compressed; the same rows come to the same bytes."""
    import duckdb

    folder.mkdir(parents=True)
    raw, target = folder / ".rows.json", folder / ROWS
    encoder = msgspec.json.Encoder()
    with raw.open("wb") as file:
        file.writelines(encoder.encode(row) + b"\n" for row in rows)
    columns = ", ".join(f"{one.name}: '{TYPES[one.kind]}'" for one in table.columns)
    names = ", ".join(one.name for one in table.columns)
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.execute(QUIET)
        engine.execute(
            f"COPY (SELECT {names} FROM read_json({literal(raw)}, format = 'newline_delimited', "  # noqa: S608
            f"columns = {{{columns}}}) ORDER BY ALL) TO {literal(target)} (FORMAT parquet, COMPRESSION zstd)"
        )
    raw.unlink()


def literal(path: Path) -> str:
    """Return a path as a literal of SQL: engines take no parameter in its place."""
    return "'" + str(path).replace("'", "''") + "'"


def _by_month(releases: Iterable[Release]) -> dict[str, list[Release]]:
    months = defaultdict[str, list[Release]](list)
    for one in releases:
        months[month_of(one)].append(one)
    return months


def _heads(releases: Iterable[Release]) -> dict[str, Head]:
    """Return the newest release of each stream."""
    newest = {one.stream: one for one in sorted(releases, key=lambda one: (one.stream, one.sequence))}
    return {
        stream: Head(sequence=one.sequence, payload=one.payload)
        for stream, one in newest.items()
        if one.payload is not None
    }


def _require_ours(folder: Path) -> None:
    """Refuse a folder that holds something that is no index: it would be replaced."""
    try:
        ours = not folder.exists() or (folder / PAGE).exists() or not any(folder.iterdir())
    except OSError as cause:
        raise UsageError(f"cannot be read: {cause.strerror}", where=str(folder)) from cause
    if not ours:
        raise UsageError("the folder holds something else", where=str(folder))


def _replace(folder: Path, fresh: Path) -> None:
    old = folder.with_name(f"{fresh.name}-old")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
