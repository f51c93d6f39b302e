"""Emergencies: their own people, a reason, and a review afterwards."""

from __future__ import annotations

import pytest

from counterseal.approval.model import Debt, State
from unit.approval import worlds
from unit.approval.worlds import ANN, BOTH, DOT, REX, RIA, account, at, comment, judge, rules_of, why


def _emergency(*events, hours=1.0, asked=None, **known):
    asked = asked or worlds.request("emergency", reason="it is down", incident="INC-7")
    return judge(*events, hours=hours, asked=asked, **known)


def test_an_emergency_is_approved_by_its_own_people():
    decision = _emergency(comment(DOT, 0.5))
    assert decision.state is State.EMERGENCY
    assert decision.lets_through
    assert decision.post_review_due_at == at(48.5)
    assert not decision.post_reviewed
    assert _emergency(comment(ANN, 0.5)).state is State.PENDING


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"reason": "it is down"}, "emergency-without-incident"),
        ({"incident": "INC-7"}, "emergency-without-reason"),
        ({"incident": " ", "reason": "it is down"}, "emergency-without-incident"),
    ],
)
def test_an_emergency_needs_a_reason_and_an_incident(changes, rule):
    decision = _emergency(comment(DOT, 0.5), asked=worlds.request("emergency", **changes))
    assert (decision.state, rules_of(decision)) == (State.DENIED, [rule])


def test_an_emergency_is_reviewed_afterwards_by_others():
    ours = comment(DOT, 0.5)
    early, mine = comment(REX, 0.25, stage="post-review"), comment(DOT, 1, stage="post-review")
    decision = _emergency(ours, early, mine)
    assert not decision.post_reviewed
    assert why(decision, early) == why(decision, mine) == "event-not-eligible"
    reviewed = _emergency(ours, comment(RIA, 30, stage="post-review"), hours=31)
    assert reviewed.post_reviewed
    assert reviewed.post_review.counted[0].account == account(RIA)


def test_a_review_that_refuses_pays_no_debt():
    no = comment(REX, 2, "deny", stage="post-review")
    decision = _emergency(comment(DOT, 0.5), comment(REX, 1, stage="post-review"), no, hours=2)
    assert decision.state is State.EMERGENCY
    assert not decision.post_reviewed
    assert why(decision, no) == "event-review-refused"


def test_an_overdue_review_is_a_step_until_it_is_made():
    ours = comment(DOT, 0.5)
    assert [step.key for step in _emergency(ours, hours=48.5).due] == ["expire", "post-review-due"]
    late = _emergency(ours, comment(REX, 50, stage="post-review"), hours=51)
    assert late.post_reviewed
    assert [step.key for step in late.due] == ["expire"]


def test_a_review_outside_an_emergency_is_no_stage():
    event = comment(REX, 1, stage="post-review")
    assert why(judge(event), event) == "event-stage-unknown"


def test_an_overdue_review_blocks_the_next_ordinary_release():
    debt = Debt(request="f" * 16, due_at=at(5), environment="production")
    blocked = judge(*BOTH, debts=(debt,), hours=5)
    assert (blocked.state, rules_of(blocked)) == (State.PENDING, ["post-review-overdue"])
    assert judge(*BOTH, debts=(debt,), hours=4.9).state is State.APPROVED
    assert _emergency(comment(DOT, 0.5), debts=(debt,), hours=1.5).state is State.EMERGENCY
