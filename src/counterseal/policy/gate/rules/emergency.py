"""An emergency is one only when there is an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.policy.finding import inconclusive
from counterseal.policy.gate.document import Document
from counterseal.policy.gate.rule import Said, breach

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile
    from counterseal.policy.gate.demands import EmergencyRule

ID: Final = "emergency"
TITLE: Final = "An emergency has its incident on record"
WHY: Final = "The short way is for incidents; without one on record it becomes the habit."
REMEDY: Final = "put the incident on record before this stage, or release it as an ordinary change"
CLAUSES: Final = (
    "DORA (EU 2022/2554), article 17: incidents are recorded and followed",
    "ISO/IEC 27001:2022, A.8.32: change management, emergencies included",
)


def demand(policy: PolicyFile) -> EmergencyRule | None:
    """Return what an emergency needs; None where the policy states nothing."""
    return policy.gate.emergency if policy.gate else None


def judge(document: Document, rules: EmergencyRule) -> Said:
    """Yield every record that an emergency lacks."""
    of_class = document.release.change_class
    if of_class is None:
        message = "nobody said of which class this change is"
        yield inconclusive(ID, message, subject="change-class", remedy="give the input change-class")
    elif of_class in rules.classes:
        for wanted in rules.records:
            if not any(one.meets(wanted) and one.outcome == "passed" for one in document.records):
                message = f"a change of the class {of_class} needs a record {wanted} that has passed"
                yield breach(ID, wanted, message, REMEDY, binds=document.release.commit)


def plant(document: Document, rules: EmergencyRule) -> Document:
    """Return an emergency without anything on record."""
    release = replace(document.release, change_class=rules.classes[0])
    return replace(document, release=release, records=())
