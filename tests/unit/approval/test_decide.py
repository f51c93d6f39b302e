"""A decision as a whole: freezes, use, what the policy does not take, and what is not known."""

from __future__ import annotations

import msgspec

from counterseal.approval.decide import decide
from counterseal.approval.model import State
from counterseal.policy.duties import Duties
from counterseal.policy.forge import Gap
from unit.approval import worlds
from unit.approval.worlds import ANN, BOTH, at, binding, comment, judge, rules_of

# Freezes


def _frozen(**changes):
    freeze = {"name": "close", "zone": "UTC", "from": "2026-11-23T20:00", "until": "2026-11-24T06:00"}
    return worlds.policy(freezes=[{**freeze, **changes}])


def test_a_freeze_that_begins_while_people_decide_holds_the_release():
    assert judge(*BOTH, hours=9, rules=_frozen()).state is State.APPROVED
    held = judge(*BOTH, hours=10, rules=_frozen())
    assert (held.state, rules_of(held), held.next_wake) == (State.PENDING, ["freeze"], at(20))
    assert judge(*BOTH, hours=20, rules=_frozen()).state is State.APPROVED


def test_a_freeze_lets_its_exceptions_and_other_environments_through():
    assert judge(*BOTH, rules=_frozen(**{"except": ["normal"]})).state is State.APPROVED
    other = msgspec.structs.replace(_frozen().freezes[0], environments=("staging",))
    assert judge(*BOTH, rules=msgspec.structs.replace(worlds.policy(), freezes=(other,))).lets_through


# Use


def test_an_approval_is_used_once():
    used = {"consumed_by": "100/1/deploy", "using": True}
    assert rules_of(judge(*BOTH, **used)) == ["used"]
    assert judge(*BOTH, **used).state is State.REVOKED
    assert judge(*BOTH, **used, deployment="101/1/deploy").state is State.REVOKED
    assert judge(*BOTH, **used, deployment="100/1/deploy").state is State.APPROVED


def test_a_used_approval_is_still_told_as_what_it_was():
    decision = judge(*BOTH, consumed_by="100/1/deploy")
    assert decision.state is State.APPROVED
    assert rules_of(decision) == ["used"]


# The policy's no


def test_an_environment_that_the_policy_does_not_name_is_refused():
    elsewhere = binding(environment="prod")
    decision = judge(*BOTH, asked=worlds.request(binding=elsewhere), binding=elsewhere)
    assert (decision.state, rules_of(decision)) == (State.DENIED, ["environment-unknown"])


def test_a_class_that_the_environment_does_not_take_is_refused():
    rules = worlds.policy(environments={"production": {"classes": ["simple"], "default": "simple"}})
    assert rules_of(judge(*BOTH, rules=rules)) == ["class-not-accepted"]
    unknown = judge(asked=worlds.request("wild"))
    assert (unknown.state, rules_of(unknown)) == (State.DENIED, ["class-not-accepted", "class-unknown"])
    moved = judge(asked=worlds.request("wild"), binding=binding(run="100/2"))
    assert moved.state is State.REVOKED


# What is not known


def test_with_a_gap_nothing_is_let_through_and_a_denial_stays():
    gap = Gap(topic="reviews", message="the listing stopped at 100", subject="#12")
    decision = judge(*BOTH, gaps=(gap,))
    assert (decision.state, decision.certain, decision.lets_through) == (State.APPROVED, False, False)
    assert rules_of(decision) == ["gap"]
    assert judge(comment(ANN, 1, "deny"), gaps=(gap,)).state is State.DENIED


def test_hostile_names_are_text():
    evil = worlds.account(777)
    evil = msgspec.structs.replace(evil, login="x\n::error::y")
    event = comment(777, 1, account=evil)
    decision = judge(event, gaps=(Gap(topic="x", message="a\nb"),), binding=binding(base_ref="a\nb"))
    assert not any("\n" in reason.message for reason in decision.reasons)


def test_the_moment_is_an_argument_and_nothing_else_is_asked_for_it():
    given = (worlds.request(), worlds.ID, BOTH, worlds.policy(), Duties(), worlds.facts())
    assert decide(*given, at(12)) == decide(*given, at(12))
    assert decide(*given, at(99)).state is State.EXPIRED
