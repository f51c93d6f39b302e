"""A rule of the gate: what it is for, what it refers to, how it judges, and how it proves that it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from counterseal.policy.finding import Finding
from counterseal.policy.gate.document import Document
from counterseal.policy.problem import Problem, fingerprint
from counterseal.policy.severity import Rating, Severity

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile

STAGE: Final = "policy-gate"
"""The stage, which is the name under which findings are reported too."""

Said: TypeAlias = Iterator[Problem | Finding]
"""What a rule says: problems, which a waiver may let through, and what could not be determined."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        id: its name, as findings and waivers give it.
        title: what it is called.
        why: what it is for.
        remedy: what one mostly does about it.
        clauses: the clauses of regulations and standards that it helps to meet.
        demand: returns what a policy demands; None where it states nothing, which demands nothing.
        judge: judges a document by what is demanded; pure.
        plant: returns a document that breaks what is demanded, made from one that is real.
    """

    id: str
    title: str
    why: str
    remedy: str
    clauses: tuple[str, ...]
    demand: Callable[[PolicyFile], Any]
    judge: Callable[[Document, Any], Said]
    plant: Callable[[Document, Any], Document]


def rule_of(module: ModuleType) -> Rule:
    """Return the rule that a module holds."""
    return Rule(
        module.ID,
        module.TITLE,
        module.WHY,
        module.REMEDY,
        module.CLAUSES,
        module.demand,
        module.judge,
        module.plant,
    )


def breach(
    rule: str, subject: str, message: str, remedy: str, *, version: str | None = None, binds: str = ""
) -> Problem:
    """Return the problem that a release breaks a rule.

    Args:
        rule: the rule's id.
        subject: what breaks it: a record, a component, a person.
        message: how, in one sentence.
        remedy: what one does about it.
        version: the version of a package.
        binds: what the fingerprint is bound to beside rule, subject and version, so that a waiver for one
            state of things does not let the next one through.
    """
    return Problem(
        kind="policy",
        tool="counterseal",
        rule=rule,
        message=message[:16384],
        rating=Rating(severity=Severity.HIGH, source="policy"),
        subject=subject[:1024] or "release",
        fingerprint=fingerprint("policy", rule, subject, version or "", binds),
        version=version,
        remedy=remedy,
    )
