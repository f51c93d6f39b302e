"""Writing the index: Parquet by table and month, beside a page that says what it was made from.

Truth is what is sealed. So whatever reads the index first compares its files with that page, and whatever is
reported from it is read again from the store (see `audit.index.recheck`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from counterseal.audit.index.rows import Row, month_of, rows_of
from counterseal.audit.index.tables import TABLES, Kind, Table
from counterseal.audit.population import Release
from counterseal.errors import MalformedError, StoreError, UsageError
from counterseal.manifest.canonical import encode
from counterseal.manifest.digest import sha256
from counterseal.manifest.types import Name, Positive, Sha256, Struct

PAGE: Final = "index.json"
ROWS: Final = "rows.parquet"
VERSION: Final = 1
TYPES: Final[dict[Kind, str]] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "time": "TIMESTAMP",
}
_LIMIT: Final = 256 * 1024 * 1024  # bytes of a page


class Head(Struct, frozen=True, kw_only=True):
    """The newest release of a stream that an index has.

    Attributes:
        sequence: its place.
        payload: SHA-256 of its manifest's payload.
    """

    sequence: Positive
    payload: Sha256


class Page(Struct, frozen=True, kw_only=True):
    """What an index was made from, and what it consists of.

    Attributes:
        version: the version of the tables.
        heads: the newest release of each stream.
        sources: for each month, SHA-256 over the payloads of its releases and what the policy wanted of them.
        files: SHA-256 of each file, by its path in the index.
    """

    version: Positive
    heads: dict[Name, Head]
    sources: dict[Name, Sha256]
    files: dict[Name, Sha256]


def build_index(folder: Path, releases: Iterable[Release], expected: Iterable[str] = ()) -> Page:
    """Write the index of releases; months of which nothing changed stay as they are.

    The index is replaced when all of it is written: whoever is killed leaves the one of before.

    Args:
        folder: the index; it may hold an earlier one, and nothing else.
        releases: the releases, verified; those whose seal does not hold have no rows.
        expected: the records that the policy wants of each.

    Raises:
        UsageError: the folder holds something else, or cannot be written.
    """
    before = _page_of(folder)
    wanted, months = tuple(expected), defaultdict[str, list[Release]](list)
    heads: dict[str, Head] = {}
    for one in releases:
        if one.manifest is None or one.payload is None:
            continue
        months[month_of(one)].append(one)
        if one.stream not in heads or heads[one.stream].sequence < one.sequence:
            heads[one.stream] = Head(sequence=one.sequence, payload=one.payload)
    sources = {month: _source(found, wanted) for month, found in sorted(months.items())}
    fresh = folder.with_name(f".{folder.name}-{os.urandom(6).hex()}")
    try:
        fresh.mkdir(parents=True)
        for month, found in months.items():
            if (
                before is None
                or before.sources.get(month) != sources[month]
                or not _kept(folder, fresh, month, before)
            ):
                write_month(fresh, month, found, wanted)
        files = {_key(path, fresh): _digest(path) for path in sorted(fresh.rglob("*.parquet"))}
        page = Page(version=VERSION, heads=dict(sorted(heads.items())), sources=sources, files=files)
        (fresh / PAGE).write_bytes(encode(msgspec.to_builtins(page), where=PAGE))
        _replace(folder, fresh)
    except OSError as cause:
        raise UsageError(f"cannot be written: {cause.strerror}", where=str(folder)) from cause
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return page


def read_page(folder: Path, *, alone: bool = False) -> Page:
    """Return the page of an index whose files are all there and what they were; anything else is refused.

    Args:
        folder: the index.
        alone: whether the files are elsewhere, and the page is all that is looked at.

    Raises:
        StoreError: a file is missing, or is another one.
        MalformedError: there is no index, or one of another version.
    """
    page = _page_of(folder)
    if page is None:
        raise MalformedError("there is no index of this version", where=str(folder), remedy="run index build")
    if alone:
        return page
    found = {_key(path, folder): path for path in folder.rglob("*.parquet")}
    if found.keys() != page.files.keys():
        different = min(found.keys() ^ page.files.keys())
        raise StoreError("the index has a file too many or too few", where=different, remedy="build it anew")
    for name, path in found.items():
        if _digest(path) != page.files[name]:
            raise StoreError("the file is not what was built", where=name, remedy="build the index anew")
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
        engine.execute(
            f"COPY (SELECT {names} FROM read_json({literal(raw)}, format = 'newline_delimited', "  # noqa: S608
            f"columns = {{{columns}}}) ORDER BY ALL) TO {literal(target)} (FORMAT parquet, COMPRESSION zstd)"
        )
    raw.unlink()


def literal(path: Path) -> str:
    """Return a path as a literal of SQL: engines take no parameter in its place."""
    return "'" + str(path).replace("'", "''") + "'"


def _page_of(folder: Path) -> Page | None:
    """Return the page of an index; None where there is none, or one of another version.

    Raises:
        UsageError: the folder holds something that is no index.
    """
    path = folder / PAGE
    try:
        if not path.exists():
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise UsageError("the folder holds something else", where=str(folder))
            return None
        if path.stat().st_size > _LIMIT:
            return None
        page = msgspec.json.decode(path.read_bytes(), type=Page)
    except (OSError, msgspec.MsgspecError):
        return None
    return page if page.version == VERSION else None


def _source(releases: Iterable[Release], expected: tuple[str, ...]) -> str:
    payloads = sorted(f"{one.stream}/{one.sequence} {one.payload} {one.trusted_time}" for one in releases)
    return sha256(msgspec.json.encode([VERSION, payloads, expected]))


def _kept(folder: Path, fresh: Path, month: str, page: Page) -> bool:
    """Take the files of a month over from the index of before; tell whether all are what they were."""
    places = {f"{table.name}/month={month}/{ROWS}" for table in TABLES}
    names = sorted(places & page.files.keys())
    for name in names:
        source, target = folder / name, fresh / name
        if not source.is_file() or source.is_symlink():
            return _left(fresh, month)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        if _digest(target) != page.files[name]:
            return _left(fresh, month)
    return bool(names)


def _left(fresh: Path, month: str) -> bool:
    for found in fresh.glob(f"*/month={month}"):
        shutil.rmtree(found)
    return False


def _replace(folder: Path, fresh: Path) -> None:
    old = folder.with_name(f"{fresh.name}-old")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _key(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
