"""The matter: everything that is known of one request at one moment, each thing found out once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from counterseal.approval.binding import changed
from counterseal.approval.board import FINAL, needs_board, unmet
from counterseal.approval.eligibility import Judge
from counterseal.approval.emergency import Review, overdue, review, unstated
from counterseal.approval.freeze import Frozen, freezes_of, frozen_reasons
from counterseal.approval.hearing import POST_REVIEW, Court, Hearing
from counterseal.approval.model import Event, Facts
from counterseal.approval.moments import order
from counterseal.approval.quorum import StageRule, stage_rules
from counterseal.approval.roll import Roll
from counterseal.approval.timetable import Timetable, timetable
from counterseal.host.text import one_line
from counterseal.manifest.approval import ApprovalRequest
from counterseal.manifest.record import Reason
from counterseal.manifest.types import Outcome
from counterseal.policy.approval import ApprovalPolicy, ChangeClass
from counterseal.policy.duties import Duties
from counterseal.policy.separation import judge_duties


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the engine.

    Attributes:
        request: what was asked of people.
        request_id: its id.
        events: what people did, in any order.
        policy: the policy's section `approval`.
        duties: the policy's section `duties`.
        facts: what is true.
        now: the moment.
    """

    request: ApprovalRequest
    request_id: str
    events: Sequence[Event]
    policy: ApprovalPolicy
    duties: Duties
    facts: Facts
    now: str


@dataclass(frozen=True, slots=True)
class Matter:
    """What is known.

    Attributes:
        now: the moment.
        facts: what is true.
        rules: how changes of this class are decided.
        times: the timetable.
        roll: who is who.
        stages: the stages.
        hearing: what people's acts come to.
        review: the review that an emergency owes; None where none is owed.
        freezes: the freezes that concern the request.
        revoked: why the request is void.
        refused: why the policy never accepts it.
        held: what keeps it from being approved for now.
        unsure: what could not be found out.
    """

    now: str
    facts: Facts
    rules: ChangeClass
    times: Timetable
    roll: Roll
    stages: tuple[StageRule, ...]
    hearing: Hearing
    review: Review | None
    freezes: tuple[Frozen, ...]
    revoked: tuple[Reason, ...]
    refused: tuple[Reason, ...]
    held: tuple[Reason, ...]
    unsure: tuple[Reason, ...]

    @property
    def is_over(self) -> bool:
        """Whether the deadline has come; exactly at the deadline it has."""
        return order(self.times.deadline) <= order(self.now)

    @property
    def is_stale(self) -> bool:
        """Whether there was an approval that may not be used any more."""
        expires = self.hearing.expires_at
        return expires is not None and order(expires) < order(self.now)

    @property
    def is_usable(self) -> bool:
        """Whether every stage is passed, and the approval not stale."""
        return self.hearing.expires_at is not None and not self.is_stale


def look_into(question: Question, rules: ChangeClass) -> Matter:
    """Return what is known of a request.

    Args:
        question: what is asked.
        rules: how changes of its class are decided.
    """
    request, policy, facts, now = question.request, question.policy, question.facts, question.now
    times = timetable(request, policy)
    roll = Roll(request, policy, question.duties, facts)
    stages = stage_rules(rules, times)
    hearing = _heard(question, rules, roll, stages, times)
    freezes = freezes_of(request, policy)
    board = tuple(unmet(request, facts, roll, now)) if needs_board(rules, policy) else ()
    findings = tuple(judge_duties(roll.actors, roll.identities, question.duties))
    return Matter(
        now=now,
        facts=facts,
        rules=rules,
        times=times,
        roll=roll,
        stages=stages,
        hearing=hearing,
        review=review(hearing, rules.break_glass) if rules.break_glass else None,
        freezes=freezes,
        revoked=tuple(voided(request, facts)),
        refused=(
            *not_accepted(request, policy),
            *unstated(request, rules),
            *(reason for reason in board if reason.rule == FINAL),
        ),
        held=(
            *frozen_reasons(freezes, now),
            *overdue(facts.debts, rules, now),
            *(finding.reason for finding in findings if finding.outcome is Outcome.FAILED),
            *(reason for reason in board if reason.rule != FINAL),
        ),
        unsure=(
            *gaps_of(facts),
            *(finding.reason for finding in findings if finding.outcome is Outcome.INCONCLUSIVE),
            *_hidden(roll, stages),
        ),
    )


def voided(request: ApprovalRequest, facts: Facts) -> Iterator[Reason]:
    """Yield why a request is void: it was asked about something else, or somebody else has used it."""
    yield from changed(request.binding, facts.binding)
    if facts.using and facts.consumed_by and facts.consumed_by != facts.deployment:
        yield used(facts.consumed_by)


def not_accepted(request: ApprovalRequest, policy: ApprovalPolicy) -> Iterator[Reason]:
    """Yield why the policy takes no change of this class to this environment."""
    environment, wanted = request.binding.environment, request.change_class
    rule = policy.environments.get(environment)
    if rule is None:
        message = f"the policy names no environment {environment}"
        yield Reason(rule="environment-unknown", message=message, subject=environment, remedy="name it there")
    elif wanted not in rule.classes:
        message = f"{environment} takes no changes of the class {wanted}"
        remedy = f"ask for one of: {', '.join(rule.classes)}"
        yield Reason(rule="class-not-accepted", message=message, subject=environment, remedy=remedy)
    if wanted not in policy.classes:
        message = f"the policy names no class of change {wanted}"
        yield Reason(rule="class-unknown", message=message, subject=wanted, remedy="name it there")


def gaps_of(facts: Facts) -> Iterator[Reason]:
    """Yield what could not be found out."""
    for gap in facts.gaps:
        message = f"{gap.topic}: {one_line(gap.message, limit=1000)}"
        yield Reason(
            rule="gap", message=message, subject=gap.subject, remedy="look again when it can be read"
        )


def used(deployment: str) -> Reason:
    """Return the reason that an approval was used."""
    message = f"it was used already, by {one_line(deployment, limit=200)}"
    return Reason(rule="used", message=message, remedy="ask again; an approval is used once")


def _heard(
    question: Question, rules: ChangeClass, roll: Roll, stages: Sequence[StageRule], times: Timetable
) -> Hearing:
    names = [rule.name for rule in stages] + ([POST_REVIEW] if rules.break_glass else [])
    judge = Judge(question.request, question.request_id, names, roll, question.now)
    return Court(judge, stages, times.deadline, rules.valid_for).hear(question.events)


def _hidden(roll: Roll, stages: Sequence[StageRule]) -> Iterator[Reason]:
    for group in roll.hidden(group for rule in stages for group, _ in rule.groups):
        yield Reason(
            rule="members-incomplete",
            message="not every member of the group is known",
            subject=group,
            remedy="give the token the right to read the group's teams",
        )
