"""Somebody who may write the folder of an index, and makes its page fit what was altered."""

from __future__ import annotations

import hashlib

import duckdb
import msgspec

from counterseal.audit.index.page import PAGE, Page, files_of

EXPECTED = ("record", "approval-gate", "sca:dependencies")
TRUST = "7" * 64


def content(folder):
    """Return the bytes of every file of a folder."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def edit(path, statement):
    """Run a statement on the rows of a file, which are called t."""
    with duckdb.connect() as engine:
        engine.execute(f"CREATE TABLE t AS SELECT * FROM read_parquet('{path}', hive_partitioning = false)")
        engine.execute(statement)
        engine.execute(f"COPY t TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def reseal(folder, more=None, **changes):
    """Write the page anew, so that it names the files that are there."""
    page = msgspec.json.decode((folder / PAGE).read_bytes(), type=Page)
    named = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in (more or {}).items()}
    made = msgspec.structs.replace(page, files=files_of(folder) | named, **changes)
    (folder / PAGE).write_bytes(made.encode())
    return made
