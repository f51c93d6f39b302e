from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.manifest.types import Outcome
from counterseal.policy.branch import Branch, Messages, Names, ProtectedPaths, Signatures, Tickets
from counterseal.policy.forge import Gap
from counterseal.policy.rules import MOST_FINDINGS, RULES, judge_change
from counterseal.policy.rules.context import Context, GroupMembers
from simulators.changes import BOB, CARL, DAN, UNSIGNED, commit, pull, review, sha

STRICT = Branch(
    names=Names(branches=("feature/.+",)),
    messages=Messages(title=("Add .+",)),
    signatures=Signatures(),
    tickets=Tickets(),
    protected_paths=ProtectedPaths(owners="security", paths=("src/**",)),
    forks=False,
)
MEMBERS = (GroupMembers(group="security", accounts=(BOB.id, CARL.id)),)


def outcome(change, policy=STRICT, **context):
    from counterseal.checks.actors import actors_of

    observed = Context(**({"members": MEMBERS, "actors": actors_of(change)} | context))
    verdicts = judge_change(change, policy, observed)
    return {verdict.rule.id: str(verdict.outcome) for verdict in verdicts}


def test_every_rule_has_what_a_reader_needs_and_a_name_of_its_own():
    assert len({rule.id for rule in RULES}) == len(RULES) == 11
    for rule in RULES:
        assert all((rule.title, rule.why.endswith("."), rule.remedy))


def test_a_change_that_keeps_every_rule_passes_them_all():
    change = pull(reviews=(review(1, BOB, sha(1)),))
    assert set(outcome(change).values()) == {"passed"}


def test_what_a_policy_does_not_state_is_told_from_what_passes():
    verdicts = judge_change(pull(), Branch(), Context())
    off = {verdict.rule.id for verdict in verdicts if not verdict.stated}
    assert off == {"messages", "signatures", "tickets", "protected-paths", "posture"}


@pytest.mark.parametrize(
    ("topic", "rules"),
    [
        ("commits", {"messages", "signatures", "tickets", "history", "duties"}),
        ("pushes", {"duties"}),
        ("files", {"protected-paths"}),
        ("head", {"history"}),
    ],
)
def test_a_gap_makes_the_rules_that_depend_on_it_inconclusive(topic, rules):
    change = pull(files=(), gaps=(Gap(topic=topic, message="hidden"),))
    said = outcome(change)
    assert {rule for rule, word in said.items() if word == "inconclusive"} == rules
    assert "failed" not in said.values()


def test_more_findings_than_are_told_are_counted_and_the_outcome_stays():
    change = pull(*(commit(number, verification=UNSIGNED) for number in range(60)))
    verdict = next(one for one in judge_change(change, STRICT, Context()) if one.rule.id == "signatures")
    assert len(verdict.findings) == MOST_FINDINGS + 1
    assert verdict.outcome is Outcome.FAILED
    assert "10 more findings" in verdict.findings[-1].reason.message


def test_a_case_written_down_and_read_again_has_the_same_verdict():
    change = pull(reviews=(review(1, DAN, sha(1)),))
    again = msgspec.json.decode(msgspec.json.encode(change), type=type(change))
    assert outcome(again) == outcome(change)


TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@given(TEXT, TEXT, TEXT)
def test_no_text_of_a_stranger_makes_a_rule_stumble(ref, title, message):
    change = pull(commit(message=message), head_ref=f"refs/heads/{ref}", pr_title=title)
    for verdict in judge_change(change, STRICT, Context()):
        assert verdict.outcome in Outcome


@given(st.lists(st.sampled_from([BOB, CARL, DAN]), max_size=4), st.booleans())
def test_an_approval_that_does_not_count_never_helps(who, edited):
    given_before = tuple(review(number, one, sha(1)) for number, one in enumerate(who, 1))
    useless = review(99, DAN, sha(1), edited=edited)
    before = outcome(pull(reviews=given_before))
    after = outcome(pull(reviews=(*given_before, useless)))
    assert after == before
