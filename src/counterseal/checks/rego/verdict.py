"""What rules in Rego come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from counterseal.checks.inventory.documents import Unreadable
from counterseal.policy.finding import Finding, failed

RULE: Final = "rego"


@dataclass(frozen=True)
class Denial:
    """What a rule denies, or warns of.

    Attributes:
        rule: the rule's id: what the rule says itself, else its package.
        message: what is wrong.
        subject: what is wrong with.
        remedy: what one does about it.
    """

    rule: str
    message: str
    subject: str | None = None
    remedy: str | None = None


@dataclass(frozen=True)
class RegoVerdict:
    """What all of them come to.

    Attributes:
        denials: what is denied.
        warnings: what is warned of.
        evaluated: how many rules were evaluated.
        engine: the engine.
        version: its version.
        findings: what keeps the verdict from being one: failed where the rules are unusable, inconclusive
            where the evaluation did not end well.
    """

    denials: tuple[Denial, ...] = ()
    warnings: tuple[Denial, ...] = ()
    evaluated: int = 0
    engine: str = "embedded"
    version: str = ""
    findings: tuple[Finding, ...] = ()


class Unusable(Exception):
    """Rules that cannot be evaluated as they are.

    Args:
        message: why.
        where: module and line.
        remedy: what one does about it.
    """

    def __init__(self, message: str, where: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message, self.where, self.remedy = message, where, remedy

    def finding(self) -> Finding:
        """Return it as the finding that the gate fails."""
        return failed(RULE, self.message, subject=self.where, remedy=self.remedy)


def denial_of(said: Any, package: str) -> Denial:
    """Return what an element of `deny` or `warn` says.

    Args:
        said: text, or an object with `message` or `msg`, and perhaps `rule`, `subject` and `remedy`.
        package: the package that says it.

    Raises:
        Unreadable: it is neither.
    """
    if isinstance(said, str):
        return Denial(package, said)
    if not isinstance(said, dict):
        raise Unreadable(f"{package} says something that is neither text nor an object")
    message = said.get("message", said.get("msg"))
    others = [said.get(name) for name in ("rule", "subject", "remedy")]
    if not isinstance(message, str) or any(one is not None and not isinstance(one, str) for one in others):
        raise Unreadable(f"{package} says an object without a message, or with something that is no text")
    rule, subject, remedy = others
    return Denial(rule or package, message, subject, remedy)
