from __future__ import annotations

import pytest

from counterseal.checks.branch_subjects import find_changes
from counterseal.errors import Inconclusive, UsageError
from counterseal.host.event import Event
from counterseal.policy.forge import Gap
from counterseal.policy.posture import Posture
from simulators.changes import BASE, BY_FORGE, FORGE, MAIN, commit, pull, push, pushed, sha
from simulators.fake_forge import FakeForge


def event(name, **parts):
    made = {"action": None, "sender_id": 1, "sender": "ann", "repository_id": 1, "pull_request": None}
    return Event(name=name, **(made | parts))


def names(found):
    return [one.name for one in found]


@pytest.fixture
def forge():
    return FakeForge()


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target", "pull_request_review"])
def test_a_pull_request_is_asked_for_afresh(forge, name):
    change = forge.add_pull(pull())
    (found,) = find_changes(forge, event(name, pull_request=12, head=change.head), None, None)
    assert (found.name, found.change, found.context.kind) == ("#12", change, "pull-request")
    assert found.context.gaps == ()


def test_a_re_run_with_a_stale_payload_sees_the_new_title_and_says_that_the_head_has_moved(forge):
    forge.add_pull(pull(pr_title="PAY-2 another title"))
    (found,) = find_changes(forge, event("pull_request", pull_request=12, head=sha("old")), None, None)
    assert found.change.pull_request.title == "PAY-2 another title"
    assert [gap.topic for gap in found.context.gaps] == ["head"]


def test_an_event_without_a_number_is_no_event_of_a_pull_request(forge):
    with pytest.raises(UsageError):
        find_changes(forge, event("pull_request"), None, None)


@pytest.mark.parametrize("name", ["issue_comment", "workflow_run", "", "release"])
def test_an_event_that_is_about_no_change_is_refused(forge, name):
    with pytest.raises(UsageError, match="no change"):
        find_changes(forge, event(name), MAIN, sha(1))


def squashed(forge, number=12, onto="before", merge=None, signed=True, **parts):
    """Put a pull request that was squashed into main, and return it with the commit that main got."""
    result = merge or commit(
        f"squash {number}",
        f"Add refunds (#{number})",
        parents=(sha(onto),),
        committer=FORGE,
        **({"verification": BY_FORGE} if signed else {}),
    )
    own = parts.pop("commits", (commit(f"own {number}"),))
    change = pull(*own, pr_number=number, pr_state="merged", pr_merge_commit=result.id, merge=result, **parts)
    return forge.add_pull(change), result


def test_a_push_that_a_squash_merge_made_is_judged_as_its_pull_request(forge):
    change, result = squashed(forge)
    forge.add_push(pushed(result), BASE, result.id)
    found = find_changes(forge, event("push", ref=MAIN, before=BASE, after=result.id), None, None)
    assert names(found) == ["#12", MAIN]
    assert found[0].change == change
    assert (found[1].change.commits, found[1].context.covered) == ((), (result.id,))


def test_a_push_that_a_merge_commit_made_is_judged_as_its_pull_request(forge):
    own = commit("own")
    merge = commit("merge", parents=(BASE, own.id), committer=FORGE, verification=BY_FORGE)
    squashed(forge, merge=merge, commits=(own,))
    forge.add_push(pushed(own, merge), BASE, merge.id)
    found = find_changes(forge, event("push", ref=MAIN, before=BASE, after=merge.id), None, None)
    assert names(found) == ["#12", MAIN]
    assert found[1].change.commits == ()


def test_a_push_that_a_rebase_merge_made_is_known_by_the_forges_own_record(forge):
    first, last = commit("r1"), commit("r2")
    squashed(forge, merge=last, signed=False)
    forge.brought |= {first.id: (12,), last.id: (12,)}
    by_forge = pushed(first, last, pushes=(push(last.id, kind="pr_merge", ref=MAIN, before=BASE),))
    forge.add_push(by_forge, BASE, last.id)
    found = find_changes(forge, event("push", ref=MAIN, before=BASE, after=last.id), None, None)
    assert names(found) == ["#12", MAIN]
    assert found[1].context.covered == (first.id, last.id)


