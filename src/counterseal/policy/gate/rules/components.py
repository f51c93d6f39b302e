"""Packages that may not be in a release, whatever anybody knows of their vulnerabilities."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.policy.finding import inconclusive
from counterseal.policy.gate.document import ComponentFact, Document
from counterseal.policy.gate.rule import Said, breach

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile
    from counterseal.policy.gate.demands import BannedComponent

ID: Final = "components"
TITLE: Final = "No banned package"
WHY: Final = (
    "Packages that were taken over, that are no longer kept, or that the firm has agreed to leave behind."
)
REMEDY: Final = "replace the package"
CLAUSES: Final = (
    "PCI DSS 4.0.1, 6.3.2: an inventory of third-party software components",
    "ISO/IEC 27001:2022, A.5.21: security in the ICT supply chain",
)


def demand(policy: PolicyFile) -> tuple[BannedComponent, ...] | None:
    """Return the bans; None where the policy states nothing."""
    return (policy.gate.components or None) if policy.gate else None


def judge(document: Document, bans: tuple[BannedComponent, ...]) -> Said:
    """Yield every component that is banned."""
    if document.components is None:
        remedy = "run sbom before this stage"
        yield inconclusive(ID, "there is no inventory on record", subject="components", remedy=remedy)
    for one in document.components or ():
        for banned in bans:
            if fnmatchcase(one.purl, banned.purl):
                message = f"{one.name} {one.version} may not be in a release: {banned.reason}"
                yield breach(ID, one.purl.rpartition("@")[0], message, REMEDY, version=one.version)


def plant(document: Document, bans: tuple[BannedComponent, ...]) -> Document:
    """Return a release with a package that the first ban is about."""
    purl = bans[0].purl.replace("*", "0").replace("?", "0")
    planted = ComponentFact(purl=purl, name="counterseal-canary", version="0")
    return replace(document, components=(planted,))
