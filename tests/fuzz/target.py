"""One sort of document that is spoilt, and how it gets to where it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzz.world import Call, Said


@dataclass(frozen=True)
class Target:
    """One sort of document.

    Attributes:
        name: what it is.
        share: how many malformed ones the campaign tries.
        valid: a valid one.
        other: another valid one, to mix it with.
        put: puts a document in its place and returns the call that reads it; then the `with` block restores.
        named: what a refusal must name, or one of several things.
        harmless: tells, without any code of counterseal, that a document may rightly be accepted.
        hostile: documents that are made to hurt a reader of this format.
        driver: how it is run, where that is not the command line.
        verdicts: the exit codes of a document that was accepted.
    """

    name: str
    share: int
    valid: bytes
    other: bytes
    put: Callable[[bytes], Any]
    named: str | tuple[str, ...]
    harmless: Callable[[bytes], bool] = lambda _: False
    hostile: tuple[bytes, ...] = ()
    driver: Callable[[Call], Said] | None = None
    verdicts: frozenset[int] = frozenset({0})


@contextmanager
def placed(path: Path, data: bytes, call: Call) -> Iterator[Call]:
    """Let a file hold other bytes for a while; a file that was not there goes away again."""
    before = path.read_bytes() if path.exists() else None
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    try:
        yield call
    finally:
        path.unlink()
        if before is not None:
            path.write_bytes(before)
