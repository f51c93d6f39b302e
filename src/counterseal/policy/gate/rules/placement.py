"""Data are where they may be, and kept as they must be: the classification against what is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.policy.finding import inconclusive
from counterseal.policy.gate.document import Document
from counterseal.policy.gate.rule import Said
from counterseal.policy.placement.classification import DataSet
from counterseal.policy.placement.judge import judge_placement
from counterseal.policy.placement.resource import Resource

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile
    from counterseal.policy.placement import Data

ID: Final = "placement"
TITLE: Final = "Data are where they may be, and kept as they must be"
WHY: Final = "Where data may be is law and contract; where a store is, is a line that anybody can write."
REMEDY: Final = "move the store, or correct the classification"
CLAUSES: Final = (
    "GDPR (EU 2016/679), article 44: transfers of personal data to third countries",
    "DORA (EU 2022/2554), article 30(2)(b): the regions where data are processed and stored",
    "PCI DSS 4.0.1, 1.4.4: stores of cardholder data are not reachable from untrusted networks",
    "ISO/IEC 27001:2022, A.5.12: classification of information",
)


def demand(policy: PolicyFile) -> Data | None:
    """Return where data may be; None where the policy states nothing."""
    return policy.gate.data if policy.gate else None


def judge(document: Document, rules: Data) -> Said:
    """Yield what is where it may not be, and what cannot be told."""
    if document.data is None or document.resources is None:
        yield inconclusive(ID, "nothing tells what is deployed, or what the data are", subject="resources")
        return
    if not document.resources:
        remedy = "name the files that deploy it in gate.data.infrastructure"
        yield inconclusive(
            ID, "nothing is deployed by what was looked at", subject="resources", remedy=remedy
        )
    yield from judge_placement(document.data, document.resources, rules, document.now[:10])


def plant(document: Document, rules: Data) -> Document:  # noqa: ARG001 - the form of a rule
    """Return a release with restricted data in a region where they may not be."""
    data = DataSet(
        name="canary",
        class_="restricted",
        stores=("counterseal-canary",),
        regions=("counterseal-here",),
        owner="counterseal",
        review_by="9999-12-31",
        legal_basis="none",
    )
    store = Resource(
        address="counterseal-canary",
        type="canary",
        provider="other",
        source="canary",
        region="counterseal-there",
        encrypted=True,
        public=False,
        backups=True,
    )
    return replace(document, data=(data,), resources=(store,))
