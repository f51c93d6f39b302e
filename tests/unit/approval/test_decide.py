"""The cases that a decision has to get right, each by name."""

from __future__ import annotations

import msgspec
import pytest

from counterseal.approval.decide import decide
from counterseal.approval.model import Debt, State
from counterseal.manifest.record import Digest
from counterseal.manifest.release import Person
from counterseal.policy.duties import Actor, Duties
from counterseal.policy.forge import Gap
from unit.approval import worlds
from unit.approval.worlds import (
    ANN,
    BEN,
    BINDING,
    CARA,
    DAN,
    DOT,
    OLA,
    REX,
    RIA,
    SAM,
    SUE,
    account,
    actor,
    at,
    comment,
    judge,
    ops,
    people,
    review,
    rules_of,
    signed,
    why,
)

BOTH = (comment(ANN, 1), comment(SAM, 2))


def _binding(**changes):
    return msgspec.structs.replace(BINDING, **changes)


# The whole way


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


# What is bound


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("commit", "e" * 40),
        ("tree", "e" * 40),
        ("candidate", Digest(sha256="e" * 64)),
        ("policy", Digest(sha256="e" * 64)),
        ("run", "100/2"),
        ("base_ref", "refs/heads/other"),
        ("pull_request", 13),
        ("environment", "staging"),
        ("repository", "https://github.example/acme/other"),
        ("repository_id", 78),
        ("run", None),
    ],
)
def test_whatever_changes_after_the_request_voids_it(field, value):
    decision = judge(*BOTH, binding=_binding(**{field: value}))
    assert decision.state is State.REVOKED
    assert rules_of(decision) == [f"binding-{field.replace('_', '-')}"]
    assert not decision.lets_through


def test_a_push_after_the_approval_voids_it():
    assert judge(*BOTH, binding=_binding(commit="e" * 40, tree="f" * 40)).state is State.REVOKED


def test_a_push_in_the_same_second_as_the_approval_voids_it():
    """Only the commit tells the two apart, never the time."""
    old = review(ANN, 1, commit="e" * 40)
    new = review(BEN, 1)
    assert why(judge(old, new), old) == "event-other-commit"
    assert judge(old, new).stages[0].counted[0].account == account(BEN)


def test_the_second_attempt_of_a_run_is_another_run():
    assert rules_of(judge(*BOTH, binding=_binding(run="100/2"))) == ["binding-run"]


def test_another_artifact_is_another_candidate():
    assert rules_of(judge(*BOTH, binding=_binding(candidate=Digest(sha256="e" * 64)))) == [
        "binding-candidate"
    ]


def test_a_policy_that_changes_while_people_wait_voids_the_request():
    assert judge(binding=_binding(policy=Digest(sha256="e" * 64))).state is State.REVOKED


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"request": "f" * 16}, "event-other-request"),
        ({"request": None}, "event-without-request"),
        ({"candidate": "f" * 64}, "event-other-candidate"),
        ({"run": "100/2"}, "event-other-run"),
        ({"source": "environment", "request": None}, "event-without-run"),
        ({"source": "environment", "request": None, "run": "99/1"}, "event-other-run"),
        ({"source": "review", "request": None}, "event-without-commit"),
        ({"source": "signed-file", "keyid": "SHA256:x"}, "event-without-candidate"),
        ({"source": "change-record", "tracker": "x"}, "event-without-candidate"),
    ],
)
def test_an_event_names_what_its_source_can_name(changes, rule):
    event = comment(ANN, 1, **changes)
    assert why(judge(event), event) == rule


def test_an_environment_review_counts_for_its_run():
    event = comment(ANN, 1, source="environment", request=None, run="100/1")
    assert judge(event, change_class="simple").state is State.APPROVED


def test_a_review_without_a_commit_counts_for_nothing():
    event = review(ANN, 1, commit=None)
    assert why(judge(event), event) == "event-without-commit"


# Who may


def test_an_edited_comment_counts_for_nothing():
    event = comment(ANN, 1, edited=True)
    assert why(judge(event), event) == "event-edited"


def test_a_denial_that_was_edited_still_denies():
    assert judge(*BOTH, comment(BEN, 3, "deny", edited=True)).state is State.DENIED


def test_a_deleted_account_approves_nothing():
    event = comment(None, 1)
    assert why(judge(event), event) == "event-nobody"


@pytest.mark.parametrize(
    "role", ["opener", "author", "committer", "co-author", "pusher", "merger", "artifact-signer"]
)
def test_who_touched_the_change_cannot_approve_it_in_another_role(role):
    event = comment(ANN, 1)
    decision = judge(event, actors=(actor(ANN, role),))
    assert why(decision, event) == "event-conflict"
    assert f"account {ANN} is {role}" in next(
        one.message for one in decision.reasons if one.subject == event.id
    )


def test_who_asks_cannot_approve():
    event = comment(ANN, 1)
    asked = worlds.request("simple", requested_by=Person(id=ANN, login="ann"))
    assert why(judge(event, change_class="simple", asked=asked), event) == "event-conflict"


