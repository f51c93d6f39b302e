"""The policy's part `code.sast`: what static analysis must come to."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.policy.base import Glob, Section, Slug
from counterseal.policy.code.threshold import Threshold
from counterseal.policy.problem import Problem

TestId = Annotated[
    str, msgspec.Meta(pattern=r"^B[0-9]{3}\Z", description="id of a Bandit test, such as B602")
]
Cwe = Annotated[int, msgspec.Meta(ge=1, le=99999, description="number of a weakness (CWE)")]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]

_SURE = ("low", "medium", "high")


class Scanner(Section, frozen=True, kw_only=True):
    """A further scanner, installed from a lock with hashes and run apart from everything else.

    Attributes:
        name: its name; `zizmor` (workflows) and `checkov` (infrastructure code) need nothing else.
        lock: the lock to install it from, by its path at the trusted ref: pinned, with hashes.
        command: its command line; `{out}` stands for the file that it writes SARIF to, without one SARIF is
            taken from its standard output.
        minutes: how long it may take.
        severities: how bad its problems are, by their ids or patterns of ids, such as `CKV_AWS_*`; the first
            that fits counts. Without it, what the scanner itself publishes.
    """

    name: Slug
    lock: Word | None = None
    command: tuple[Word, ...] = ()
    minutes: Annotated[int, msgspec.Meta(ge=1, le=60)] = 10
    severities: dict[Word, Literal["critical", "high", "medium", "low", "none"]] = msgspec.field(
        default_factory=dict
    )


class Sast(Threshold, frozen=True, kw_only=True):
    """What static analysis must come to.

    Attributes:
        block: the least severity that blocks.
        unknown: what becomes of a problem without a published severity.
        introduced-only: whether only what this change brings in blocks; what cannot be told apart blocks too.
        python: whether Bandit looks at the Python code.
        confidence: how sure a scanner has to be, at least; one that says nothing is sure enough.
        cwe: weaknesses that block at any severity and confidence.
        tests: the Bandit tests to run; all when empty.
        skips: the Bandit tests to leave out.
        exclude: Python files that are not looked at, such as `tests/**`.
        nosec: what becomes of a problem that a `# nosec` comment, or a scanner's own suppression, is about:
            `refuse` lets it block all the same, `accept` only notes it.
        reports: SARIF reports of other scanners that have to be given, by name.
        scanners: further scanners to run.
    """

    python: bool = True
    confidence: Literal["high", "medium", "low"] = "low"
    cwe: tuple[Cwe, ...] = ()
    tests: tuple[TestId, ...] = ()
    skips: tuple[TestId, ...] = ()
    exclude: tuple[Glob, ...] = ()
    nosec: Literal["refuse", "accept"] = "refuse"
    reports: tuple[Slug, ...] = ()
    scanners: tuple[Scanner, ...] = ()

    def blocks(self, problem: Problem) -> bool:
        """Tell whether a problem blocks: by its weakness, else by severity and confidence together."""
        if self.introduced_only and problem.introduced is False:
            return False
        if problem.suppressed is not None and self.nosec == "accept":
            return False
        if set(self.cwe) & set(problem.cwe):
            return True
        sure = problem.confidence is None or _SURE.index(problem.confidence) >= _SURE.index(self.confidence)
        return sure and super().blocks(problem)
