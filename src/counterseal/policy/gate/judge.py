"""The built-in rules over a document. Pure: no clock, no network, no files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from counterseal.policy.finding import Finding, inconclusive
from counterseal.policy.gate.document import Document
from counterseal.policy.gate.rule import STAGE, Rule
from counterseal.policy.gate.rules import RULES
from counterseal.policy.problem import Problem

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile


@dataclass(frozen=True)
class Judgement:
    """What one rule says about a document.

    Attributes:
        rule: the rule.
        stated: whether the policy states it; what it does not state demands nothing.
        problems: what breaks it.
        findings: what could not be determined.
    """

    rule: Rule
    stated: bool
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()


def judge_document(document: Document, policy: PolicyFile) -> tuple[Judgement, ...]:
    """Judge a document by every rule."""
    return tuple(_judge(rule, document, policy) for rule in RULES)


def unproven(document: Document, policy: PolicyFile) -> tuple[str, ...]:
    """Return the rules that let through what was planted to break them: nothing that these say counts."""
    return tuple(rule.id for rule in RULES if not _objects(rule, document, rule.demand(policy)))


def nothing_stated(policy: PolicyFile) -> tuple[Finding, ...]:
    """Return the finding that a gate demands nothing, which is no pass."""
    gate = policy.gate
    if gate and (gate.contents or gate.rego or any(rule.demand(policy) is not None for rule in RULES)):
        return ()
    remedy = "state at least one rule in the section gate"
    return (inconclusive(STAGE, "the policy states no rule at all", subject="gate", remedy=remedy),)


def _judge(rule: Rule, document: Document, policy: PolicyFile) -> Judgement:
    demand = rule.demand(policy)
    if demand is None:
        return Judgement(rule, stated=False)
    said = tuple(rule.judge(document, demand))
    problems = tuple(one for one in said if isinstance(one, Problem))
    return Judgement(rule, True, problems, tuple(one for one in said if isinstance(one, Finding)))


def _objects(rule: Rule, document: Document, demand: Any) -> bool:
    """Tell whether a rule objects to what is planted against it; one that demands nothing need not."""
    if demand is None:
        return True
    return any(isinstance(one, Problem) for one in rule.judge(rule.plant(document, demand), demand))
