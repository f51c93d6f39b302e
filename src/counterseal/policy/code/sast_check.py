"""What every type of `code.sast` accepts and nobody can mean."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.policy.code.sast import Sast
from counterseal.policy.patterns import problem_of_path

BUILT_IN = frozenset({"checkov", "zizmor"})
"""The scanners whose locks come with counterseal."""


def check_sast(sast: Sast) -> Iterator[tuple[str, str]]:
    """Yield the path of every field that makes no sense, and why."""
    for at, glob in enumerate(sast.exclude):
        if message := problem_of_path(glob):
            yield f"exclude[{at}]", message
    both = set(sast.tests) & set(sast.skips)
    if both:
        yield "skips", f"{', '.join(sorted(both))} is to be run and left out"
    names: set[str] = set()
    for at, scanner in enumerate(sast.scanners):
        if scanner.name in names:
            yield f"scanners[{at}].name", f"{scanner.name!r} is there twice"
        names.add(scanner.name)
        if scanner.name not in BUILT_IN and not (scanner.lock and scanner.command):
            yield f"scanners[{at}]", f"{scanner.name!r} needs a lock and a command"
        if scanner.name in BUILT_IN and (scanner.lock or scanner.command):
            yield (
                f"scanners[{at}]",
                f"{scanner.name!r} comes with counterseal, and takes no lock and no command",
            )
