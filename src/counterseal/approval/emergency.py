"""Breaking the glass: what an emergency has to say beforehand, and the review that it owes afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from counterseal.approval.eligibility import Act, refused
from counterseal.approval.hearing import POST_REVIEW, Hearing, counted
from counterseal.approval.model import Debt, StageResult
from counterseal.approval.moments import later, order
from counterseal.manifest.approval import ApprovalRequest
from counterseal.manifest.record import Reason
from counterseal.policy.approval import BreakGlass, ChangeClass


@dataclass(frozen=True, slots=True)
class Review:
    """The review that an emergency owes.

    Attributes:
        due_at: by when.
        result: who has reviewed it.
        notes: why which event did not count.
    """

    due_at: str
    result: StageResult
    notes: tuple[Reason, ...] = ()


def unstated(request: ApprovalRequest, rules: ChangeClass) -> Iterator[Reason]:
    """Yield what an emergency fails to say."""
    if rules.break_glass:
        for name, value in (("reason", request.reason), ("incident", request.incident)):
            if not (value or "").strip():
                yield Reason(
                    rule=f"emergency-without-{name}",
                    message=f"an emergency has to state its {name}",
                    subject=request.change_class,
                    remedy=f"ask again, and state the {name}",
                )


def overdue(debts: Iterable[Debt], rules: ChangeClass, now: str) -> Iterator[Reason]:
    """Yield the reviews that are overdue; each holds every class of change but emergencies."""
    for debt in debts:
        if not rules.break_glass and order(debt.due_at) <= order(now):
            yield Reason(
                rule="post-review-overdue",
                message=f"the emergency in {debt.environment} had to be reviewed before {debt.due_at}",
                subject=debt.request,
                remedy=f"review it: /approve {debt.request} stage={POST_REVIEW}",
            )


def review(hearing: Hearing, glass: BreakGlass) -> Review | None:
    """Return what the review of an emergency has come to; None as long as nothing was approved."""
    if (passed_at := hearing.passed_at) is None:
        return None
    approvers = {vote.act.person for count in hearing.counts for vote in count.votes}
    standing: dict[str, Act] = {}
    notes: list[Reason] = []
    for act in hearing.reviews:
        if refusal := _refusal(act, passed_at, approvers, glass):
            notes.append(refusal)
        elif act.event.action == "approve":
            standing.setdefault(act.person, act)
        else:
            standing.pop(act.person, None)
            notes.append(refused(act.event, "event-review-refused", f"{act.who.shown} does not accept it"))
    chosen = tuple(standing.values())[: glass.quorum]
    result = StageResult(
        name=POST_REVIEW,
        quorum=glass.quorum,
        passed=len(chosen) == glass.quorum,
        counted=tuple(counted(act, _group(act, glass) or "") for act in chosen),
        at=chosen[-1].event.at if len(chosen) == glass.quorum else None,
        who=glass.post_review,
    )
    return Review(later(passed_at, hours=glass.within), result, tuple(notes))


def _refusal(act: Act, passed_at: str, approvers: set[str], glass: BreakGlass) -> Reason | None:
    if act.at < order(passed_at):
        return refused(act.event, "event-not-eligible", "a review comes after the decision")
    if act.person in approvers:
        return refused(act.event, "event-not-eligible", f"{act.who.shown} approved it, and cannot review it")
    if not _group(act, glass):
        return refused(act.event, "event-not-eligible", f"{act.who.shown} may not review it")
    return None


def _group(act: Act, glass: BreakGlass) -> str | None:
    return next((group for group in glass.post_review if group in act.groups), None)
