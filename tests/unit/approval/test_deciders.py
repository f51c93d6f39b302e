"""Who may decide: members who had no part in the change, each person once, and no machine."""

from __future__ import annotations

import msgspec
import pytest

from counterseal.approval.model import State
from counterseal.manifest.release import Person
from counterseal.policy.duties import Actor, Duties
from unit.approval import worlds
from unit.approval.worlds import (
    ANN,
    BEN,
    BOTH,
    OLA,
    REX,
    account,
    actor,
    comment,
    judge,
    ops,
    people,
    rules_of,
    signed,
    why,
)


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
