"""Stages: each has to be passed, by as many different people as it asks for."""

from __future__ import annotations

from counterseal.approval.model import State
from unit.approval import worlds
from unit.approval.worlds import (
    ANN,
    BEN,
    BOTH,
    CARA,
    SAM,
    SUE,
    at,
    comment,
    judge,
    people,
    rules_of,
    signed,
    why,
)


def test_every_stage_has_to_be_passed():
    assert judge(comment(ANN, 1)).state is State.PENDING
    decision = judge(*BOTH)
    assert decision.state is State.APPROVED
    assert decision.lets_through
    assert [stage.passed for stage in decision.stages] == [True, True]
    assert decision.reasons == ()


def test_silence_denies():
    assert judge(hours=24).state is State.EXPIRED
    assert rules_of(judge(hours=24)) == ["deadline-passed", "quorum-missing", "quorum-missing"]


def test_what_is_unmet_is_said_stage_by_stage():
    first, second = judge().reasons
    assert (first.rule, first.subject, first.message) == ("quorum-missing", "lead", "0 of 1 have approved")
    assert (second.rule, second.subject) == ("quorum-missing", "security")
    assert second.remedy == "who can approve: security"


def test_a_quorum_needs_different_people():
    twice = (comment(ANN, 1), second := comment(ANN, 2))
    decision = judge(*twice, change_class="pair")
    assert decision.state is State.PENDING
    assert why(decision, second) == "event-repeated"
    assert judge(comment(ANN, 1), comment(BEN, 2), change_class="pair").state is State.APPROVED


def test_two_accounts_of_one_person_count_once():
    known = people(ann={"accounts": [ANN, BEN]}, cara={"accounts": [CARA]}, robin={"accounts": [900]})
    events = (comment(ANN, 1), comment(BEN, 2))
    assert judge(*events, change_class="pair", people=known).state is State.PENDING
    assert judge(*events, comment(CARA, 3), change_class="pair", people=known).state is State.APPROVED


def test_the_quorum_across_tiers_is_counted_tier_by_tier():
    rules = worlds.with_class(
        "normal",
        stages=[
            {"name": "lead", "groups": ["leads"], "quorum": 2},
            {"name": "security", "groups": ["security"], "quorum": 2},
        ],
    )
    events = [comment(ANN, 1), comment(SAM, 2), comment(SUE, 3)]
    decision = judge(*events, rules=rules)
    assert decision.state is State.PENDING
    assert [(len(stage.counted), stage.passed) for stage in decision.stages] == [(1, False), (2, False)]
    assert "and wait for the stages before" in decision.reasons[1].message
    assert judge(*events, comment(BEN, 4), rules=rules).state is State.APPROVED


def test_an_approval_given_before_the_earlier_stage_was_passed_counts_afterwards():
    decision = judge(comment(SAM, 1), comment(ANN, 3))
    assert decision.state is State.APPROVED
    assert [stage.at for stage in decision.stages] == [at(3), at(3)]


def test_nobody_counts_in_two_stages_that_are_distinct():
    stages = [{"name": "one", "groups": ["leads"]}, {"name": "two", "groups": ["leads", "security"]}]
    rules = worlds.with_class("normal", stages=stages)
    assert judge(comment(ANN, 1), rules=rules).state is State.PENDING
    assert judge(comment(ANN, 1), comment(BEN, 2), rules=rules).state is State.APPROVED
    stages[1]["distinct"] = False
    assert judge(comment(ANN, 1), rules=worlds.with_class("normal", stages=stages)).state is State.APPROVED


def test_a_stage_that_is_named_is_the_only_one_that_is_meant():
    stages = [{"name": "one", "groups": ["leads"]}, {"name": "two", "groups": ["leads"]}]
    rules = worlds.with_class("normal", stages=stages)
    decision = judge(comment(ANN, 1, stage="two"), rules=rules)
    assert [len(stage.counted) for stage in decision.stages] == [0, 1]
    wrong = comment(ANN, 1, stage="three")
    assert why(judge(wrong, rules=rules), wrong) == "event-stage-unknown"


def test_a_stage_may_ask_for_signed_files_alone():
    rules = worlds.with_class(
        "simple", stages=[{"name": "lead", "groups": ["leads"], "sources": ["signed-file"]}]
    )
    known = people(ann={"accounts": [ANN], "keys": ["SHA256:ann"]}, robin={"accounts": [900]})
    spoken = comment(ANN, 1)
    decision = judge(spoken, change_class="simple", rules=rules, people=known)
    assert why(decision, spoken) == "event-not-eligible"
    assert judge(signed("SHA256:ann", 1), change_class="simple", rules=rules, people=known).lets_through


def test_who_was_not_needed_is_told_so():
    surplus = comment(BEN, 3)
    assert why(judge(*BOTH, surplus), surplus) == "event-not-needed"