def test_a_commit_that_somebody_pushed_under_the_name_of_a_pull_request_is_their_own(forge):
    made = commit("by hand", parents=(BASE, sha("own 12")))
    squashed(forge, merge=made, signed=False)
    forge.add_push(pushed(made), BASE, made.id)
    (found,) = find_changes(forge, event("push", ref=MAIN, before=BASE, after=made.id), None, None)
    assert found.change.commits == (made,)


def test_a_direct_commit_on_top_of_a_merge_is_judged_by_itself(forge):
    _, result = squashed(forge)
    direct = commit("direct", parents=(result.id,))
    forge.add_push(pushed(result, direct), BASE, direct.id)
    found = find_changes(forge, event("push", ref=MAIN, before=BASE, after=direct.id), None, None)
    assert names(found) == ["#12", MAIN]
    assert found[1].change.commits == (direct,)
    assert found[1].context.covered == (result.id,)


def test_a_pull_request_into_another_branch_covers_nothing_here(forge):
    _, result = squashed(forge, base_ref="refs/heads/other")
    forge.add_push(pushed(result), BASE, result.id)
    (found,) = find_changes(forge, event("push", ref=MAIN, before=BASE, after=result.id), None, None)
    assert found.change.commits == (result,)


def test_more_commits_than_are_looked_up_are_judged_by_themselves(forge):
    commits = tuple(map(commit, range(60)))
    forge.add_push(pushed(*commits), BASE, commits[-1].id)
    (found,) = find_changes(forge, event("push", ref=MAIN, before=BASE, after=commits[-1].id), None, None)
    assert found.change.commits == commits
    assert sum(call[0] == "pulls_of_commit" for call in forge.calls) == 50


X = "refs/heads/x"


@pytest.mark.parametrize(
    ("posture", "protected"),
    [
        (Posture(branch="x"), False),
        (Posture(branch="x", rules=("deletion",)), True),
        (Posture(branch="x", gaps=(Gap(topic="posture", message="hidden", subject="x"),)), True),
    ],
)
def test_a_branch_is_protected_where_the_forge_has_a_rule_for_it_or_hides_whether(forge, posture, protected):
    forge.postures["x"] = posture
    forge.add_push(pushed(commit(), ref=X, created=True), None, sha(1))
    (found,) = find_changes(forge, event("push", ref=X, after=sha(1)), None, None)
    assert found.context.protected is protected
    assert found.context.kind == "push"


def test_whether_a_branch_is_protected_may_be_unknown(forge):
    forge.fail("posture", Inconclusive("status 500"))
    forge.add_push(pushed(ref=X, deleted=True, head=sha(1)), sha(1), None)
    (found,) = find_changes(forge, event("push", ref=X, before=sha(1)), None, None)
    assert found.context.protected is None
    assert found.change.deleted


def test_a_push_of_a_tag_is_judged_by_itself(forge):
    tag = "refs/tags/v1"
    forge.add_push(pushed(ref=tag, created=True, head=sha(1)), None, sha(1))
    (found,) = find_changes(forge, event("push", ref=tag, after=sha(1)), None, None)
    assert (found.name, found.context.protected) == (tag, True)


@pytest.mark.parametrize("parts", [{}, {"ref": MAIN}, {"after": sha(1)}])
def test_a_push_that_names_nothing_is_refused(forge, parts):
    with pytest.raises(UsageError):
        find_changes(forge, event("push", **parts), None, None)


QUEUE = "refs/heads/gh-readonly-queue/main/pr-12-x"


