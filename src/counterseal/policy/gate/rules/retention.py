"""How long the evidence of a release will be kept, and under which lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.policy.gate.document import Document
from counterseal.policy.gate.rule import Said, breach

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile

ID: Final = "retention"
TITLE: Final = "Evidence is kept long enough"
WHY: Final = "Evidence that is gone when the question comes was never evidence."
REMEDY: Final = "raise evidence.retention in the policy"
CLAUSES: Final = (
    "PCI DSS 4.0.1, 10.5.1: audit logs are kept for at least 12 months",
    "SEC rule 17a-4(f): records are kept in a form that cannot be rewritten or erased",
)

_LOCKS: Final = (None, "governance", "compliance")


def stated(policy: PolicyFile) -> bool:
    """Tell whether the policy states a least retention."""
    return policy.gate is not None and policy.gate.retention is not None


def judge(document: Document, policy: PolicyFile) -> Said:
    """Yield what is too short or too weak."""
    assert policy.gate is not None and policy.gate.retention is not None  # noqa: S101, PT018 - `stated`
    least, kept = policy.gate.retention, document.retention
    if kept is None:
        yield breach(ID, "evidence.retention", "the policy does not say how long evidence is kept", REMEDY)
        return
    if kept.days < least.days:
        message = f"evidence is kept for {kept.days} days; at least {least.days} are wanted"
        yield breach(ID, "evidence.retention.days", message, REMEDY, binds=str(kept.days))
    if _LOCKS.index(kept.mode) < _LOCKS.index(least.mode):
        message = f"evidence is kept under {kept.mode or 'no'} lock; {least.mode} is wanted"
        yield breach(ID, "evidence.retention.mode", message, REMEDY, binds=kept.mode or "")


def plant(document: Document, policy: PolicyFile) -> Document:  # noqa: ARG001 - the form of a rule
    """Return a release of which nobody says how long its evidence is kept."""
    return replace(document, retention=None)
