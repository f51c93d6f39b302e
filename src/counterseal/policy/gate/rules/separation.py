"""Who starts a release has had no part in the change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.policy.finding import inconclusive
from counterseal.policy.gate.document import Document
from counterseal.policy.gate.rule import Said, breach

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile

ID: Final = "separation"
TITLE: Final = "Who starts a release did not write it"
WHY: Final = "Whoever can write code and bring it to staging alone needs nobody for an error, or for a fraud."
REMEDY: Final = "let somebody else start the release"
CLAUSES: Final = (
    "PCI DSS 4.0.1, 6.5.4: roles are separated, so that only reviewed and approved changes are deployed",
    "ISO/IEC 27001:2022, A.5.3: segregation of duties",
)


def demand(policy: PolicyFile) -> bool | None:
    """Return whether roles are kept apart here; None where the policy states nothing."""
    return (policy.gate.separation or None) if policy.gate else None


def judge(document: Document, wanted: bool) -> Said:  # noqa: ARG001 - the form of a rule
    """Yield who both wrote and started it; what is not known of either is inconclusive."""
    release = document.release
    if release.participants is None:
        message = "nobody can tell who took part in the change"
        yield inconclusive(ID, message, subject="participants", remedy="add them to the identity map")
    elif release.actor is None:
        message = "nobody can tell who started the release"
        yield inconclusive(ID, message, subject="actor", remedy="add them to the identity map")
    elif release.actor in release.participants:
        message = f"{release.actor} started the release and took part in the change"
        yield breach(ID, release.actor, message, REMEDY, binds=release.commit)


def plant(document: Document, wanted: bool) -> Document:  # noqa: ARG001 - the form of a rule
    """Return a release that its author started."""
    who = "counterseal-canary"
    return replace(document, release=replace(document.release, actor=who, participants=(who,)))