def grouped(forge, *numbers, method="squash"):
    """Put a merge group; return its own commits and its event."""
    own, commits = [], []
    for number in numbers:
        change = forge.add_pull(pull(commit(f"own {number}"), pr_number=number))
        parents = (BASE, change.head) if method == "merge" else (BASE,)
        made = commit(f"group {number}", parents=parents, committer=FORGE, verification=BY_FORGE)
        own.append(made)
        commits += [*(change.commits if method == "merge" else ()), made]
    head = commits[-1].id
    forge.groups[BASE, head] = numbers
    forge.add_push(pushed(*commits, ref=QUEUE), BASE, head)
    return own, event("merge_group", head=head, base=BASE, ref=QUEUE, base_ref=MAIN)


@pytest.mark.parametrize("method", ["squash", "merge", "rebase"])
def test_every_pull_request_of_a_merge_group_is_judged_and_what_the_forge_made_of_them(forge, method):
    own, asked = grouped(forge, 12, 13, 14, method=method)
    found = find_changes(forge, asked, None, None)
    assert names(found) == ["#12", "#13", "#14", "merge group"]
    assert found[3].change.commits == tuple(own)
    assert found[3].context.kind == "merge-group"
    assert found[3].heads == (sha("own 12"), sha("own 13"), sha("own 14"))


def test_a_merge_group_that_was_invalidated_is_inconclusive(forge):
    _, asked = grouped(forge, 12)
    forge.groups.clear()
    with pytest.raises(Inconclusive):
        find_changes(forge, asked, None, None)


def test_a_pull_request_of_the_group_that_is_for_another_branch_is_inconclusive(forge):
    _, asked = grouped(forge, 12)
    forge.change_pull(12, base_ref="refs/heads/other")
    with pytest.raises(Inconclusive):
        find_changes(forge, asked, None, None)


def test_a_merge_group_that_names_no_commits_is_refused(forge):
    with pytest.raises(UsageError):
        find_changes(forge, event("merge_group", ref=QUEUE), None, None)


@pytest.mark.parametrize("name", ["workflow_dispatch", "schedule"])
def test_the_tip_of_the_default_branch_is_judged_as_the_pull_request_that_brought_it(forge, name):
    change, result = squashed(forge)
    (found,) = find_changes(forge, event(name), MAIN, result.id)
    assert (found.name, found.change) == ("#12", change)
    assert found.onto == sha("before")


def test_a_tip_that_no_pull_request_brought_is_judged_as_the_push_on_record(forge):
    made = commit("direct")
    forge.add_push(pushed(made), BASE, made.id)
    (found,) = find_changes(forge, event("workflow_dispatch"), MAIN, made.id)
    assert (found.name, found.change.commits) == (MAIN, (made,))


def test_a_tip_of_which_the_forge_has_no_record_is_inconclusive(forge):
    with pytest.raises(Inconclusive, match="no record"):
        find_changes(forge, event("schedule"), MAIN, sha(1))


def test_another_branch_is_judged_by_what_the_default_branch_has_not(forge):
    forge.add_push(pushed(commit(), ref=X, created=True), None, sha(1))
    (found,) = find_changes(forge, event("workflow_dispatch"), X, sha(1))
    assert found.name == X


def test_four_tags_pushed_at_once_send_no_event_and_can_be_judged_one_by_one(forge):
    tags = [f"refs/tags/v{number}" for number in range(4)]
    for tag in tags:
        forge.add_push(pushed(ref=tag, created=True, head=sha(1)), None, sha(1))
    found = [find_changes(forge, event("workflow_dispatch"), tag, sha(1))[0].name for tag in tags]
    assert found == tags


@pytest.mark.parametrize(("ref", "sha_"), [(None, sha(1)), (MAIN, None), ("refs/pull/1/merge", sha(1))])
def test_a_run_for_no_branch_and_no_tag_is_refused(forge, ref, sha_):
    with pytest.raises(UsageError):
        find_changes(forge, event("workflow_dispatch"), ref, sha_)
