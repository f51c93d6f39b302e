from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from counterseal.manifest.types import Outcome
from counterseal.policy.duties import HANDLERS, MAKERS, Actor, Duties, Role, Separation
from counterseal.policy.finding import outcome_of
from counterseal.policy.forge import Account, Gap
from counterseal.policy.people import BotEntry, Identities, People, PersonEntry
from counterseal.policy.separation import (
    apart_from,
    conflicts,
    is_resolved,
    judge_duties,
    people_of,
    unresolved,
)

PEOPLE = People(
    version=1,
    people=(
        PersonEntry(
            id="ann",
            accounts=(1, 2),
            addresses=("ann@example.com",),
            keys=("SHA256:ann",),
            tracker=("t-ann",),
        ),
        PersonEntry(id="bob", accounts=(3,), addresses=("bob@example.com",)),
        PersonEntry(id="carl", accounts=(4,)),
    ),
    bots=(BotEntry(account=9, name="renovate", keys=("SHA256:pipeline",)),),
)
MAPPED, UNMAPPED = Identities(PEOPLE), Identities(None)


def account(number: int, *, bot: bool = False) -> Account:
    return Account(id=number, login=f"user{number}", bot=bot)


def actor(role: str, number: int | None = None, text: str | None = None, subject: str | None = None) -> Actor:
    return Actor(role=role, account=account(number) if number else None, text=text, subject=subject)


def judged(*actors: Actor, identities=MAPPED, duties=None, gaps=()):
    return list(judge_duties(actors, identities, duties or Duties(), gaps))


@pytest.mark.parametrize("role", [*MAKERS, *HANDLERS, "deployer"])
def test_an_approver_has_touched_nothing_of_the_change(role):
    found = conflicts("ann", [actor(role, 1), actor(role, 3)], MAPPED, Duties())
    assert found == (actor(role, 1),)


def test_a_second_account_of_the_same_person_does_not_help():
    assert conflicts("ann", [actor("author", 2)], MAPPED, Duties())
    assert not conflicts("account:1", [actor("author", 2)], UNMAPPED, Duties())


def test_without_a_map_the_account_is_the_person():
    assert conflicts("account:1", [actor("author", 1)], UNMAPPED, Duties())


def test_a_co_author_who_is_only_named_in_text_may_not_approve():
    trailer = actor("co-author", text="Ann <ANN@example.com>")
    assert conflicts("ann", [trailer], MAPPED, Duties()) == (trailer,)


def test_an_approver_hidden_in_a_second_address_of_a_line_is_found():
    line = actor("author", 3, text="Bob <bob@example.com> <ann@example.com>")
    assert people_of(line, MAPPED) == {"bob", "ann"}
    assert conflicts("ann", [line], MAPPED, Duties())
    assert conflicts("bob", [line], MAPPED, Duties())


def test_whoever_signed_the_artifact_with_their_own_key_may_not_approve():
    assert conflicts("ann", [actor("artifact-signer", text="SHA256:ann")], MAPPED, Duties())


def test_somebody_who_did_something_else_may_approve():
    assert conflicts("carl", [actor("author", 1), actor("approver", 4)], MAPPED, Duties()) == ()


def test_a_deployer_who_made_the_change_is_a_failure():
    (finding,) = judged(actor("author", 1, subject="c" * 40), actor("deployer", 2))
    assert finding.outcome is Outcome.FAILED
    assert finding.reason.rule == "duties"
    assert finding.reason.subject == "c" * 40
    assert "ann is deployer" in finding.reason.message
    assert "account 1" in finding.reason.message


def test_different_people_are_no_failure():
    assert judged(actor("author", 1), actor("deployer", 3), actor("approver", 4)) == []


def test_a_pair_is_judged_in_whichever_order_the_policy_states_it():
    duties = Duties(apart=(Separation(role="author", from_=("approver",)),))
    assert apart_from("approver", duties) == {"author"}
    assert apart_from("author", duties) == {"approver"}
    assert conflicts("ann", [actor("author", 1)], MAPPED, duties)
    assert len(judged(actor("author", 1), actor("approver", 2), duties=duties)) == 1


def test_a_pair_that_is_stated_twice_is_reported_once():
    duties = Duties(
        apart=(
            Separation(role="author", from_=("merger", "merger")),
            Separation(role="merger", from_=("author",)),
        )
    )
    assert len(judged(actor("author", 1), actor("merger", 1), duties=duties)) == 1


def test_a_role_is_never_apart_from_itself():
    duties = Duties(apart=(Separation(role="author", from_=("author",)),))
    assert judged(actor("author", 1), actor("author", 2), duties=duties) == []
    assert apart_from("author", duties) == frozenset()


@pytest.mark.parametrize(
    ("who", "known"),
    [
        (actor("author", 1), True),
        (actor("author", 99), False),
        (actor("author", 99, text="Ann <ann@example.com>"), False),
        (actor("author", 9), True),
        (actor("author", text="Ann <ann@example.com>"), True),
        (actor("author", text="Ann <ann@example.com> <eve@example.com>"), False),
        (actor("author", text="Ann"), False),
        (actor("author", text="eve@example.com"), False),
        (actor("author", text="x <9+renovate[bot]@users.noreply.github.com>"), False),
        (actor("author", text="x <3+bob@users.noreply.github.com>"), True),
        (actor("artifact-signer", text="SHA256:ann"), True),
        (actor("artifact-signer", text="SHA256:pipeline"), True),
        (actor("artifact-signer", text="SHA256:other"), False),
        (actor("co-author", text="SHA256:pipeline"), False),
        (actor("co-author", text="SHA256:ann"), False),
        (actor("pusher"), False),
        (Actor(role="author", account=account(77, bot=True)), False),
    ],
)
def test_who_is_known_and_who_is_not(who, known):
    assert is_resolved(who, MAPPED) is known
    assert unresolved([who], MAPPED) == (() if known else (who,))


