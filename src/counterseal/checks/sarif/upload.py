"""The copy for the forge: without what was waived, and within what it accepts.

The forge ignores suppressions, so a waived problem would come back as an alert; and above one of its limits
the whole file is refused. Whatever is left out is counted and told. Limits: "SARIF results exceed one or more
limits" (docs.github.com).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from typing import Final

from counterseal.checks.sarif.read import RULE
from counterseal.checks.sarif.write import About, write_sarif
from counterseal.manifest.record import Tool
from counterseal.policy.finding import Finding, noted
from counterseal.policy.problem import Problem
from counterseal.policy.severity import Severity

MOST_BYTES: Final = 10 * 1024 * 1024
"""The largest file that is accepted, compressed, in bytes."""

MOST_RUNS: Final = 20
"""How many runs a file may have."""

MOST_RESULTS: Final = 5000
"""How many results of a run are kept; more are accepted and thrown away."""

_GRAVITY: Final = (
    Severity.CRITICAL,
    Severity.UNKNOWN,
    Severity.HIGH,
    Severity.MEDIUM,
    Severity.LOW,
    Severity.NONE,
)


def for_upload(
    problems: Iterable[Problem], tools: Sequence[Tool], about: About
) -> tuple[bytes, tuple[Finding, ...]]:
    """Return the log file to upload, and what of the problems is not in it; arguments as of `write_sarif`."""
    every = list(problems)
    left = [one for one in every if one.fingerprint not in about.waived]
    kept, names = _within_runs(left, tools)
    most = MOST_RESULTS
    while True:
        chosen = _gravest(kept, most)
        data = write_sarif(chosen, names, about)
        if len(gzip.compress(data, mtime=0)) <= MOST_BYTES or not chosen:
            return data, tuple(_told(len(every) - len(left), len(left) - len(chosen)))
        most //= 2


def _within_runs(problems: list[Problem], tools: Sequence[Tool]) -> tuple[list[Problem], list[Tool]]:
    """Return what fits into so many runs: the scanners with the gravest problems first."""
    order: dict[str, None] = dict.fromkeys(one.tool for one in sorted(problems, key=_gravity))
    order |= dict.fromkeys(tool.name for tool in tools)
    names = set(list(order)[:MOST_RUNS])
    return [one for one in problems if one.tool in names], [tool for tool in tools if tool.name in names]


def _gravest(problems: list[Problem], most: int) -> list[Problem]:
    chosen: dict[str, list[Problem]] = {}
    for one in sorted(problems, key=_gravity):
        chosen.setdefault(one.tool, []).append(one)
    return [one for found in chosen.values() for one in found[:most]]


def _gravity(problem: Problem) -> int:
    return _GRAVITY.index(problem.rating.severity)


def _told(waived: int, cut: int) -> Iterable[Finding]:
    if waived:
        yield noted(
            RULE, f"{waived} waived problems are not in the file for the forge; the evidence has them"
        )
    if cut:
        yield noted(
            RULE, f"{cut} problems beyond the forge's limits are not in its file; the evidence has them"
        )
