"""What is to be released, where, and by whom."""

from __future__ import annotations

from collections.abc import Iterable

from counterseal.approval.calendar import in_utc
from counterseal.manifest.types import format_time
from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.finding import Finding, inconclusive
from counterseal.policy.gate.document import FreezeFact
from counterseal.policy.gate.rule import STAGE


def freezes_of(approval: ApprovalPolicy | None, environment: str | None) -> tuple[FreezeFact, ...] | None:
    """Return the freezes that concern an environment; None where it is not known which do.

    Args:
        approval: the policy's section `approval`; None where there is none, and so no freeze.
        environment: where the release is to go; None when nobody said.
    """
    freezes = approval.freezes if approval else ()
    if environment is None and freezes:
        return None
    return tuple(
        FreezeFact(
            name=one.name,
            begins=format_time(in_utc(one.from_, one.zone)),
            ends=format_time(in_utc(one.until, one.zone)),
            excepts=one.except_,
        )
        for one in freezes
        if not one.environments or environment in one.environments
    )


def unknown_place(approval: ApprovalPolicy | None, environment: str, of_class: str) -> Iterable[Finding]:
    """Yield what is wrong with an environment or a class of change that the policy does not know."""
    if approval is None:
        return
    if environment and environment not in approval.environments:
        remedy = f"the policy knows: {', '.join(sorted(approval.environments))}"
        yield inconclusive(STAGE, "the policy knows no such environment", subject=environment, remedy=remedy)
    if of_class and of_class not in approval.classes:
        remedy = f"the policy knows: {', '.join(sorted(approval.classes))}"
        yield inconclusive(STAGE, "the policy knows no such class of change", subject=of_class, remedy=remedy)