def test_a_second_account_of_the_author_cannot_approve():
    known = people(ann={"accounts": [ANN, BEN]}, robin={"accounts": [900]})
    event = comment(BEN, 1)
    assert why(judge(event, people=known, actors=(actor(ANN),)), event) == "event-conflict"


def test_a_machine_cannot_approve():
    event = comment(ANN, 1, account=account(ANN, bot=True))
    assert why(judge(event), event) == "event-machine"


def test_a_machine_that_only_the_identity_map_knows_cannot_approve():
    rules = worlds.policy(groups={**worlds.POLICY["groups"], "leads": {"accounts": [ANN, 55]}})
    event = comment(55, 1)
    assert judge(event, change_class="simple", rules=rules).state is State.APPROVED
    decision = judge(
        event, change_class="simple", rules=rules, people=_with_bot(people(robin={"accounts": [900]}))
    )
    assert why(decision, event) == "event-machine"


def _with_bot(listed):
    return msgspec.convert(
        {**msgspec.to_builtins(listed), "bots": [{"account": 55, "name": "deployer"}]}, type(listed)
    )


def test_a_member_who_left_the_group_before_the_deployment_does_not_count():
    event = comment(OLA, 1, groups=("ops",))
    assert judge(event, change_class="team", members=ops(OLA)).state is State.APPROVED
    decision = judge(event, change_class="team", members=ops(REX), using=True)
    assert decision.state is State.PENDING
    assert why(decision, event) == "event-not-member"


def test_a_member_who_joined_after_the_approval_does_not_count():
    event = comment(OLA, 1, groups=())
    decision = judge(event, change_class="team", members=ops(OLA))
    assert why(decision, event) == "event-not-member-then"


def test_a_denial_stands_when_who_gave_it_is_removed_from_the_group():
    event = comment(OLA, 1, "deny", groups=("ops",))
    assert judge(event, change_class="team", members=ops(REX)).state is State.DENIED


def test_a_leaver_counts_for_nothing():
    event = comment(ANN, 1)
    known = people(ann={"accounts": [ANN], "until": "2026-11-23"}, robin={"accounts": [900]})
    assert judge(event, change_class="simple", people=known).state is State.APPROVED
    decision = judge(event, change_class="simple", people=known, hours=15)
    assert why(decision, event) == "event-not-employed"


def test_an_account_that_the_identity_map_does_not_know_counts_for_nothing():
    event = comment(ANN, 1)
    decision = judge(event, people=people(robin={"accounts": [900]}))
    assert why(decision, event) == "event-person-unknown"


def test_the_account_itself_has_to_be_in_the_group():
    known = people(ann={"accounts": [ANN, 777]}, robin={"accounts": [900]})
    event = comment(777, 1)
    assert why(judge(event, people=known), event) == "event-not-member"


def test_a_key_stands_for_the_person_whom_the_identity_map_names():
    known = people(ann={"accounts": [ANN], "keys": ["SHA256:ann"]}, robin={"accounts": [900]})
    event = signed("SHA256:ann", 1)
    decision = judge(event, change_class="simple", people=known)
    assert decision.state is State.APPROVED
    assert decision.stages[0].counted[0].person == "ann"
    unknown = signed("SHA256:other", 1)
    assert why(judge(unknown, people=known), unknown) == "event-person-unknown"
    assert why(judge(signed_ := signed("SHA256:ann", 1), people=None), signed_) == "event-person-unknown"


def test_a_team_that_cannot_be_seen_is_not_an_empty_team():
    for members in ((), ops(OLA, complete=False)):
        decision = judge(comment(OLA, 1), change_class="team", members=members)
        assert not decision.certain
        assert not decision.lets_through
        assert "members-incomplete" in rules_of(decision)


def test_accounts_that_nobody_listed_do_not_join_a_group_without_teams():
    listed = (msgspec.structs.replace(ops(777)[0], group="leads"),)
    event = comment(777, 1)
    assert why(judge(event, members=listed), event) == "event-not-member"


def test_somebody_whom_nobody_can_name_holds_the_release():
    stranger = Actor(role="author", text="A Nonymous <a@example.com>")
    decision = judge(*BOTH, actors=(stranger,))
    assert decision.state is State.PENDING
    assert "duties.unresolved" in rules_of(decision)
    lenient = judge(*BOTH, actors=(stranger,), duties=Duties(unresolved="inconclusive"))
    assert (lenient.state, lenient.certain, lenient.lets_through) == (State.APPROVED, False, False)


def test_who_made_the_change_does_not_deploy_it():
    decision = judge(*BOTH, actors=(actor(900), actor(900, "deployer")))
    assert decision.state is State.PENDING
    assert "duties" in rules_of(decision)


def test_a_request_that_nobody_made_holds_the_release():
    asked = worlds.request(requested_by=Person(text="somebody"))
    assert judge(*BOTH, asked=asked).state is State.PENDING


