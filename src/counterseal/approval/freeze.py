"""Freeze windows: times at which nothing is deployed, whoever has approved it."""

from __future__ import annotations

from dataclasses import dataclass

from counterseal.approval.calendar import in_utc
from counterseal.approval.moments import order
from counterseal.manifest.approval import ApprovalRequest
from counterseal.manifest.record import Reason
from counterseal.manifest.types import format_time
from counterseal.policy.approval import ApprovalPolicy


@dataclass(frozen=True, slots=True)
class Frozen:
    """A freeze that concerns a request.

    Attributes:
        name: what the policy calls it.
        begins: the first moment.
        ends: the first moment after it.
    """

    name: str
    begins: str
    ends: str


def freezes_of(request: ApprovalRequest, policy: ApprovalPolicy) -> tuple[Frozen, ...]:
    """Return the freezes that hold for the request's environment and class of change."""
    return tuple(
        Frozen(
            freeze.name,
            format_time(in_utc(freeze.from_, freeze.zone)),
            format_time(in_utc(freeze.until, freeze.zone)),
        )
        for freeze in policy.freezes
        if request.change_class not in freeze.except_
        and (not freeze.environments or request.binding.environment in freeze.environments)
    )


def frozen_reasons(freezes: tuple[Frozen, ...], now: str) -> tuple[Reason, ...]:
    """Return one reason for each freeze that is in force."""
    return tuple(
        Reason(
            rule="freeze",
            message=f"nothing is deployed from {freeze.begins} until {freeze.ends}",
            subject=freeze.name,
            remedy="wait for its end, or ask for a class of change that the freeze lets through",
        )
        for freeze in freezes
        if order(freeze.begins) <= order(now) < order(freeze.ends)
    )