def test_text_alone_is_nobody_without_a_map():
    assert unresolved([actor("author", text="Ann <ann@example.com>")], UNMAPPED)
    assert not unresolved([actor("author", 99)], UNMAPPED)


def test_an_unknown_author_fails_or_is_inconclusive_as_the_policy_says():
    stranger = actor("author", text="Eve <eve@example.com>", subject="c" * 40)
    (finding,) = judged(stranger)
    assert (finding.outcome, finding.reason.rule) == (Outcome.FAILED, "duties.unresolved")
    (finding,) = judged(stranger, duties=Duties(unresolved="inconclusive"))
    assert finding.outcome is Outcome.INCONCLUSIVE


def test_an_unknown_person_is_reported_once_with_every_role():
    stranger = "Eve <eve@example.com>"
    (finding,) = judged(*(actor(role, text=stranger) for role in ("author", "committer", "author")))
    assert "(author, committer)" in finding.reason.message


def test_an_unknown_person_in_a_role_that_no_policy_speaks_of_does_not_matter():
    duties = Duties(apart=(Separation(role="approver", from_=("author",)),))
    assert judged(actor("merger", 99), duties=duties) == []
    assert unresolved([actor("merger", 99)], MAPPED) != ()


@pytest.mark.parametrize("topic", ["commits", "pushes", "runs"])
def test_a_set_that_may_lack_somebody_is_inconclusive(topic):
    gap = Gap(topic=topic, message="needs contents: read")
    (finding,) = judged(actor("author", 1), gaps=[gap])
    assert (finding.outcome, finding.reason.rule) == (Outcome.INCONCLUSIVE, "duties.incomplete")
    assert "contents: read" in finding.reason.message


def test_a_gap_that_says_nothing_of_actors_is_left_to_others():
    assert judged(actor("author", 1), gaps=[Gap(topic="posture", message="x")]) == []


def test_hostile_names_cannot_break_a_line_or_start_a_command():
    (finding,) = judged(actor("author", text="::error::\n##[x]\u202e<eve@example.com>"))
    assert "\n" not in finding.reason.message
    assert "\u202e" not in finding.reason.message
    assert "##[" not in finding.reason.message


ROLES = st.sampled_from(get_args(Role))
TEXTS = st.sampled_from(
    [None, "Ann <ann@example.com>", "Bob <bob@example.com> <ann@example.com>", "Eve <e@x>", "SHA256:ann"]
)
ACTORS = st.builds(
    Actor,
    role=ROLES,
    account=st.none() | st.builds(account, st.sampled_from([1, 2, 3, 4, 9, 99])),
    text=TEXTS,
    subject=st.sampled_from([None, "c" * 40]),
)
DUTIES = st.builds(
    Duties,
    apart=st.lists(
        st.builds(Separation, role=ROLES, from_=st.lists(ROLES, max_size=4).map(tuple)), max_size=3
    ).map(tuple)
    | st.just(Duties().apart),
    unresolved=st.sampled_from(["fail", "inconclusive"]),
)
PERSONS = st.sampled_from(["ann", "bob", "carl", "account:1", "account:99"])
SEVERITY = {Outcome.PASSED: 0, Outcome.INCONCLUSIVE: 1, Outcome.FAILED: 2}


@examples(max_examples=2000)
@given(st.lists(ACTORS, max_size=6), ACTORS, st.integers(0, 6), PERSONS, DUTIES, ROLES, st.booleans())
def test_adding_an_actor_never_removes_a_conflict(actors, added, at, person, duties, role, mapped):
    identities = MAPPED if mapped else UNMAPPED
    more = [*actors[:at], added, *actors[at:]]
    before = conflicts(person, actors, identities, duties, role)
    after = conflicts(person, more, identities, duties, role)
    assert [one for one in after if one in before] == [
        one for one in after if one is not added or one in before
    ]
    assert len(after) >= len(before)
    assert set(unresolved(actors, identities)) <= set(unresolved(more, identities))


@examples(max_examples=2000)
@given(st.lists(ACTORS, max_size=6), ACTORS, DUTIES, st.booleans())
def test_adding_an_actor_never_improves_the_verdict(actors, added, duties, mapped):
    identities = MAPPED if mapped else UNMAPPED
    before = outcome_of(judge_duties(actors, identities, duties))
    after = outcome_of(judge_duties([*actors, added], identities, duties))
    assert SEVERITY[after] >= SEVERITY[before]


@examples(max_examples=500)
@given(st.lists(ACTORS, max_size=6), DUTIES, st.randoms())
def test_the_order_of_actors_does_not_change_the_verdict(actors, duties, random):
    before = outcome_of(judge_duties(actors, MAPPED, duties))
    random.shuffle(actors)
    assert outcome_of(judge_duties(actors, MAPPED, duties)) == before
