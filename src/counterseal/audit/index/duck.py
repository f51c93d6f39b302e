"""DuckDB as the engine of the index: in this process, on the index's own files and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from counterseal.audit.index.answer import Cell, Found
from counterseal.audit.index.build import TYPES, literal, read_page
from counterseal.audit.index.queries import Query
from counterseal.audit.index.tables import MONTH, TABLES, Table
from counterseal.errors import MalformedError


def ask(
    folder: Path, query: Query, bound: Sequence[str], memory: str = "512MB", *, looked: bool = False
) -> Found:
    """Ask an index; its files are compared with what was built first.

    Args:
        folder: the index.
        query: the question.
        bound: what is bound to its parameters.
        memory: how much the engine may use.
        looked: whether the files were just compared with what was built.

    Raises:
        StoreError: a file is not what was built.
        MalformedError: there is no index, or the engine cannot read it.
    """
    import duckdb

    if not looked:
        read_page(folder)
    with duckdb.connect(config={"memory_limit": memory}) as engine:
        try:
            for table in TABLES:
                engine.execute(view_of(table, folder))
            engine.execute(f"SET allowed_directories = [{literal(folder)}]")
            engine.execute("SET enable_external_access = false")
            engine.execute("SET lock_configuration = true")
            asked = engine.execute(query.sql, list(bound))
            columns = tuple(one[0] for one in asked.description or ())
            rows = tuple(tuple(map(_cell, row)) for row in asked.fetchall())
        except duckdb.Error as cause:
            raise MalformedError(f"DuckDB: {str(cause)[:300]}", where=str(folder)) from cause
    return Found(columns, rows)


def view_of(table: Table, folder: Path) -> str:
    """Return the statement that makes a table of an index known; one that has no files is empty."""
    place = folder / table.name
    if any(place.glob("month=*/*.parquet")):
        files = literal(place / "month=*" / "*.parquet")
        source = f"read_parquet({files}, hive_partitioning = true, hive_types_autocast = false)"
        return f"CREATE VIEW {table.name} AS SELECT * FROM {source}"  # noqa: S608 - names of ours, a path quoted
    columns = ", ".join(f"CAST(NULL AS {TYPES[one.kind]}) AS {one.name}" for one in (*table.columns, MONTH))
    return f"CREATE VIEW {table.name} AS SELECT {columns} WHERE false"


def _cell(value: Any) -> Cell:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds" if not value.microsecond else "auto") + "Z"
    if value is None or isinstance(value, int | str):
        return int(value) if isinstance(value, bool) else value
    return str(value)
