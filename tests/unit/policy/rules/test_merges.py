from __future__ import annotations

import pytest

from counterseal.policy.branch import Branch, Signatures
from counterseal.policy.rules.context import MergeTree
from simulators.changes import BY_FORGE, FORGE, blocking, came_to, commit, judge, pull, pushed, sha

SIGNED_CHANGES = Branch(signatures=Signatures())
WEB = commit("web", "Merge main", parents=(sha(1), sha(2)), committer=FORGE, verification=BY_FORGE)
OWN = commit("own", "Merge main", parents=(sha(1), sha(2)))
SAME, OTHER = MergeTree(commit=WEB.id, tree=WEB.tree), MergeTree(commit=WEB.id, tree=sha("x"))
CONFLICT = MergeTree(commit=WEB.id, conflict=True)
UNKNOWN = MergeTree(commit=WEB.id, problem="the commit is not in the checkout")


def merges(made, *trees, policy=SIGNED_CHANGES):
    trees = tuple(
        MergeTree(commit=made.id, tree=t.tree, conflict=t.conflict, problem=t.problem) for t in trees
    )
    return judge("update-merges", pull(commit(), made), policy, merges=trees)


def test_a_web_flow_merge_with_the_tree_that_git_makes_passes():
    same = MergeTree(commit=WEB.id, tree=WEB.tree)
    assert merges(WEB, same) == []


@pytest.mark.parametrize("tree", [OTHER, CONFLICT])
def test_a_web_flow_merge_with_another_tree_has_edits_that_nobody_signed(tree):
    (finding,) = blocking(merges(WEB, tree))
    assert finding.subject == WEB.id
    assert came_to(merges(WEB, tree)) == "failed"


def test_a_web_flow_merge_that_cannot_be_made_again_is_inconclusive_where_its_signature_is_relied_on():
    assert came_to(merges(WEB, UNKNOWN)) == "inconclusive"
    assert came_to(merges(WEB)) == "inconclusive"
    findings = merges(WEB, UNKNOWN, policy=Branch())
    assert came_to(findings) == "passed"
    assert "not found out" in findings[0].reason.message


@pytest.mark.parametrize("tree", [OTHER, CONFLICT, UNKNOWN])
def test_edits_in_a_persons_own_merge_are_noted_since_they_are_a_commit_like_any_other(tree):
    findings = merges(OWN, tree)
    assert came_to(findings) == "passed"
    assert findings[0].reason.subject == OWN.id


def test_a_persons_own_merge_without_edits_needs_no_word():
    assert merges(OWN, MergeTree(commit=OWN.id, tree=OWN.tree)) == []


def group(*commits, merges=(), covered=()):
    change = pushed(*commits, ref="refs/heads/gh-readonly-queue/main/pr-1-x")
    return judge("merge-group", change, kind="merge-group", merges=merges, covered=covered)


def test_a_group_of_the_forges_own_commits_with_the_recomputed_tree_passes():
    assert group(WEB, merges=(SAME,)) == []


def test_a_commit_in_the_group_that_is_nobodys_fails():
    (finding, *_) = blocking(group(commit("stray"), WEB, merges=(SAME,)))
    assert finding.subject == sha("stray")


@pytest.mark.parametrize("tree", [OTHER, CONFLICT])
def test_a_group_with_another_tree_than_its_pull_requests_make_fails(tree):
    assert came_to(group(WEB, merges=(tree,))) == "failed"


def test_a_tree_that_cannot_be_recomputed_rests_on_the_forges_signature():
    findings = group(WEB, merges=(UNKNOWN,))
    assert came_to(findings) == "passed"
    assert "not recomputed" in findings[0].reason.message


def test_a_group_of_which_nothing_is_known_is_inconclusive():
    assert came_to(group()) == "inconclusive"


def test_the_rules_for_changes_do_not_speak_of_a_group():
    change = pushed(commit("x", "no ticket"), ref="refs/heads/gh-readonly-queue/main/pr-1-x")
    for rule in ("names", "messages", "signatures", "tickets", "history", "duties", "update-merges"):
        assert judge(rule, change, SIGNED_CHANGES, kind="merge-group") == []
    assert judge("merge-group", pull()) == []