def test_a_lone_maintainer_is_told_that_nobody_can_approve():
    rules = worlds.policy(groups={**worlds.POLICY["groups"], "leads": {"accounts": [ANN]}})
    decision = judge(change_class="simple", rules=rules, actors=(actor(ANN),))
    assert decision.state is State.PENDING
    found = next(reason for reason in decision.reasons if reason.rule == "quorum-unreachable")
    assert found.subject == "lead"
    assert found.message == "1 are needed, and only 0 could approve"


# When


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


# Who changes their mind


def test_a_comment_after_an_approval_changes_nothing():
    from counterseal.approval.grammar import parse_command

    assert parse_command("Looks fine to me as well.") is None
    assert judge(*BOTH).state is State.APPROVED


def test_a_withdrawn_approval_counts_for_nothing():
    first = comment(ANN, 1)
    decision = judge(first, comment(ANN, 2, "withdraw"), comment(SAM, 2))
    assert decision.state is State.PENDING
    assert why(decision, first) == "event-withdrawn"


def test_who_withdrew_can_approve_again():
    events = (comment(ANN, 1), comment(ANN, 2, "withdraw"), comment(ANN, 3), comment(SAM, 2))
    decision = judge(*events)
    assert decision.state is State.APPROVED
    assert decision.stages[0].at == at(3)


def test_acts_within_a_second_are_told_apart_by_its_fractions():
    taken, given = comment(ANN, 1, "withdraw"), comment(ANN, 1, at="2026-11-23T11:00:00.5Z")
    assert judge(given, taken, change_class="simple").state is State.APPROVED


def test_of_two_acts_at_the_same_moment_the_cautious_one_is_the_last():
    given, taken = comment(ANN, 1, id="comment:9"), comment(ANN, 1, "withdraw", id="comment:10")
    assert judge(given, taken, change_class="simple").state is State.PENDING


def test_nothing_can_be_withdrawn_that_was_not_given():
    event = comment(ANN, 1, "withdraw")
    assert why(judge(event), event) == "event-nothing-to-withdraw"


def test_a_denial_after_an_approval_denies():
    denial = comment(ANN, 3, "deny", reason="the test is flaky\n::set-output")
    decision = judge(*BOTH, denial)
    assert decision.state is State.DENIED
    assert decision.denied_by[0].event == denial.id
    assert "the test is flaky\\x0a::set-output" in decision.reasons[0].message


def test_approved_then_changes_requested_then_dismissed_stays_denied():
    events = (review(ANN, 1), review(ANN, 2, "deny"), review(ANN, 3, "withdraw"), comment(SAM, 2))
    assert judge(*events).state is State.DENIED


def test_a_denial_in_a_stage_that_is_passed_denies():
    assert judge(*BOTH, comment(CARA, 3, "deny")).state is State.DENIED


def test_a_denial_by_one_who_may_not_decide_is_only_noted():
    denial = comment(777, 3, "deny")
    decision = judge(*BOTH, denial)
    assert decision.state is State.APPROVED
    assert why(decision, denial) == "event-not-member"


def test_a_denial_by_one_who_touched_the_change_counts():
    assert judge(*BOTH, comment(BEN, 3, "deny"), actors=(actor(BEN),)).state is State.DENIED


def test_an_approval_can_be_taken_back_after_the_deadline_while_it_could_be_used():
    events = (comment(ANN, 20),)
    taken = judge(*events, comment(ANN, 30, "withdraw"), change_class="simple", hours=31)
    assert taken.state is State.EXPIRED
    assert judge(*events, comment(BEN, 30, "deny"), change_class="simple", hours=31).state is State.DENIED


def test_a_denial_after_everything_ended_counts_for_nothing():
    denial = comment(ANN, 50, "deny")
    decision = judge(comment(ANN, 20), denial, change_class="simple", hours=51)
    assert decision.state is State.EXPIRED
    assert why(decision, denial) == "event-late"


# The ladder


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
    elsewhere = _binding(environment="prod")
    decision = judge(*BOTH, asked=worlds.request(binding=elsewhere), binding=elsewhere)
    assert (decision.state, rules_of(decision)) == (State.DENIED, ["environment-unknown"])


def test_a_class_that_the_environment_does_not_take_is_refused():
    rules = worlds.policy(environments={"production": {"classes": ["simple"], "default": "simple"}})
    assert rules_of(judge(*BOTH, rules=rules)) == ["class-not-accepted"]
    unknown = judge(asked=worlds.request("wild"))
    assert (unknown.state, rules_of(unknown)) == (State.DENIED, ["class-not-accepted", "class-unknown"])
    moved = judge(asked=worlds.request("wild"), binding=_binding(run="100/2"))
    assert moved.state is State.REVOKED


# Emergencies


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
    decision = judge(event, gaps=(Gap(topic="x", message="a\nb"),), binding=_binding(base_ref="a\nb"))
    assert not any("\n" in reason.message for reason in decision.reasons)


def test_the_moment_is_an_argument_and_nothing_else_is_asked_for_it():
    given = (worlds.request(), worlds.ID, BOTH, worlds.policy(), Duties(), worlds.facts())
    assert decide(*given, at(12)) == decide(*given, at(12))
    assert decide(*given, at(99)).state is State.EXPIRED
