"""The parts that other parts rely on: the roll agrees with separation of duties, and deadlocks are found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from counterseal.approval.quorum import StageRule
from counterseal.approval.reach import unreachable
from counterseal.approval.roll import Roll
from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.duties import Duties, Separation
from counterseal.policy.people import Identities
from counterseal.policy.separation import conflicts
from unit.approval import strategies, worlds
from unit.approval.worlds import ANN, BEN, CARA, SAM, SUE, actor, at, judge, ops, rules_of


@given(
    st.lists(strategies.actors(), max_size=5).map(tuple),
    strategies.MAPS,
    st.sampled_from(
        [Duties(), Duties(apart=(Separation(role="author", from_=("approver",)),)), Duties(apart=())]
    ),
)
def test_the_roll_knows_the_same_conflicts_as_separation_of_duties(actors, people, duties):
    roll = Roll(worlds.request(), worlds.policy(), duties, worlds.facts(actors=actors, people=people))
    identities = Identities(people)
    for person in [f"account:{number}" for number in strategies.DECIDERS] + [
        f"p{n}" for n in strategies.DECIDERS
    ]:
        found = conflicts(person, roll.actors, identities, duties)
        assert roll.conflict(person) == (found[0] if found else None)


def _roll(policy: ApprovalPolicy, **known) -> Roll:
    return Roll(worlds.request(), policy, Duties(), worlds.facts(**known))


def _stage(name, *groups, quorum=1, distinct=True):
    return StageRule(name, quorum, distinct, (), tuple((group, "") for group in groups))


def _said(*stages, **known):
    rules = worlds.with_class(
        "normal",
        stages=[{"name": stage.name, "groups": [group for group, _ in stage.groups]} for stage in stages],
    )
    return [(one.subject, one.message) for one in unreachable(stages, _roll(rules, **known), at(1))]


def test_a_stage_with_too_few_people_is_named():
    assert _said(_stage("a", "leads", quorum=3)) == []
    assert _said(_stage("a", "leads", quorum=4)) == [("a", "4 are needed, and only 3 could approve")]
    assert _said(_stage("a", "leads", quorum=3), actors=(actor(ANN),)) != []


def test_people_who_are_needed_twice_are_noticed():
    one = _stage("a", "leads", quorum=2)
    assert _said(one, _stage("b", "leads", quorum=1)) == []
    assert [subject for subject, _ in _said(one, _stage("b", "leads", quorum=2))] == ["b"]
    assert _said(one, _stage("b", "leads", quorum=2, distinct=False)) == []
    assert _said(one, _stage("b", "leads", "security", quorum=2)) == []


def test_people_are_moved_to_where_they_are_needed():
    """All three leads fit the first stage, and the second can be had by two of them alone."""
    first = _stage("a", "leads", "security", quorum=2)
    assert _said(first, _stage("b", "leads", quorum=3)) == []
    assert [name for name, _ in _said(first, _stage("b", "leads", quorum=3), actors=(actor(SAM),))] == ["b"]


def test_nothing_is_said_of_people_who_cannot_be_seen():
    assert _said(_stage("a", "ops", quorum=9)) == []
    assert _said(_stage("a", "ops", quorum=9), members=ops(31)) != []


def test_those_who_join_by_escalation_are_counted_in():
    rules = worlds.policy(groups={**worlds.POLICY["groups"], "security": {"accounts": [SAM]}})
    assert "quorum-unreachable" not in rules_of(judge(actors=(actor(SAM),), rules=rules))
    assert "quorum-unreachable" in rules_of(
        judge(actors=(actor(ANN), actor(BEN), actor(CARA)), rules=rules, change_class="simple")
    )
    assert "quorum-unreachable" not in rules_of(judge(hours=25, actors=(actor(ANN), actor(BEN), actor(CARA))))


def test_two_accounts_of_one_person_are_one_candidate():
    known = worlds.people(
        ann={"accounts": [ANN, BEN, CARA]}, sam={"accounts": [SAM, SUE]}, robin={"accounts": [900]}
    )
    assert "quorum-unreachable" in rules_of(judge(change_class="pair", people=known))
