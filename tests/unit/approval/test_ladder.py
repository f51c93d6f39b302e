"""The ladder: who is added, reminded and woken, and when."""

from __future__ import annotations

from counterseal.approval.model import State
from unit.approval import worlds
from unit.approval.worlds import ANN, BOTH, DAN, DOT, at, comment, judge, why


def test_an_escalation_adds_people_from_its_moment_on_and_not_before():
    early, later = comment(DOT, 17), comment(DAN, 18)
    decision = judge(comment(ANN, 1), early, hours=20)
    assert why(decision, early) == "event-not-eligible"
    assert judge(comment(ANN, 1), later, hours=20).state is State.APPROVED


def test_a_sweep_that_is_late_doubled_or_missing_changes_nothing():
    """Nobody has to have swept: the moment of the escalation follows from the request alone."""
    events = (comment(ANN, 1), comment(DOT, 18))
    swept = [judge(*events, hours=hours) for hours in (19, 19, 23, 40)]
    assert {decision.state for decision in swept} == {State.APPROVED}
    assert {decision.stages for decision in swept[:3]} == {swept[0].stages}


def test_the_steps_that_are_due_have_the_same_names_every_time():
    keys = [step.key for step in judge(hours=20).due]
    assert keys == ["remind-50", "remind-80", "escalate-75"]
    assert judge(hours=20).due == judge(hours=20).due
    assert [step.due_at for step in judge(hours=20).due] == [at(12), at(19.2), at(18)]
    assert judge(hours=11.9).due == ()


def test_two_escalations_at_one_moment_are_one_step():
    steps = [{"after": 75, "add": ["duty"]}, {"after": 75, "add": ["duty", "reviewers"]}]
    decision = judge(hours=20, rules=worlds.with_class("normal", escalate=steps, remind=[]))
    assert [(step.key, step.groups) for step in decision.due] == [("escalate-75", ("duty", "reviewers"))]


def test_nobody_is_reminded_when_nobody_is_needed():
    assert judge(*BOTH, hours=20).due == ()


def test_an_expired_request_has_one_step_left():
    assert [(step.key, step.due_at) for step in judge(hours=99).due] == [("expire", at(24))]
    approved = judge(*BOTH, hours=99)
    assert [(step.key, step.due_at) for step in approved.due] == [("expire", at(26))]
    assert judge(*BOTH, hours=99, consumed_by="deploy/1").due == ()


def test_the_next_wake_is_the_next_thing_that_time_brings():
    assert judge(hours=0).next_wake == at(12)
    assert judge(hours=12).next_wake == at(18)
    assert judge(hours=20).next_wake == at(24)
    assert judge(hours=24).next_wake is None
    assert judge(*BOTH, hours=3).next_wake == at(24)
    assert judge(*BOTH, hours=25).next_wake == "2026-11-24T12:00:01Z"
