"""What holds of every decision, whatever people do and whatever is true."""

from __future__ import annotations

import msgspec
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from counterseal.approval.model import Case, Decision, Event, State
from counterseal.approval.moments import later, order
from counterseal.approval.replay import differs, encode_case, read_case, replay
from counterseal.policy.people import Identities
from unit.approval import strategies, worlds
from unit.approval.strategies import DECIDERS, STRANGERS, World, all_worlds, moment

EXAMPLES = settings(max_examples=2000, deadline=None)
LATER = st.integers(0, strategies.SPAN)


def _what_it_comes_to(decision: Decision) -> tuple[object, ...]:
    stages = tuple((stage.passed, stage.counted, stage.at) for stage in decision.stages)
    return decision.state, decision.certain, stages, decision.expires_at


@st.composite
def _ineligible(draw: st.DrawFn, world: World) -> Event:
    """Return an approval that may not count, for one reason or several."""
    number = draw(st.sampled_from(DECIDERS))
    at = min(moment(draw(strategies.SECONDS)), world.now, key=order)
    approval = worlds.comment(number, 0, id="comment:added", at=at)
    known = msgspec.structs.asdict(approval)
    changes = {
        "edited": {"edited": True},
        "other request": {"request": "f" * 16},
        "no request": {"request": None},
        "other candidate": {"candidate": "f" * 64},
        "other commit": {"commit": "f" * 40},
        "other run": {"run": "100/2"},
        "old review": {"source": "review", "request": None, "commit": "f" * 40},
        "machine": {"account": worlds.account(number, bot=True)},
        "deleted": {"account": None},
        "stranger": {"account": worlds.account(draw(st.sampled_from(STRANGERS)))},
        "no member then": {"groups": ()},
        "unknown stage": {"stage": "stage9"},
        "unknown key": {"source": "signed-file", "candidate": worlds.CANDIDATE, "keyid": "SHA256:x"},
        "unknown tracker": {"source": "change-record", "candidate": worlds.CANDIDATE, "tracker": "x"},
        "before": {"at": later(worlds.ASKED, seconds=-1)},
    }
    if order(world.deadline) <= order(world.now):
        changes["late"] = {"at": world.deadline}
    name = draw(st.sampled_from(sorted(changes)))
    event(name)
    return Event(**{**known, **changes[name]})


@EXAMPLES
@given(st.data())
def test_adding_an_ineligible_approval_never_helps(data):
    world = data.draw(all_worlds())
    added = data.draw(_ineligible(world))
    before, after = world.decide(), world.decide(events=(*world.events, added))
    assert _what_it_comes_to(after) == _what_it_comes_to(before)
    assert any(reason.subject == added.id for reason in after.reasons)


@EXAMPLES
@given(all_worlds(), st.sampled_from(DECIDERS), strategies.ROLES)
def test_an_approval_by_an_actor_never_helps(world, number, role):
    actor = worlds.actor(number, role)
    touched = msgspec.structs.replace(world.facts, actors=(*world.facts.actors, actor))
    mine = worlds.comment(number, 0, id="comment:mine", at=world.now)
    before, after = world.decide(facts=touched), world.decide(facts=touched, events=(*world.events, mine))
    assert _what_it_comes_to(after) == _what_it_comes_to(before)


@EXAMPLES
@given(all_worlds(), st.sampled_from(DECIDERS), strategies.ROLES)
def test_adding_an_actor_never_helps(world, number, role):
    actor = worlds.actor(number, role)
    touched = msgspec.structs.replace(world.facts, actors=(*world.facts.actors, actor))
    before, after = world.decide(), world.decide(facts=touched)
    event(f"{before.state} -> {after.state}")
    assert before.lets_through or not after.lets_through
    if after.expires_at:  # and not at the last moment either
        now = max(world.now, after.expires_at, key=order)
        assert world.decide(now=now).lets_through or not world.decide(now=now, facts=touched).lets_through
    for was, now in zip(before.stages, after.stages, strict=True):
        assert was.passed or not now.passed
        assert len(now.counted) <= len(was.counted) or not was.passed


@EXAMPLES
@given(all_worlds())
def test_a_replay_gives_the_same_verdict(world):
    case = Case(
        request_id=worlds.ID,
        request=world.request,
        events=world.events,
        policy=world.policy,
        duties=world.duties,
        facts=world.facts,
        now=world.now,
        decision=world.decide(),
    )
    again = read_case(encode_case(case), "case.json")
    assert again == case
    assert replay(again) == case.decision
    assert differs(again) == ()


@EXAMPLES
@given(st.data())
def test_no_approval_after_the_deadline_counts(data):
    world = data.draw(all_worlds())
    seconds = st.integers(0, 48 * 3600) | st.just(0)
    late = later(world.deadline, seconds=data.draw(seconds))
    now = max(world.now, late, key=order)
    added = worlds.comment(data.draw(st.sampled_from(DECIDERS)), 0, id="comment:added", at=late)
    before, after = world.decide(now=now), world.decide(now=now, events=(*world.events, added))
    assert _what_it_comes_to(after) == _what_it_comes_to(before)


