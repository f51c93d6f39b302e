"""The gate: from problems to findings, with the waivers that let some of them through. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from counterseal.manifest.record import Waiver
from counterseal.policy.code.waived import Waivers, as_record
from counterseal.policy.code.waivers import WaiverEntry
from counterseal.policy.finding import Finding, failed
from counterseal.policy.problem import Kind, Problem
from counterseal.policy.severity import Severity

MOST_FINDINGS: Final = 200
"""How many blocking problems are told one by one; the evidence has all of them, and the counts too."""


@dataclass(frozen=True)
class Gated:
    """What the problems of a scan come to.

    Attributes:
        findings: one for each problem that blocks.
        remarks: waivers that do not hold, and what is worth knowing of the others.
        waivers: the waivers that let something through.
        let_through: the words of the waiver, by the fingerprint of each problem that it let through.
        blocking: the problems that block, worst kind of news first come first.
        counts: how many there are: `problems`, `blocking`, `waived`, and one figure a severity.
    """

    findings: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    waivers: tuple[Waiver, ...]
    let_through: Mapping[str, str]
    blocking: tuple[Problem, ...]
    counts: dict[str, int]


def gate(
    rule: str,
    problems: Iterable[Problem],
    blocks: Callable[[Problem], bool],
    waivers: Waivers | None,
    kinds: frozenset[Kind],
) -> Gated:
    """Judge problems.

    Args:
        rule: the name of the rule that speaks, such as `sast`.
        problems: every problem, suppressed ones too: nothing but a waiver lets one through.
        blocks: whether a problem blocks unless it is waived.
        waivers: the waivers; None where the policy knows none.
        kinds: the kinds that were looked for, so that waivers of these kinds that fit nothing can be told.
    """
    found = tuple(problems)
    stopping: list[Problem] = []
    remarks: list[Finding] = []
    used: dict[str, WaiverEntry] = {}
    records: list[Waiver] = []
    through: dict[str, str] = {}
    for problem in filter(blocks, found):
        entry = waivers.find(problem) if waivers else None
        refusal = waivers.refusal(entry) if waivers and entry else None
        if entry is not None and refusal is None:
            used[entry.id] = entry
            records.append(as_record(entry, problem))
            through[problem.fingerprint] = f"{entry.id}: {entry.reason}"
            continue
        stopping.append(problem)
        if entry is not None and refusal is not None:
            used[entry.id] = entry
            remarks.append(refusal)
    if waivers:
        remarks += waivers.remarks(kinds, used.values())
    return Gated(
        _bounded(rule, stopping),
        tuple(dict.fromkeys(remarks)),
        tuple(records),
        through,
        tuple(stopping),
        _counts(found, stopping, records),
    )


def finding_of(rule: str, problem: Problem) -> Finding:
    """Return the finding that a problem blocks, with all that is needed to mend or to waive it."""
    place = f"{problem.subject}:{problem.line}" if problem.line else problem.subject
    severity = problem.rating.severity
    word = "severity unknown" if severity is Severity.UNKNOWN else str(severity)
    message = f"{problem.rule} ({word}): {problem.message} [{problem.fingerprint}]"
    return failed(rule, message, subject=place, remedy=_remedy(problem))


def _remedy(problem: Problem) -> str:
    mend = problem.remedy or "mend it"
    if problem.fixed:
        mend = f"update to {', '.join(problem.fixed[:3])}"
    return f"{mend}; or have a waiver granted on the trusted branch"[:1000]


def _bounded(rule: str, stopping: list[Problem]) -> tuple[Finding, ...]:
    told = [finding_of(rule, problem) for problem in stopping[:MOST_FINDINGS]]
    left = len(stopping) - MOST_FINDINGS
    return (
        *told,
        *([failed(rule, f"{left} more problems block; the evidence has them")] if left > 0 else []),
    )


def _counts(problems: tuple[Problem, ...], blocking: list[Problem], waived: list[Waiver]) -> dict[str, int]:
    severities = Counter(str(one.rating.severity) for one in problems)
    figures = {"problems": len(problems), "blocking": len(blocking), "waived": len(waived)}
    return figures | {str(severity): severities[str(severity)] for severity in Severity}
