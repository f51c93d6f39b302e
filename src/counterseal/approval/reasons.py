"""Why not: every need that is not met, and every event that did not count, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.approval.eligibility import Act
from counterseal.approval.matter import Matter, used
from counterseal.approval.model import State
from counterseal.approval.moments import order
from counterseal.approval.quorum import Count
from counterseal.approval.reach import unreachable
from counterseal.host.text import one_line
from counterseal.manifest.record import Reason


def reasons_of(matter: Matter, state: State) -> Iterator[Reason]:
    """Yield what decided the state, what is not met, what is uncertain, and what did not count.

    Args:
        matter: what is known.
        state: what it has come to.
    """
    yield from (_denied(act) for act, _ in matter.hearing.denied)
    yield from matter.revoked
    yield from matter.refused
    if state in {State.EXPIRED, State.PENDING}:
        yield from _needs(matter)
    yield from matter.held
    yield from matter.unsure
    if matter.facts.consumed_by and not any(reason.rule == "used" for reason in matter.revoked):
        yield used(matter.facts.consumed_by)
    yield from matter.hearing.notes
    yield from matter.review.notes if matter.review else ()


def _denied(act: Act) -> Reason:
    why = f": {one_line(act.event.reason, limit=500)}" if act.event.reason else ""
    message = f"{act.who.shown} denied it at {act.event.at}{why}"
    return Reason(rule="denied", message=message, subject=act.event.id, remedy="a denial is final; ask again")


def _needs(matter: Matter) -> Iterator[Reason]:
    if matter.hearing.expires_at is not None:
        if matter.is_stale:
            yield _stale(matter, matter.hearing.expires_at)
        return
    if matter.is_over:
        message = f"the deadline was {matter.times.deadline}, and silence denies"
        yield Reason(rule="deadline-passed", message=message, remedy="ask again")
    for count in matter.hearing.counts:
        if count.at is None:
            yield _missing(count, matter.now)
    if not matter.is_over:
        yield from unreachable(matter.stages, matter.roll, matter.now)


def _stale(matter: Matter, expires: str) -> Reason:
    if matter.is_over:
        return Reason(
            rule="approval-expired", message=f"it could be used until {expires}", remedy="ask again"
        )
    message = f"it could be used until {expires}; the deadline is {matter.times.deadline}"
    return Reason(rule="approval-lapsed", message=message, remedy="approve again before the deadline")


def _missing(count: Count, now: str) -> Reason:
    rule = count.rule
    found = f"{len(count.votes)} of {rule.quorum} have approved"
    if len(count.votes) == rule.quorum:
        found += ", and wait for the stages before"
    groups = ", ".join(rule.allowed(order(now)))
    remedy = f"who can approve: {groups}"
    return Reason(rule="quorum-missing", message=found, subject=rule.name, remedy=remedy)
