"""Why a release whose records all passed may still not pass: refused, stale or unapproved evidence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from counterseal.ledger.contents import Contents
from counterseal.manifest.record import ControlRecord, Reason, in_force
from counterseal.manifest.release import ReleaseCandidate
from counterseal.manifest.types import Outcome
from counterseal.store.casefile import FiledStatement

_GATE = "approval-gate"


def refusals(refused: Iterable[str]) -> Iterator[Reason]:
    """Yield that a second record was offered under the name of another.

    Args:
        refused: the names, `stage:name`.
    """
    for name in refused:
        yield Reason(
            rule="record-unique",
            subject=name,
            message=f"a second record {name} was offered and refused, so it is not known what holds",
            remedy="give each record of a run its own name",
        )


def stale(records: Iterable[FiledStatement], created_at: str) -> Iterator[Reason]:
    """Yield why evidence that was in date when it was recorded cannot be relied on any more."""
    for one in records:
        record: ControlRecord = one.statement.predicate
        period = record.validity
        if period is not None and not in_force(period, created_at):
            yield Reason(
                rule="evidence-valid",
                subject=f"{record.stage}:{record.name}",
                message=f"the evidence is valid from {period.not_before} to {period.not_after}",
                remedy="produce the evidence again",
            )


def unapproved(fixed: ReleaseCandidate | None, contents: Contents) -> Iterator[Reason]:
    """Yield that people were asked and did not let it through: then it is never a pass."""
    said = [one.statement.predicate for one in contents.decisions]
    gates = [record for record in said if record.stage == _GATE]
    if (fixed or contents.requests) and not any(record.outcome is Outcome.PASSED for record in gates):
        yield Reason(
            rule="approval-given",
            message="people were asked for approval, and no record says that they gave it",
            remedy="run approval-gate with the mode decide before the release is sealed",
        )