@EXAMPLES
@given(st.data())
def test_nothing_after_the_deadline_lets_anything_through(data):
    world = data.draw(all_worlds())
    late = later(world.deadline, seconds=data.draw(st.integers(0, 48 * 3600)))
    now = max(world.now, late, key=order)
    added = msgspec.structs.replace(data.draw(strategies.event()), at=late)
    before, after = world.decide(now=now), world.decide(now=now, events=(*world.events, added))
    assert before.lets_through or not after.lets_through
    if world.decide(now=late, events=world.until(late)).state is State.EXPIRED:
        assert _what_it_comes_to(after) == _what_it_comes_to(before)


@EXAMPLES
@given(all_worlds(), st.lists(strategies.SECONDS, max_size=6))
def test_a_late_doubled_or_missing_sweep_changes_no_final_outcome(world, sweeps):
    """Sweep at any times, twice at some and never at others: the steps are the same, and so is the end."""
    undisturbed = world.decide()
    due: dict[str, str] = {}
    for seconds in sorted([*sweeps, *sweeps[:2]]):
        now = min(moment(seconds), world.now, key=order)
        seen = world.decide(now=now, events=world.until(now))
        for step in seen.due:
            assert due.setdefault(step.key, step.due_at) == step.due_at
            assert order(step.due_at) <= order(now)
        if seen.state in {State.EXPIRED, State.DENIED}:
            assert undisturbed.state is seen.state
        if seen.state is State.REVOKED:
            assert undisturbed.state in {State.REVOKED, State.DENIED}
        assert seen.next_wake is None or order(seen.next_wake) > order(now)
    assert world.decide() == undisturbed
    for step in undisturbed.due:
        assert due.setdefault(step.key, step.due_at) == step.due_at


@EXAMPLES
@given(all_worlds(), strategies.SECONDS)
def test_nothing_happens_by_time_alone_before_the_next_wake(world, seconds):
    decision = world.decide()
    now = max(world.now, moment(seconds), key=order)
    assume(world.facts.people is None)  # leavers leave at midnight, which is nobody's alarm
    assume(decision.next_wake is None or order(now) < order(decision.next_wake))
    afterwards = world.decide(now=now)
    assert afterwards.state is decision.state
    assert {step.key for step in afterwards.due} == {step.key for step in decision.due}


@EXAMPLES
@given(all_worlds(), st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(world, random):
    shuffled = list(world.events)
    random.shuffle(shuffled)
    assert world.decide(events=tuple(shuffled)) == world.decide()


@EXAMPLES
@given(all_worlds())
def test_escalation_never_lowers_a_quorum(world):
    decision = world.decide()
    for stage, rule in zip(decision.stages, world.policy.classes["normal"].stages, strict=True):
        assert stage.quorum == rule.quorum
        assert len({one.person for one in stage.counted}) == len(stage.counted)
        assert len(stage.counted) >= rule.quorum or not stage.passed
        assert set(rule.groups) <= set(stage.who)


@EXAMPLES
@given(all_worlds(), strategies.GAPS)
def test_gaps_never_let_anything_through(world, gap):
    before = world.decide()
    after = world.decide(facts=msgspec.structs.replace(world.facts, gaps=(*world.facts.gaps, gap)))
    assert not after.certain
    assert not after.lets_through
    assert after.state is before.state


@EXAMPLES
@given(all_worlds())
def test_what_is_let_through_was_approved_by_enough_people_in_time(world):
    """The rules told once more, in the plainest words, of whatever is let through."""
    decision = world.decide()
    event(str(decision.state))
    if not decision.lets_through:
        return
    who = Identities(world.facts.people)
    touched = {who.person_of_account(actor.account.id) for actor in world.facts.actors}
    happened = {one.id: one for one in world.events}
    for stage in decision.stages:
        assert len(stage.counted) == stage.quorum
        for one in stage.counted:
            given_ = happened[one.event]
            assert given_.action == "approve"
            assert not given_.edited
            assert order(worlds.ASKED) <= order(given_.at) < order(world.deadline)
            assert who.person_of_account(given_.account.id) == one.person
            assert one.person not in touched
            assert one.group in stage.who
    assert decision.expires_at >= world.now
    assert world.facts.binding == world.request.binding


@EXAMPLES
@given(all_worlds(), st.sampled_from(DECIDERS[:4]))
def test_a_denial_in_time_by_one_who_may_decide_is_final(world, number):
    rules = worlds.with_class("normal", stages=[{"name": "lead", "groups": ["leads", "security"]}])
    said = worlds.comment(number, 1, "deny", id="comment:no")
    world = World(
        world.request, (*world.events, said), rules, world.facts, max(world.now, said.at, key=order)
    )
    decision = world.decide()
    if world.facts.people is None:
        assert decision.state is State.DENIED
        assert "comment:no" in {one.event for one in decision.denied_by}
    assert not decision.lets_through
