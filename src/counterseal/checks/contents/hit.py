"""Hits: where a detector found something, without what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Sort: TypeAlias = Literal["secret", "personal-data"]


@dataclass(frozen=True)
class Hit:
    """Something that a detector found.

    Attributes:
        rule: the rule that found it.
        sort: the kind of problem that it is.
        what: what it is, in words that do not tell it.
        value: what was found; it is never told, and leaves this process only as part of a digest.
        at: where it begins, in characters.
        guessable: whether the value is one of so few that a digest of it alone could be turned back.
        known: whether everybody knows it: published for tests.
    """

    rule: str
    sort: Sort
    what: str
    value: str
    at: int
    guessable: bool = True
    known: bool = False

    def __repr__(self) -> str:
        return f"Hit({self.rule}, at {self.at})"  # never the value, not even in a traceback


Find: TypeAlias = Callable[[str], Iterator[Hit]]
"""Finds hits in a text."""
