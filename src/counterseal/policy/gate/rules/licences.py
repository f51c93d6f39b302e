"""Licences of the inventory that is on record, judged by the policy of this moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.errors import MalformedError
from counterseal.policy.finding import inconclusive
from counterseal.policy.gate.document import ComponentFact, Document
from counterseal.policy.gate.rule import Said, breach

if TYPE_CHECKING:
    from counterseal.policy.code.licences import Licences
    from counterseal.policy.file import PolicyFile

ID: Final = "licences"
TITLE: Final = "Every licence is allowed"
WHY: Final = (
    "A licence that obliges the firm to publish its own code, or that nobody can read, is a legal risk."
)
REMEDY: Final = "replace the package, or have its licence added to code.licences"
CLAUSES: Final = ("ISO/IEC 27001:2022, A.5.32: intellectual property rights",)

_STRANGE: Final = ("SSPL-1.0", "AGPL-3.0-only", "GPL-3.0-only", "WTFPL", "CC-BY-NC-4.0")


def demand(policy: PolicyFile) -> Licences | None:
    """Return which licences may be used; None where the policy does not want them judged here.

    Raises:
        MalformedError: it wants them judged, and says nothing of them.
    """
    if policy.gate is None or not policy.gate.licences:
        return None
    if policy.code is None or policy.code.licences is None:
        raise MalformedError("no licence is allowed or refused", where="code.licences")
    return policy.code.licences


def judge(document: Document, rules: Licences) -> Said:
    """Yield every component whose licence may not be used."""
    from counterseal.policy.licence import Standing, standing_of

    if document.components is None:
        remedy = "run sbom before this stage"
        yield inconclusive(ID, "there is no inventory on record", subject="components", remedy=remedy)
    for one in document.components or ():
        if one.own or one.scope not in rules.scopes:
            continue
        subject = one.purl.rpartition("@")[0]
        expression = _expression(rules.known.get(subject)) or one.licence
        standing = standing_of(expression, rules)
        if standing is Standing.REFUSED or (standing is Standing.UNKNOWN and rules.unknown == "block"):
            what = expression or "no licence that anybody can read"
            message = f"{one.name} {one.version}: {what} is not allowed"
            yield breach(ID, subject, message, REMEDY, version=one.version, binds=expression or "")


def plant(document: Document, rules: Licences) -> Document:
    """Return a release with a package whose licence is not allowed."""
    from counterseal.policy.licence import Standing, standing_of

    strange = (one for one in _STRANGE if standing_of(one, rules) is Standing.REFUSED)
    planted = ComponentFact(
        purl="pkg:generic/counterseal-canary@0",
        name="counterseal-canary",
        version="0",
        licence=next(strange, None),
        scope=rules.scopes[0],
    )
    return replace(document, components=(planted,))


def _expression(stated_: str | None) -> str | None:
    from counterseal.policy.licence import expression_of

    return expression_of(stated_) if stated_ else None
