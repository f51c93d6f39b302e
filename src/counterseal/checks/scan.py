"""Scans: what a scanner saw, and the control record that it becomes under a policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from counterseal.checks.evidence import Facts
from counterseal.errors import CountersealError
from counterseal.manifest import canonical
from counterseal.manifest.record import EvidenceReference, Reason, Tool
from counterseal.manifest.statement import Statement
from counterseal.manifest.types import Outcome
from counterseal.policy.code.gate import Gated, gate
from counterseal.policy.code.waived import Waivers
from counterseal.policy.finding import Finding, noted, outcome_of
from counterseal.policy.problem import Kind, Problem
from counterseal.policy.severity import Rating, Severity

MOST_TOLD: Final = 1000
"""How many findings a record holds, gravest first; what is left out is counted, and changes no outcome."""


@dataclass(frozen=True)
class Exhibit:
    """A file of evidence.

    Attributes:
        name: its name, a label.
        media_type: its media type.
        data: its bytes.
    """

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class Seen:
    """What a scan saw.

    Attributes:
        problems: every problem, suppressed ones too, `counted`.
        kinds: the kinds of problems that were looked for.
        findings: what else there is to say: `inconclusive` where something could not be looked at, `failed`
            where a demand that is no problem is not met, notes.
        counts: figures, in the unit that each name states (a bare noun counts things).
        exhibits: the scanner's own results and whatever else it rests on.
        kept: files of evidence that are in the case file already.
        statements: the same facts in standard predicates.
        tool: the scanner.
        outputs: further outputs of the command.
    """

    problems: tuple[Problem, ...]
    kinds: frozenset[Kind]
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    exhibits: tuple[Exhibit, ...] = ()
    kept: tuple[EvidenceReference, ...] = ()
    statements: tuple[Statement, ...] = ()
    tool: Tool | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """What a scan comes to under a policy.

    Attributes:
        seen: what the scan saw.
        gated: what its problems come to.
        outcome: what it comes to in the end.
    """

    seen: Seen
    gated: Gated
    outcome: Outcome

    @property
    def remarks(self) -> tuple[Finding, ...]:
        """What there is to say beside the problems that block."""
        return _by_gravity((*self.seen.findings, *self.gated.remarks))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that there is to say, gravest first."""
        ordered = _by_gravity((*self.gated.findings, *self.remarks))
        left = len(ordered) - MOST_TOLD
        more = (noted("scan", f"{left} more things are not listed"),) if left > 0 else ()
        return (*ordered[:MOST_TOLD], *more)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons of all findings."""
        return tuple(finding.reason for finding in self.findings)

    def facts(self) -> Facts:
        """Return what the record says, without its statements."""
        return Facts(self.outcome, {**self.seen.counts, **self.gated.counts}, self.reasons)

    def exhibit(self, stage: str) -> Exhibit:
        """Return every problem, and which of them a waiver let through, as a file of evidence."""
        through = self.gated.let_through
        blocking = {problem.fingerprint for problem in self.gated.blocking}
        told = [
            msgspec.to_builtins(problem)
            | {"waived": problem.fingerprint in through, "blocks": problem.fingerprint in blocking}
            for problem in self.seen.problems
        ]
        data = canonical.encode({"stage": stage, "problems": told})
        return Exhibit(f"{stage}-problems.json", "application/json", data)


def _by_gravity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, each once, the gravest first."""
    gravity = (Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.PASSED)
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: gravity.index(finding.outcome)))


class CanaryMissed(CountersealError):
    """The gate let a planted problem through, so nothing that it says can be believed."""


def judge_scan(stage: str, seen: Seen, blocks: Callable[[Problem], bool], waivers: Waivers | None) -> Judged:
    """Judge a scan.

    Before anything else the gate has to block a problem that was planted: critical, new, and waived nowhere.

    Args:
        stage: the stage, which is the name of the rule too.
        seen: what the scan saw.
        blocks: whether a problem blocks unless it is waived.
        waivers: the waivers of the policy.

    Raises:
        CanaryMissed: the planted problem was let through.
    """
    for kind in seen.kinds:
        planted = gate(stage, [_canary(kind)], blocks, waivers, frozenset())
        if len(planted.blocking) != 1:
            raise CanaryMissed(f"a planted {kind} problem was let through", where=stage)
    gated = gate(stage, seen.problems, blocks, waivers, seen.kinds)
    return Judged(seen, gated, outcome_of((*gated.findings, *gated.remarks, *seen.findings)))


def _canary(kind: Kind) -> Problem:
    return Problem(
        kind=kind,
        tool="counterseal",
        rule="counterseal-canary",
        message="planted to see whether the gate blocks",
        rating=Rating(severity=Severity.CRITICAL, source="counterseal"),
        subject="counterseal-canary",
        fingerprint="0" * 64,
        version="0",
        confidence="high",
        introduced=True,
    )
