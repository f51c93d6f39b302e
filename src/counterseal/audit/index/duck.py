"""DuckDB as the engine of the index: in this process, on the files that its page names and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from counterseal.audit.index.answer import Ask, Cell, Found, moment
from counterseal.audit.index.build import QUIET, TYPES, literal
from counterseal.audit.index.tables import MONTH, TABLES, Table
from counterseal.errors import MalformedError, UsageError

if TYPE_CHECKING:
    from counterseal.audit.index.page import Page
    from counterseal.audit.index.queries import Query


@contextmanager
def opened(folder: Path, page: Page, memory: str = "512MB") -> Iterator[Ask]:
    """Give what asks an index; its files were compared with the page already.

    Args:
        folder: the index.
        page: its page.
        memory: how much the engine may use.

    Raises:
        UsageError: the path of the folder has a sign that the engine takes for a partition.
        MalformedError: the engine cannot read the index, now or when it is asked.
    """
    import duckdb

    if "=" in str(folder):
        raise UsageError("the path of an index must have no equals sign", where=str(folder))
    with duckdb.connect(config={"memory_limit": memory}) as engine:

        def ask(query: Query, bound: Sequence[str]) -> Found:
            try:
                asked = engine.execute(query.sql, list(bound))
                columns = tuple(one[0] for one in asked.description or ())
                return Found(columns, tuple(tuple(map(_cell, row)) for row in asked.fetchall()))
            except duckdb.Error as cause:
                raise _unreadable(cause, folder) from cause

        try:
            engine.execute(QUIET)
            for table in TABLES:
                engine.execute(view_of(table, folder, page.files))
            engine.execute(f"SET allowed_directories = [{literal(folder)}]")
            engine.execute("SET enable_external_access = false")
            engine.execute("SET lock_configuration = true")
        except duckdb.Error as cause:
            raise _unreadable(cause, folder) from cause
        yield ask


def view_of(table: Table, folder: Path, files: Iterable[str]) -> str:
    """Return the statement that makes a table of an index known; one that has no files is empty."""
    columns = (*table.columns, MONTH)
    named = [literal(folder / name) for name in sorted(files) if name.startswith(f"{table.name}/")]
    if named:
        given = f"[{', '.join(named)}], hive_partitioning = true, hive_types_autocast = false"
        names = ", ".join(one.name for one in columns)
        source = f"SELECT {names} FROM read_parquet({given})"  # noqa: S608 - names of ours, paths quoted
    else:
        nothing = ", ".join(f"CAST(NULL AS {TYPES[one.kind]}) AS {one.name}" for one in columns)
        source = f"SELECT {nothing} WHERE false"
    return f"CREATE VIEW {table.name} AS {source}"


def _unreadable(cause: Exception, folder: Path) -> MalformedError:
    return MalformedError(f"DuckDB: {str(cause)[:300]}", where=str(folder))


def _cell(value: Any) -> Cell:
    if isinstance(value, datetime):
        return moment(value)
    if value is None or isinstance(value, int | str):
        return int(value) if isinstance(value, bool) else value
    return str(value)
