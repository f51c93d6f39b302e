"""The waivers that a release rests on: how many, for what, and whether they still hold."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.manifest.types import parse_time
from counterseal.policy.gate.document import Document, WaiverFact
from counterseal.policy.gate.rule import Said, breach
from counterseal.policy.problem import Problem

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile
    from counterseal.policy.gate.demands import WaiverLimits
    from counterseal.policy.gate.document import RecordFact

ID: Final = "waivers"
TITLE: Final = "Few waivers, and only for what may be waived"
WHY: Final = (
    "Each waiver is a risk that somebody took for a time; a release that rests on many has no policy."
)
REMEDY: Final = "mend what the waivers are for"
CLAUSES: Final = (
    "PCI DSS 4.0.1, 12.3.1: risks that are accepted are analysed, with a period",
    "ISO/IEC 27001:2022, A.8.8: management of technical vulnerabilities",
)


def demand(policy: PolicyFile) -> WaiverLimits | None:
    """Return the limits of waivers; None where the policy states nothing."""
    return policy.gate.waivers if policy.gate else None


def judge(document: Document, limits: WaiverLimits) -> Said:
    """Yield every waiver that may not be used, and their number when there are too many."""
    used = [(record, waiver) for record in document.records for waiver in record.waivers]
    for record, waiver in used:
        left = parse_time(waiver.expires_at) - parse_time(document.now)
        if waiver.rule in limits.never:
            yield _breach(record, waiver, f"{waiver.rule} problems may not be waived for a release")
        elif left < timedelta(days=limits.days_left):
            yield _breach(record, waiver, f"it ends at {waiver.expires_at}, which is too soon")
    if len(used) > limits.most:
        message = f"{len(used)} waivers let something through; the policy allows {limits.most}"
        yield breach(ID, "waivers", message, REMEDY, binds=str(len(used)))


def plant(document: Document, limits: WaiverLimits) -> Document:  # noqa: ARG001 - the form of a rule
    """Return a release that rests on a waiver that has ended."""
    from counterseal.policy.gate.document import RecordFact

    ended = WaiverFact(
        id="counterseal-canary",
        rule="counterseal-canary",
        reason="planted",
        approver="account:0",
        expires_at="1970-01-01T00:00:00Z",
    )
    record = RecordFact(
        stage="sca",
        name="canary",
        kind="sca",
        outcome="passed",
        issued_at=document.now,
        waivers=(ended,),
        digest="0" * 64,
    )
    return replace(document, records=(record,))


def _breach(record: RecordFact, waiver: WaiverFact, message: str) -> Problem:
    whole = f"{record.title}: the waiver of {waiver.id} ({waiver.approver}) does not count: {message}"
    return breach(ID, waiver.id, whole, REMEDY, binds=waiver.expires_at)
