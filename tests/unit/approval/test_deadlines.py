"""Deadlines: what is late, what has lapsed, and what came before the request."""

from __future__ import annotations

import pytest

from counterseal.approval.model import State
from unit.approval import worlds
from unit.approval.worlds import ANN, BEN, BOTH, SUE, actor, at, comment, judge, review, rules_of, why


@pytest.mark.parametrize(("seconds", "state"), [(-1, State.APPROVED), (0, State.EXPIRED), (1, State.EXPIRED)])
def test_exactly_at_the_deadline_is_late(seconds, state):
    hours = 24 + seconds / 3600
    event = comment(ANN, hours)
    decision = judge(event, change_class="simple", hours=hours)
    assert decision.deadline == at(24)
    assert decision.state is state
    if state is State.EXPIRED:
        assert why(decision, event) == "event-late"


def test_a_fraction_of_a_second_before_the_deadline_is_in_time():
    event = comment(ANN, 1, at="2026-11-24T09:59:59.999Z")
    assert judge(event, change_class="simple", hours=24).state is State.APPROVED
    late = comment(ANN, 1, at="2026-11-24T10:00:00.000Z")
    assert judge(late, change_class="simple", hours=25).state is State.EXPIRED


def test_what_was_said_before_the_request_does_not_answer_it():
    event = review(ANN, -1 / 3600)
    assert why(judge(event), event) == "event-before-request"


def test_an_approval_is_used_until_it_expires_and_not_after():
    event = comment(ANN, 23)
    assert judge(event, change_class="simple", hours=47).state is State.APPROVED
    decision = judge(event, change_class="simple", hours=47 + 1 / 3600, using=True)
    assert decision.expires_at == at(47)
    assert decision.state is State.EXPIRED
    assert rules_of(decision) == ["approval-expired"]


def test_an_approval_that_lapsed_before_the_deadline_can_be_given_again():
    rules = worlds.with_class("simple", **{"valid-for": 1})
    first = comment(ANN, 1)
    lapsed = judge(first, change_class="simple", rules=rules, hours=3)
    assert lapsed.state is State.PENDING
    assert rules_of(lapsed) == ["approval-lapsed"]
    again = judge(first, comment(ANN, 3), change_class="simple", rules=rules, hours=3.5)
    assert (again.state, again.expires_at) == (State.APPROVED, at(4))
    assert judge(first, change_class="simple", rules=rules, hours=24).state is State.EXPIRED


def test_an_actor_more_does_not_prolong_an_approval():
    rules = worlds.with_class("simple", deadline=2, **{"valid-for": 1})
    events = (comment(ANN, 0.25), comment(BEN, 0.75))
    both = judge(*events, change_class="simple", rules=rules)
    one = judge(*events, change_class="simple", rules=rules, actors=(actor(ANN),))
    assert both.expires_at == one.expires_at == at(1.75)


def test_an_approval_after_the_request_expired_counts_for_nothing():
    event = comment(ANN, 30)
    decision = judge(event, change_class="simple", hours=31)
    assert decision.state is State.EXPIRED
    assert why(decision, event) == "event-late"


def test_an_event_later_than_the_clock_makes_the_decision_uncertain():
    event = comment(SUE, 13, "deny")
    decision = judge(*BOTH, event, hours=12)
    assert why(decision, event) == "event-ahead"
    assert not decision.lets_through
    assert decision.next_wake == event.at
