from __future__ import annotations

import pytest

from counterseal.policy.branch import Branch, Names
from counterseal.policy.forge import Gap
from simulators.changes import ANN, BOT, blocking, came_to, commit, judge, pull, push, pushed

POLICY = Branch(
    names=Names(
        branches=("(feature|fix)/[A-Z]+-[0-9]+-[a-z0-9-]+", "release/.+"),
        tags=("v[0-9]+\\.[0-9]+\\.[0-9]+",),
        exempt_bots=(BOT.id,),
    )
)


def branch(name, policy=POLICY, **parts):
    return judge("names", pull(head_ref=f"refs/heads/{name}", **parts), policy)


def test_a_branch_of_a_stated_form_passes():
    assert branch("feature/PAY-1-refunds") == []


@pytest.mark.parametrize("name", ["refunds", "xfeature/PAY-1-a", "feature/PAY-1-a/x", "feature/PAY-1-A"])
def test_a_branch_of_no_stated_form_fails_since_patterns_are_anchored(name):
    (finding,) = blocking(branch(name))
    assert (finding.rule, finding.subject) == ("names", f"refs/heads/{name}")
    assert finding.remedy


@pytest.mark.parametrize(
    "name",
    [
        'feature/PAY-1-a";$(x)',
        "feature/PAY-1-`id`",
        "feature/PAY-1-a'b",
        "feature/PAY-1-::set-output name=x::",
    ],
)
def test_a_hostile_name_is_refused_by_the_pattern(name):
    assert came_to(branch(name)) == "failed"


@pytest.mark.parametrize(
    "name",
    [
        "a\nb",
        "a\u202eb",
        "a\u200bb",
        "a\x00b",
        "a\x7fb",
        "a\u2028b",
        "a\ufeffb",
        "a\u2066b",
        "\ue000",
        "a\ud800b",
    ],
)
def test_characters_that_nobody_sees_are_refused_under_any_policy(name):
    (finding,) = blocking(branch(name, Branch()))
    assert "nobody sees" in finding.message
    assert finding.message.isprintable()


@pytest.mark.parametrize(
    "name",
    [
        "d" * 40,
        "A1" * 20,
        "d" * 64,
        "refs/heads/main",
        "heads/main",
        "tags/v1",
        "pull/1/merge",
        "remotes/origin/main",
        "gh-readonly-queue/main/pr-1-x",
        "HEAD",
        "FETCH_HEAD",
        "@",
        "-rf",
    ],
)
def test_a_name_that_passes_for_something_else_is_refused(name):
    assert came_to(branch(name, Branch())) == "failed"


@pytest.mark.parametrize(("length", "outcome"), [(255, "passed"), (256, "failed"), (1000, "failed")])
def test_a_name_has_at_most_255_characters(length, outcome):
    assert came_to(branch("x" * length, Branch())) == outcome


def test_a_ref_that_is_not_full_is_refused():
    assert came_to(judge("names", pull(head_ref="main"))) == "failed"


@pytest.mark.parametrize(
    ("name", "outcome"), [("v1.2.3", "passed"), ("v1", "failed"), ("main", "failed"), ("d" * 40, "failed")]
)
def test_tags_have_patterns_of_their_own(name, outcome):
    assert came_to(judge("names", pushed(ref=f"refs/tags/{name}"), POLICY)) == outcome


def test_a_tag_called_like_the_default_branch_is_refused_under_any_policy():
    assert came_to(judge("names", pushed(ref="refs/tags/main"))) == "failed"


def test_the_default_branch_itself_is_no_proposal():
    assert judge("names", pushed(commit()), POLICY) == []
    assert came_to(branch("main")) == "failed"


def test_a_bad_name_may_be_deleted():
    assert judge("names", pushed(ref="refs/heads/x y", deleted=True), POLICY) == []


def bot(*pushes, **parts):
    made = commit(author=BOT)
    ref = "refs/heads/dependabot/pip/x-1"
    moves = tuple(push(made.id, who, kind, ref=ref) for who, kind in pushes)
    return judge("names", pull(made, head_ref=ref, pushes=moves, **parts), POLICY)


def test_a_branch_that_an_exempt_machine_alone_has_pushed_passes():
    assert came_to(bot((BOT, "push"), (BOT, "branch_creation"))) == "passed"


def test_a_branch_to_which_a_person_has_pushed_is_no_machines():
    assert came_to(bot((ANN, "push"), (BOT, "branch_creation"))) == "failed"
    assert came_to(bot((BOT, "push"), (ANN, "branch_creation"))) == "failed"
    assert came_to(bot((None, "push"), (BOT, "branch_creation"))) == "failed"


def test_who_pushed_before_the_branch_was_made_anew_does_not_matter():
    assert came_to(bot((BOT, "branch_creation"), (ANN, "branch_deletion"))) == "passed"


def test_a_forged_noreply_address_of_a_machine_exempts_nobody():
    forged = commit(author="dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>")
    ref = "refs/heads/dependabot/pip/x-1"
    change = pull(forged, head_ref=ref, pushes=(push(forged.id, ANN, ref=ref),))
    assert came_to(judge("names", change, POLICY)) == "failed"


def test_an_account_with_the_number_that_is_no_machine_is_not_exempt():
    person = BOT.__class__(id=BOT.id, login="dependabot")
    assert came_to(bot((person, "branch_creation"))) == "failed"


@pytest.mark.parametrize("pushes", [(), ((BOT, "push"),)])
def test_when_not_every_push_is_known_it_is_inconclusive(pushes):
    assert came_to(bot(*pushes)) == "inconclusive"
    gap = (Gap(topic="pushes", message="no permission"),)
    assert came_to(bot((BOT, "branch_creation"), gaps=gap)) == "inconclusive"
