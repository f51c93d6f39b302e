"""A change gives nobody more rights than the policy allows without the named approver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.policy.finding import inconclusive
from counterseal.policy.gate.document import Document
from counterseal.policy.gate.rule import Said
from counterseal.policy.placement.judge import judge_grants
from counterseal.policy.placement.resource import Grant

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile
    from counterseal.policy.placement import Access

ID: Final = "access"
TITLE: Final = "Great rights need the named approver"
WHY: Final = (
    "A line in a plan can make anybody an administrator; reviewers of the code around it do not see that."
)
REMEDY: Final = "give less, or have the named approver grant a waiver"
CLAUSES: Final = (
    "PCI DSS 4.0.1, 7.2.2 and 7.2.3: access by least privilege, and required privileges are approved",
    "ISO/IEC 27001:2022, A.8.2: privileged access rights",
    "DORA (EU 2022/2554), article 9(4)(c): access is limited to what is required",
)


def demand(policy: PolicyFile) -> Access | None:
    """Return the limits of the rights that may be given; None where the policy states nothing."""
    return policy.gate.access if policy.gate else None


def judge(document: Document, wanted: Access) -> Said:
    """Yield every right that is more than may be given, and what cannot be told."""
    if document.grants is None:
        remedy = "name the files that deploy it in gate.data.infrastructure"
        yield inconclusive(ID, "nothing tells which rights are given", subject="grants", remedy=remedy)
    yield from judge_grants(document.grants or (), wanted)


def plant(document: Document, wanted: Access) -> Document:  # noqa: ARG001 - the form of a rule
    """Return a release that makes somebody an administrator."""
    planted = Grant(
        address="counterseal-canary", type="canary", source="canary", privilege="admin", why="planted"
    )
    return replace(document, grants=(planted,))
