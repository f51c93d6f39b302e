"""The policy's part `gate.contents`: what may not be in what is shipped, or kept as evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

import msgspec

from counterseal.policy.base import Glob, Section
from counterseal.policy.patterns import problem_of_path
from counterseal.policy.problem import Kind, Problem
from counterseal.policy.severity import Severity

Detector: TypeAlias = Literal["card-number", "iban", "secret", "personal-data"]


class Contents(Section, frozen=True, kw_only=True):
    """What may not be in what is shipped, or kept as evidence.

    Attributes:
        detect: what is looked for; personal data only when it is named, since code is full of what looks
            like it.
        note: what is only noted of that.
        exclude: files of the commit that are not looked at, such as `docs/**`.
        artifacts: files that a build has made, which no commit has, such as `dist/*`; archives are opened.
        evidence: whether the evidence of the run so far is looked at too.
        test-values: what becomes of card numbers that their networks and providers publish for tests.
        introduced-only: whether only what this change brings in blocks; what cannot be told apart blocks
            too.
        megabytes: the largest file that is looked at; a larger one is inconclusive.
    """

    detect: Annotated[tuple[Detector, ...], msgspec.Meta(min_length=1)] = ("card-number", "iban", "secret")
    note: tuple[Detector, ...] = ()
    exclude: tuple[Glob, ...] = ()
    artifacts: tuple[Glob, ...] = ()
    evidence: bool = True
    test_values: Literal["note", "block"] = "note"
    introduced_only: bool = False
    megabytes: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 64

    def blocks(self, problem: Problem) -> bool:
        """Tell whether what a detector found blocks."""
        if self.introduced_only and problem.introduced is False:
            return False
        if problem.rating.severity is Severity.NONE:
            return self.test_values == "block"
        return detector_of(problem) not in self.note

    def blocking_kinds(self) -> tuple[Kind, ...]:
        """Return the kinds of problems of which something blocks: not of those that are only noted."""
        secret: tuple[Kind, ...] = ("secret",) if {"secret"} & (set(self.detect) - set(self.note)) else ()
        others = set(self.detect) - {"secret"} and "personal-data" not in self.note
        return (*secret, "personal-data") if others else secret


def detector_of(problem: Problem) -> Detector:
    """Return which detector found a problem."""
    if problem.kind == "secret":
        return "secret"
    return (
        "card-number"
        if problem.rule == "card-number"
        else "iban"
        if problem.rule == "iban"
        else "personal-data"
    )


def check_contents(contents: Contents) -> Iterator[tuple[str, str]]:
    """Yield the path of every field that makes no sense, and why."""
    for name in ("exclude", "artifacts"):
        for at, glob in enumerate(getattr(contents, name)):
            if message := problem_of_path(glob):
                yield f"{name}[{at}]", message
    for at, one in enumerate(contents.note):
        if one not in contents.detect:
            yield f"note[{at}]", f"{one} is not looked for"
