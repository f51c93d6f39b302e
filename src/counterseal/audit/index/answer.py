"""What an engine answers: rows of plain values, whichever engine it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from counterseal.audit.index.queries import Query

Cell = str | int | None


@dataclass(frozen=True)
class Found:
    """The answer to a question.

    Attributes:
        columns: the names of its columns.
        rows: its rows; times are in UTC, as `2026-11-27T00:00:00Z`.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def releases(self) -> list[tuple[str, int, str]]:
        """Return the releases that are told of, each with the payload that the index has for it."""
        if not {"stream", "sequence", "payload"} <= set(self.columns):
            return []
        places = [self.columns.index(name) for name in ("stream", "sequence", "payload")]
        found = {tuple(row[at] for at in places) for row in self.rows}
        return sorted((str(stream), int(sequence or 0), str(payload)) for stream, sequence, payload in found)


Ask: TypeAlias = "Callable[[Query, Sequence[str]], Found]"
"""Asks an index a question, with what is bound to its parameters."""


def moment(value: datetime) -> str:
    """Return a moment in UTC as answers have it: a fraction of a second only where there is one."""
    text = value.replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if value.microsecond else text) + "Z"
