from __future__ import annotations

import pytest

from counterseal.policy.branch import Branch
from counterseal.policy.forge import Gap
from simulators.changes import blocking, came_to, commit, judge, pull, pushed, sha, with_pull


def history(change, policy=None, **context):
    return judge("history", change, policy, **context)


def test_an_ordinary_pull_request_passes():
    assert history(pull()) == []


def test_a_pull_request_without_commits_fails():
    empty = with_pull(pull(), commit_count=0)
    assert came_to(history(empty.__class__(**(_fields(empty) | {"commits": ()})))) == "failed"


def _fields(change):
    return {name: getattr(change, name) for name in change.__struct_fields__}


def test_an_empty_list_of_commits_that_are_said_to_exist_is_inconclusive():
    change = pull()
    assert came_to(history(change.__class__(**(_fields(change) | {"commits": ()})))) == "inconclusive"


@pytest.mark.parametrize("announced", [31, 101, 251])
def test_a_list_that_is_shorter_than_announced_is_inconclusive(announced):
    change = pull(*(commit(number) for number in range(announced - 1)), pr_commit_count=announced)
    assert came_to(history(change)) == "inconclusive"


def test_a_head_that_is_not_among_the_commits_is_inconclusive():
    assert came_to(history(pull(head=sha("later")))) == "inconclusive"


@pytest.mark.parametrize("topic", ["commits", "head"])
def test_a_gap_is_inconclusive(topic):
    assert came_to(history(pull(gaps=(Gap(topic=topic, message="x"),)))) == "inconclusive"


def test_too_many_commits_fail():
    change = pull(*map(commit, range(3)))
    assert came_to(history(change, Branch(most_commits=2))) == "failed"
    assert came_to(history(change, Branch(most_commits=3))) == "passed"


def test_the_first_push_of_a_branch_passes():
    assert history(pushed(commit(), ref="refs/heads/x", created=True), protected=False) == []
    assert history(pushed(ref="refs/heads/x", created=True), protected=False) == []


@pytest.mark.parametrize(
    ("protected", "outcome"), [(True, "failed"), (None, "inconclusive"), (False, "passed")]
)
@pytest.mark.parametrize("how", ["forced", "deleted"])
def test_a_protected_branch_is_neither_rewritten_nor_deleted(how, protected, outcome):
    change = pushed(commit(), ref="refs/heads/release/1", **{how: True})
    findings = history(change, protected=protected)
    assert came_to(findings) == outcome
    assert "refs/heads/release/1" in findings[0].reason.message


def test_the_policy_may_allow_a_forced_push_but_not_a_deletion():
    policy = Branch(force_push=True)
    assert history(pushed(commit(), forced=True), policy) == []
    assert came_to(history(pushed(deleted=True), policy)) == "failed"


def test_a_forced_push_back_to_an_older_commit_brings_no_commit_and_fails():
    assert came_to(history(pushed(forced=True))) == "failed"


def test_tags_are_made_and_neither_moved_nor_deleted():
    tag = "refs/tags/v1"
    assert history(pushed(ref=tag, created=True)) == []
    assert came_to(history(pushed(ref=tag))) == "failed"
    assert came_to(history(pushed(commit(), ref=tag, forced=True))) == "failed"
    assert came_to(history(pushed(ref=tag, deleted=True), protected=False)) == "failed"


def test_a_push_that_brought_nothing_known_is_inconclusive():
    assert came_to(history(pushed())) == "inconclusive"
    assert history(pushed(), covered=(sha(1),)) == []


def test_forks_are_told_by_number_and_refused_where_the_policy_says_so():
    fork = pull(pr_head_repository_id=2)
    gone = pull(pr_head_repository_id=None)
    for change in (fork, gone):
        assert came_to(judge("origin", change)) == "passed"
        assert came_to(judge("origin", change, Branch(forks=False))) == "failed"
    assert judge("origin", pull(), Branch(forks=False)) == []
    assert judge("origin", pushed(commit()), Branch(forks=False)) == []
    assert "repository 2" in blocking(judge("origin", fork, Branch(forks=False)))[0].message
