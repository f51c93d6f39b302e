"""Records of decisions: a control record whose evidence is the case, so that anybody can decide again."""

from __future__ import annotations

from counterseal.approval.model import Case
from counterseal.approval.replay import encode_case
from counterseal.checks.approvals import verdict
from counterseal.checks.approvals.decided import CASE_NAME
from counterseal.checks.evidence import Facts, Observation
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import Digest, EvidenceReference, Origin
from counterseal.manifest.statement import Statement
from counterseal.manifest.types import parse_time

STAGE = "approval-gate"
_MOST_REASONS = 200


def case_evidence(case: Case) -> tuple[bytes, EvidenceReference]:
    """Return the bytes of a case and what refers to them."""
    data = encode_case(case)
    reference = EvidenceReference(
        name=CASE_NAME, media_type="application/json", size=len(data), digest=Digest(sha256=sha256(data))
    )
    return data, reference


def record_of(case: Case, name: str, origin: Origin, evidence: EvidenceReference) -> Statement:
    """Return the control record of a decision, dated by the forge's clock.

    Args:
        case: the case.
        name: the record's name.
        origin: the commit and run that it belongs to.
        evidence: what refers to the case.
    """
    decision = case.decision
    counted = sum(len(stage.counted) for stage in decision.stages)
    counts = {"events": len(case.events), "approvals": counted, "stages": len(decision.stages)}
    seen = Observation(
        stage=STAGE,
        name=name,
        kind="approval",
        origin=origin,
        facts=Facts(verdict.outcome(case), counts, verdict.reasons(case)[:_MOST_REASONS]),
        evidence=(evidence,),
    )
    return seen.write(parse_time(case.now))


def origin_of(case: Case) -> Origin:
    """Return the origin of a decision that is made apart from any checkout."""
    binding = case.request.binding
    return Origin(repository=binding.repository, commit=binding.commit, run=binding.run)
