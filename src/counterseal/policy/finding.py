"""Findings: what one rule came to, and what several come to together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from counterseal.manifest.record import Reason
from counterseal.manifest.types import Outcome


@dataclass(frozen=True)
class Finding:
    """What a rule has to say.

    Attributes:
        outcome: `failed` when the facts break the rule, `inconclusive` when they cannot tell; `passed` only
            for what is worth knowing although nothing is wrong.
        reason: the rule, what it looked at, and what to do about it.
    """

    outcome: Outcome
    reason: Reason


def failed(rule: str, message: str, *, subject: str | None = None, remedy: str | None = None) -> Finding:
    """Return the finding that a rule is broken."""
    return Finding(Outcome.FAILED, _reason(rule, message, subject, remedy))


def inconclusive(
    rule: str, message: str, *, subject: str | None = None, remedy: str | None = None
) -> Finding:
    """Return the finding that it cannot be known whether a rule holds."""
    return Finding(Outcome.INCONCLUSIVE, _reason(rule, message, subject, remedy))


def noted(rule: str, message: str, *, subject: str | None = None) -> Finding:
    """Return a finding that changes nothing and should be read."""
    return Finding(Outcome.PASSED, _reason(rule, message, subject, None))


def outcome_of(findings: Iterable[Finding]) -> Outcome:
    """Return what the findings come to: failed outranks inconclusive, which outranks passed."""
    seen = {finding.outcome for finding in findings}
    for outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE):
        if outcome in seen:
            return outcome
    return Outcome.PASSED


def _reason(rule: str, message: str, subject: str | None, remedy: str | None) -> Reason:
    return Reason(
        rule=rule, message=message[:16384], subject=(subject or None) and subject[:1024], remedy=remedy
    )
