"""Windows in which nothing is deployed stop a release before anybody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.manifest.types import parse_time
from counterseal.policy.finding import inconclusive
from counterseal.policy.gate.document import Document, FreezeFact
from counterseal.policy.gate.rule import Said, breach

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile

ID: Final = "freezes"
TITLE: Final = "No release within a freeze"
WHY: Final = "At the end of a year, or while a system is moved, a change is a greater risk than waiting."
REMEDY: Final = "wait for the end of the freeze, or ask for a class of change that it lets through"
CLAUSES: Final = (
    "ISO/IEC 27001:2022, A.8.32: change management",
    "DORA (EU 2022/2554), article 9(4)(e): changes are made in a controlled manner",
)


def demand(policy: PolicyFile) -> bool | None:
    """Return whether freezes are kept here; None where the policy states nothing."""
    return (policy.gate.freezes or None) if policy.gate else None


def judge(document: Document, wanted: bool) -> Said:  # noqa: ARG001 - the form of a rule
    """Yield every freeze that holds now."""
    if document.freezes is None:
        message = "nobody said where this goes, so it is not known which freezes concern it"
        yield inconclusive(ID, message, subject="environment", remedy="give the input environment")
    now = parse_time(document.now)
    for one in document.freezes or ():
        if document.release.change_class in one.excepts:
            continue
        if parse_time(one.begins) <= now < parse_time(one.ends):
            message = f"nothing is deployed from {one.begins} until {one.ends}"
            yield breach(ID, one.name, message, REMEDY, binds=document.release.commit)


def plant(document: Document, wanted: bool) -> Document:  # noqa: ARG001 - the form of a rule
    """Return a release in the middle of a freeze."""
    frozen = FreezeFact(name="canary", begins="1970-01-01T00:00:00Z", ends="9999-12-31T00:00:00Z")
    return replace(document, freezes=(frozen,))
