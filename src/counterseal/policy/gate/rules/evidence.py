"""Evidence that has to be there, to have passed, to be fresh: tests, penetration tests, recovery drills."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterseal.manifest.types import parse_time
from counterseal.policy.finding import inconclusive
from counterseal.policy.gate.demands import EvidenceRule
from counterseal.policy.gate.document import Document, RecordFact
from counterseal.policy.gate.rule import Said, breach

if TYPE_CHECKING:
    from counterseal.policy.file import PolicyFile

ID: Final = "evidence"
TITLE: Final = "Evidence is there, has passed, and is fresh"
WHY: Final = (
    "What was shown once wears out: systems and attacks change, and an old test tells of another system."
)
REMEDY: Final = "produce the evidence again, and put it on record before this stage"
CLAUSES: Final = (
    "PCI DSS 4.0.1, 11.4.2 and 11.4.3: penetration tests at least once every 12 months",
    "DORA (EU 2022/2554), article 24(6): critical systems are tested at least yearly",
    "DORA (EU 2022/2554), article 11(6)(a): continuity plans are tested at least yearly",
)


def demand(policy: PolicyFile) -> tuple[EvidenceRule, ...] | None:
    """Return the evidence that is wanted; None where the policy states nothing."""
    return (policy.gate.evidence or None) if policy.gate else None


def judge(document: Document, demands: tuple[EvidenceRule, ...]) -> Said:
    """Yield what is wrong with the evidence that is wanted for the environment."""
    for wanted in demands:
        if wanted.environments and document.release.environment is None:
            message = f"nobody said where this goes, so it is not known whether {wanted.record} is needed"
            yield inconclusive(ID, message, subject=wanted.record, remedy="give the input environment")
        elif not wanted.environments or document.release.environment in wanted.environments:
            yield from _judge(document, wanted)


def plant(document: Document, demands: tuple[EvidenceRule, ...]) -> Document:
    """Return a release for the first such environment, with nothing on record."""
    where = demands[0].environments
    release = replace(document.release, environment=where[0] if where else None)
    return replace(document, release=release, records=())


def _judge(document: Document, wanted: EvidenceRule) -> Said:
    found = [record for record in document.records if record.meets(wanted.record)]
    if not found:
        yield breach(ID, wanted.record, f"there is no record {wanted.record}", REMEDY)
    for record in found:
        if record.outcome != "passed":
            message = f"{record.title} is {record.outcome}"
            yield breach(ID, record.title, message, REMEDY, binds=record.digest)
        yield from _stale(document, record, wanted.within_days)


def _stale(document: Document, record: RecordFact, days: int | None) -> Said:
    now, issued = parse_time(document.now), parse_time(record.issued_at)
    if record.not_after is not None and parse_time(record.not_after) < now:
        message = f"the evidence of {record.title} was valid until {record.not_after}"
        yield breach(ID, record.title, message, REMEDY, binds=record.digest)
    elif issued > now + timedelta(days=1):
        message = f"the evidence of {record.title} is from {record.issued_at}, which is to come"
        yield breach(ID, record.title, message, REMEDY, binds=record.digest)
    elif days is not None and now - issued > timedelta(days=days):
        message = (
            f"the evidence of {record.title} is {(now - issued).days} days old; the policy allows {days}"
        )
        yield breach(ID, record.title, message, REMEDY, binds=record.digest)
