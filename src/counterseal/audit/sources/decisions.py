"""What people and the policy gate decided about a release, made again from the cases that are on record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from counterseal.approval.model import Case
from counterseal.approval.replay import differs
from counterseal.audit.population import Decided, Gated
from counterseal.checks.approvals import verdict
from counterseal.checks.approvals.decided import STAGE, read_cases
from counterseal.checks.gate.verdict import Ruled, RunRego, rule_on
from counterseal.errors import CountersealError, MalformedError
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.types import Outcome, format_time, parse_time
from counterseal.policy.duties import MAKERS
from counterseal.policy.gate.case import Case as GateCase
from counterseal.policy.gate.case import Verdict, differing
from counterseal.policy.gate.case import read_case as read_gate_case
from counterseal.policy.gate.rule import STAGE as GATE
from counterseal.policy.people import Identities
from counterseal.policy.separation import people_of

_GATE_CASE = "gate-case.json"


@dataclass(frozen=True)
class Judges:
    """What decisions are made again with.

    Attributes:
        run_rego: runs the organisation's own rules.
        today: the text of today's policy; None where there is none.
        paid: when the review of an emergency was given, by its request.
        doubts: why it cannot be told of some of them, by the request.
        unpaid: why nobody can tell whether further reviews were given; None when it can be told.
    """

    run_rego: RunRego
    today: str | None = None
    paid: Mapping[str, str] = field(default_factory=dict)
    unpaid: str | None = None
    doubts: Mapping[str, str] = field(default_factory=dict)


def decided_of(
    payload: str, record: ControlRecord, evidence: Sequence[bytes], judges: Judges
) -> Iterator[Decided]:
    """Yield what a record of the approval gate tells; a record of another stage tells nothing.

    Args:
        payload: the digest of the record's payload.
        record: the record.
        evidence: its files.
        judges: what decisions are made again with.
    """
    if record.stage != STAGE:
        return
    for case in read_cases(evidence):
        decision, rules = case.decision, case.policy.classes.get(case.request.change_class)
        review = decision.post_review
        yield Decided(
            record=payload,
            request=case.request_id,
            change_class=case.request.change_class,
            state=str(decision.state),
            requested_at=case.request.requested_at,
            decided_at=case.now,
            break_glass=rules is not None and rules.break_glass is not None,
            review_due_at=_moment(decision.post_review_due_at),
            reviewed_at=_moment(review.at if review else None) or _moment(judges.paid.get(case.request_id)),
            review_unknown=judges.unpaid or judges.doubts.get(case.request_id),
            follows=_follows(case, record),
            conflicts=tuple(_conflicts(case)),
            brought=case.facts.brought,
        )


def _follows(case: Case, record: ControlRecord) -> bool:
    """Tell whether a decision follows from its case; from one that cannot be decided nothing follows."""
    try:
        return not differs(case) and verdict.outcome(case) is record.outcome
    except MalformedError:
        return False


def _moment(time: str | None) -> str | None:
    """Return a time that a sealed document states; None where it states none of the calendar."""
    try:
        return time and format_time(parse_time(time))
    except MalformedError:
        return None


def _conflicts(case: Case) -> Iterator[str]:
    """Yield who counted although they made the change, whatever the policy of then let them do."""
    identities = Identities(case.facts.people)
    made = [(actor, people_of(actor, identities)) for actor in case.facts.actors if actor.role in MAKERS]
    for stage in case.decision.stages:
        for counted in stage.counted:
            roles = sorted({actor.role for actor, people in made if counted.person in people})
            if roles:
                yield f"{counted.person} approved in stage {stage.name}, and was {', '.join(roles)} before"


def gated_of(
    payload: str, record: ControlRecord, evidence: Sequence[bytes], judges: Judges
) -> Iterator[Gated]:
    """Yield what a record of the policy gate tells, by the policy of then and by that of today."""
    if record.stage != GATE:
        return
    cases = [
        (file, data) for file, data in zip(record.evidence, evidence, strict=False) if file.name == _GATE_CASE
    ]
    for file, data in cases:
        yield _gated(payload, record, data if sha256(data) == file.digest.sha256 else None, judges)
    if not cases:
        yield Gated(record=payload, outcome=record.outcome, unproven="the record keeps no case")


def _gated(payload: str, record: ControlRecord, data: bytes | None, judges: Judges) -> Gated:
    """Return what the gate said, made again. What lies in the store may be anything, and ends no audit."""
    plain = Gated(record=payload, outcome=record.outcome)
    if data is None:
        return replace(plain, unproven="its case is not there as it was kept")
    try:
        case = read_gate_case(data, _GATE_CASE)
    except MalformedError:
        return replace(plain, follows=False)
    then = _ruled(lambda: rule_on(case, judges.run_rego))
    now = _ruled(lambda: rule_on(case, judges.run_rego, judges.today)) if judges.today else None
    unproven = _unproven(then, case, record)
    return replace(
        plain,
        follows=unproven is not None or (isinstance(then, Ruled) and _is_kept(then, case, record)),
        unproven=unproven,
        today=None if now is None else now.judged.outcome if isinstance(now, Ruled) else Outcome.INCONCLUSIVE,
        broken=tuple(_broken(now)) if isinstance(now, Ruled) else (),
    )


def _unproven(then: Ruled | CountersealError, case: GateCase, record: ControlRecord) -> str | None:
    """Return why nobody can tell whether a verdict follows: here the rules in Rego may not run."""
    if isinstance(then, CountersealError):
        return then.message[:1000]
    if then.rego is None or _is_kept(then, case, record):
        return None
    open_ = (one.reason.message for one in then.rego.findings if one.outcome is Outcome.INCONCLUSIVE)
    return next((message[:1000] for message in open_), None)


def _is_kept(then: Ruled, case: GateCase, record: ControlRecord) -> bool:
    """Tell whether what a case comes to is what it keeps, and what its record says."""
    kept = case.verdict or Verdict(outcome=record.outcome)
    return not differing(kept, then.verdict()) and kept.outcome is record.outcome


def _ruled(judge: Callable[[], Ruled]) -> Ruled | CountersealError:
    """Return what a case comes to, or why that cannot be told."""
    try:
        return judge()
    except CountersealError as refusal:
        return refusal


def _broken(ruled: Ruled) -> Iterable[str]:
    return dict.fromkeys(one.rule for one in ruled.judged.gated.blocking)
