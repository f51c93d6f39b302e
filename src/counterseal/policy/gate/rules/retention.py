"""How long the evidence of a release will be kept, and under which lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.policy.gate.document import Document
from counterseal.policy.gate.rule import Said, breach

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile
    from counterseal.policy.gate.demands import LeastRetention

ID: Final = "retention"
TITLE: Final = "Evidence is kept long enough"
WHY: Final = "Evidence that is gone when the question comes was never evidence."
REMEDY: Final = "raise evidence.retention in the policy"
CLAUSES: Final = (
    "PCI DSS 4.0.1, 10.5.1: audit logs are kept for at least 12 months",
    "SEC rule 17a-4(f): records are kept in a form that cannot be rewritten or erased",
)

_LOCKS: Final = (None, "governance", "compliance")


def demand(policy: PolicyFile) -> LeastRetention | None:
    """Return the least retention; None where the policy states nothing."""
    return policy.gate.retention if policy.gate else None


def judge(document: Document, least: LeastRetention) -> Said:
    """Yield what is too short or too weak."""
    kept = document.retention
    if kept is None:
        yield breach(ID, "evidence.retention", "the policy does not say how long evidence is kept", REMEDY)
        return
    if kept.days < least.days:
        message = f"evidence is kept for {kept.days} days; at least {least.days} are wanted"
        yield breach(ID, "evidence.retention.days", message, REMEDY, binds=str(kept.days))
    if _LOCKS.index(kept.mode) < _LOCKS.index(least.mode):
        message = f"evidence is kept under {kept.mode or 'no'} lock; {least.mode} is wanted"
        yield breach(ID, "evidence.retention.mode", message, REMEDY, binds=kept.mode or "")


def plant(document: Document, least: LeastRetention) -> Document:  # noqa: ARG001 - the form of a rule
    """Return a release of which nobody says how long its evidence is kept."""
    return replace(document, retention=None)
