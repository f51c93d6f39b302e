"""Decisions on record: read from their evidence, made again, and turned into what a manifest lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from counterseal.approval.model import Case
from counterseal.approval.record import approvals_of
from counterseal.approval.replay import differs, read_case
from counterseal.checks.approvals import verdict
from counterseal.errors import MalformedError, SealError
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord, Digest
from counterseal.manifest.release import Approval
from counterseal.store.casefile import FiledStatement

STAGE = "approval-gate"
CASE_NAME = "approval-case.json"
"""What the evidence is called that a decision was made from."""


def approvals_of_case(filed: FiledStatement, evidence: Iterable[bytes], candidate: str) -> list[Approval]:
    """Return the approvals and denials of one record of the approval gate.

    Args:
        filed: the record.
        evidence: its evidence files.
        candidate: the digest of the candidate that they must be about.

    Raises:
        SealError: a decision does not follow from its case, is not what the record says, or is about
            another candidate.
    """
    record: ControlRecord = filed.statement.predicate
    cases = list(read_cases(evidence))
    where = f"{record.stage}:{record.name}"
    if len(cases) != 1:
        raise SealError(f"the record has {len(cases)} cases instead of one", where=where)
    case = cases[0]
    require_replay(case, record, where)
    if case.request.binding.candidate.sha256 != candidate:
        raise SealError("the decision is about another candidate", where=where)
    digest = Digest(sha256=sha256(filed.payload))
    return list(approvals_of(case.request, case.events, case.decision, record=digest))


def read_cases(evidence: Iterable[bytes]) -> Iterable[Case]:
    """Yield the cases among evidence files; anything else is passed over."""
    for data in evidence:
        try:
            yield read_case(data, "evidence of a decision")
        except MalformedError:
            continue


def decision_problems(record: ControlRecord, evidence: Sequence[bytes]) -> Iterator[str]:
    """Yield what is wrong with a record of the approval gate, given its evidence; other records pass."""
    if record.stage != STAGE:
        return
    cases = list(read_cases(evidence))
    if len(cases) != 1:
        yield f"the record of a decision has {len(cases)} cases instead of one"
        return
    try:
        require_replay(cases[0], record, record.name)
    except (SealError, MalformedError) as error:  # a case of which nothing can be decided is no case
        yield error.message


def require_replay(case: Case, record: ControlRecord, where: str) -> None:
    """Refuse a decision that does not follow from its case, or is not what the record says.

    Raises:
        SealError: naming what differs.
    """
    if differing := differs(case):
        raise SealError(f"the decision does not follow from its case: {', '.join(differing)}", where=where)
    if verdict.outcome(case) is not record.outcome:
        raise SealError(f"the record says {record.outcome}, its case comes to something else", where=where)
