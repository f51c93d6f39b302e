"""The decision: what a request has come to at one moment, from the facts alone.

The states in the order in which they are tried: denied by a person, revoked, denied by the policy, expired,
pending, approved or emergency. What is uncertain keeps its state and lets nothing through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from counterseal.approval.emergency import Review
from counterseal.approval.hearing import counted
from counterseal.approval.ladder import endings, nudges
from counterseal.approval.matter import Matter, Question, gaps_of, look_into, not_accepted, voided
from counterseal.approval.model import Decision, Event, Facts, StageResult, State, Step
from counterseal.approval.moments import order
from counterseal.approval.quorum import Count
from counterseal.approval.reasons import reasons_of
from counterseal.approval.wake import next_wake
from counterseal.manifest.approval import ApprovalRequest
from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.duties import Duties


def decide(
    request: ApprovalRequest,
    request_id: str,
    events: Sequence[Event],
    policy: ApprovalPolicy,
    duties: Duties,
    facts: Facts,
    now: str,
) -> Decision:
    """Return what a request has come to.

    Args:
        request: what was asked.
        request_id: the request's id, which people name.
        events: what people did, in any order.
        policy: the policy's section `approval`, one that `check_approval` accepts.
        duties: the policy's section `duties`.
        facts: what is true, freshly observed.
        now: the moment, by a server's clock.

    Raises:
        MalformedError: when the policy's calendar has no time for the deadline.
    """
    rules = policy.classes.get(request.change_class)
    if rules is None:
        return _without_class(request, policy, facts)
    question = Question(request, request_id, events, policy, duties, facts, now)
    return _decision(look_into(question, rules))


def _without_class(request: ApprovalRequest, policy: ApprovalPolicy, facts: Facts) -> Decision:
    revoked = tuple(voided(request, facts))
    return Decision(
        state=State.REVOKED if revoked else State.DENIED,
        certain=not facts.gaps,
        reasons=(*revoked, *not_accepted(request, policy), *gaps_of(facts)),
    )


def _decision(matter: Matter) -> Decision:
    state = _state(matter)
    stages = tuple(_result(count, matter.now) for count in matter.hearing.counts)
    owed = matter.review if state is not State.DENIED else None
    return Decision(
        state=state,
        certain=not matter.unsure and matter.hearing.ahead is None,
        reasons=tuple(reasons_of(matter, state)),
        stages=stages,
        deadline=matter.times.deadline,
        next_wake=next_wake(matter, state, owed),
        due=tuple(_due(matter, state, stages, owed)),
        expires_at=matter.hearing.expires_at,
        post_review_due_at=owed.due_at if owed else None,
        post_reviewed=owed is not None and owed.result.passed,
        post_review=owed.result if owed else None,
        denied_by=tuple(counted(act, group) for act, group in matter.hearing.denied),
    )


def _state(matter: Matter) -> State:
    if matter.hearing.denied:
        return State.DENIED
    if matter.revoked:
        return State.REVOKED
    if matter.refused:
        return State.DENIED
    if matter.is_over and not matter.is_usable:
        return State.EXPIRED
    if matter.held or not matter.is_usable:
        return State.PENDING
    return State.EMERGENCY if matter.rules.break_glass else State.APPROVED


def _result(count: Count, now: str) -> StageResult:
    return StageResult(
        name=count.rule.name,
        quorum=count.rule.quorum,
        passed=count.at is not None,
        counted=tuple(counted(vote.act, vote.group) for vote in count.votes),
        at=f"{count.at}Z" if count.at else None,
        who=count.rule.allowed(order(now)),
    )


def _due(matter: Matter, state: State, stages: Sequence[StageResult], owed: Review | None) -> Iterator[Step]:
    if state is State.PENDING:
        yield from nudges(matter.times, stages, matter.now)
    is_unused_and_expired = state is State.EXPIRED and not matter.facts.consumed_by
    yield from endings(
        matter.times.deadline if is_unused_and_expired else None, matter.hearing.expires_at, owed, matter.now
    )
