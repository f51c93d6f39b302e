"""The rules of the policy's section `branch`, in the order in which they are told: one rule, one module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Final, TypeAlias

from counterseal.manifest.types import Outcome
from counterseal.policy.branch import Branch
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding, noted, outcome_of
from counterseal.policy.rules import (
    duties,
    history,
    merge_group,
    merges,
    messages,
    names,
    origin,
    posture,
    protected_paths,
    signatures,
    tickets,
)
from counterseal.policy.rules.context import Context

Judge: TypeAlias = Callable[[ChangeFacts, Branch, Context], Iterator[Finding]]

MOST_FINDINGS: Final = 50
"""How many findings of one rule about one change are told; what is left out is counted."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        id: its name in findings; finer names begin with it and a dot.
        title: what it is called.
        why: what it is for.
        remedy: what one mostly does about it.
        section: the field of the policy that states it; None for a rule that always holds.
        judge: judges a change; pure.
    """

    id: str
    title: str
    why: str
    remedy: str
    section: str | None
    judge: Judge

    def stated(self, policy: Branch) -> bool:
        """Tell whether a policy states the rule."""
        return self.section is None or getattr(policy, self.section) is not None


def _rule(module: ModuleType) -> Rule:
    return Rule(module.ID, module.TITLE, module.WHY, module.REMEDY, module.SECTION, module.judge)


RULES: Final[tuple[Rule, ...]] = tuple(
    map(
        _rule,
        (
            names,
            messages,
            signatures,
            tickets,
            protected_paths,
            origin,
            history,
            merges,
            merge_group,
            duties,
            posture,
        ),
    )
)
"""Every rule, in order."""


@dataclass(frozen=True)
class Verdict:
    """What one rule says about one change.

    Attributes:
        rule: the rule.
        stated: whether the policy states it; what it does not state, passes.
        findings: what the rule has to say.
    """

    rule: Rule
    stated: bool
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """What the findings come to."""
        return outcome_of(self.findings)


def judge_change(change: ChangeFacts, policy: Branch, context: Context) -> tuple[Verdict, ...]:
    """Judge a change by every rule.

    Args:
        change: the change.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    return tuple(
        Verdict(rule, rule.stated(policy), _bounded(rule, rule.judge(change, policy, context)))
        for rule in RULES
    )


def _bounded(rule: Rule, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the gravest findings, each once, and how many were left out; the outcome stays what it is."""
    gravity = (Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.PASSED)
    ordered = sorted(dict.fromkeys(findings), key=lambda finding: gravity.index(finding.outcome))
    if len(ordered) <= MOST_FINDINGS:
        return tuple(ordered)
    left = len(ordered) - MOST_FINDINGS
    return (*ordered[:MOST_FINDINGS], noted(rule.id, f"{left} more findings of this rule are not listed"))
