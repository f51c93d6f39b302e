"""Measuring: a figure with its aim and its peer, and the ways to time things."""
# ruff: noqa: INP001, S603 - a program for developers, which starts other programs

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        name: what was measured.
        value: the measurement.
        unit: its unit.
        aim: the bound that the project has set itself, in the same unit or as a ratio to the peer.
        peer: what it is compared with, measured in the same run; empty where there is nothing.
        against: the peer's measurement, in the same unit.
        relative: whether the aim is a ratio to the peer.
        at_most: whether less is better.
    """

    name: str
    value: float
    unit: str
    aim: float | None = None
    peer: str = ""
    against: float | None = None
    relative: bool = False
    at_most: bool = True

    @property
    def ratio(self) -> float | None:
        """The measurement divided by the peer's."""
        return self.value / self.against if self.against else None

    def cells(self) -> list[str]:
        """Return the cells of the line."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        against = "" if self.against is None else f"{number(self.against)} {self.unit}"
        return [self.name, f"{number(self.value)} {self.unit}", self._aim(), self.peer, against, ratio]

    def _aim(self) -> str:
        if self.aim is None:
            return ""
        found = self.ratio if self.relative else self.value
        met = found is not None and (found <= self.aim if self.at_most else found >= self.aim)
        bound = f"{'≤' if self.at_most else '≥'} {number(self.aim)}"
        return f"{bound} {'of peer' if self.relative else self.unit}: {'met' if met else 'NOT met'}"


_WHOLE = 100  # from here on, figures are shown without a fraction

HEADINGS = ["figure", "measured", "aim", "peer, in the same run", "of the peer", "ratio"]


@dataclass(frozen=True)
class Missing:
    """A line for what could not be measured."""

    name: str
    reason: str

    def cells(self) -> list[str]:
        """Return the cells of the line."""
        return [self.name, f"not measured: {self.reason}", "", "", "", ""]


Line = Figure | Missing


def number(value: float) -> str:
    """Return a number with three digits that mean something."""
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.3g}"


def seconds(action: Callable[[], object]) -> float:
    """Return how long one call takes, by the wall's clock."""
    begin = perf_counter()
    action()
    return perf_counter() - begin


def typical(action: Callable[[], object], runs: int) -> float:
    """Return the median of several calls, in seconds."""
    return median(seconds(action) for _ in range(runs))


def rate(action: Callable[[], object], least: float = 1.0) -> float:
    """Return how often a second one core can do an action, trying for at least so many seconds."""
    count, begin = 0, process_time()
    while (spent := process_time() - begin) < least:
        action()
        count += 1
    return count / spent


def run(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path) -> None:
    """Run a program that must succeed, and throw away what it prints."""
    subprocess.run(command, env=env, cwd=cwd, check=True, capture_output=True, timeout=600)


def lines(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, its columns aligned."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        yield "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
