from __future__ import annotations

import pytest

from counterseal.policy.branch import Branch, ProtectedPaths
from counterseal.policy.change import ChangedFile
from counterseal.policy.duties import Duties
from counterseal.policy.forge import Gap
from counterseal.policy.people import BotEntry, People, PersonEntry
from counterseal.policy.rules.context import GroupMembers
from simulators.changes import (
    ANN,
    BOB,
    BOT,
    CARL,
    DAN,
    EVE,
    blocking,
    came_to,
    commit,
    judge,
    pull,
    push,
    pushed,
    review,
    sha,
)

GROUP = GroupMembers(group="security", accounts=(BOB.id, CARL.id, BOT.id, ANN.id))
WORKFLOW = (ChangedFile(path=".github/workflows/ci.yml", status="modified"),)
HEAD = sha(1)


def paths(*reviews, files=WORKFLOW, members=(GROUP,), quorum=1, change=None, **context):
    policy = Branch(protected_paths=ProtectedPaths(owners="security", quorum=quorum))
    parts = context.pop("parts", {})
    change = change or pull(files=files, reviews=reviews, **parts)
    return judge("protected-paths", change, policy, members=members, **context)


def test_a_change_that_touches_nothing_protected_passes():
    assert paths(files=(ChangedFile(path="src/a.py", status="added"),)) == []


@pytest.mark.parametrize(
    "file",
    [
        ChangedFile(path=".github/workflows/ci.yml", status="added"),
        ChangedFile(path=".GITHUB/Workflows/ci.yml", status="added"),
        ChangedFile(path=".github/counterseal.yml", status="removed"),
        ChangedFile(path="CODEOWNERS", status="modified"),
        ChangedFile(path="old.yml", status="renamed", previous=".github/workflows/ci.yml"),
    ],
)
def test_a_change_to_the_gate_itself_needs_its_owners(file):
    (finding,) = blocking(paths(files=(file,)))
    assert "1 of the group security" in finding.message
    assert came_to(paths(files=(file,))) == "failed"


def test_an_owner_who_approved_the_very_head_lets_it_through():
    findings = paths(review(1, BOB, HEAD))
    assert came_to(findings) == "passed"
    assert "account:2" in findings[0].reason.message


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (review(1, BOB, sha("old")), "another commit"),
        (review(1, BOB, None), "has lost"),
        (review(1, BOB, HEAD, edited=True), "changed the review"),
        (review(1, BOT, HEAD), "no human"),
        (review(1, ANN, HEAD), "opener"),
        (review(1, DAN, HEAD), "not of the group"),
        (review(1, None, HEAD), "0 have"),
        (review(1, BOB, HEAD, "commented"), "0 have"),
        (review(1, BOB, HEAD, "changes-requested"), "0 have"),
        (review(1, BOB, HEAD, "dismissed"), "0 have"),
        (review(1, BOB, HEAD, "pending"), "0 have"),
    ],
)
def test_an_approval_that_does_not_count_does_not_let_it_through(given, why):
    (finding,) = blocking(paths(given))
    assert why in finding.message
    assert came_to(paths(given)) == "failed"


def test_a_comment_after_an_approval_does_not_cancel_it():
    assert came_to(paths(review(1, BOB, HEAD), review(2, BOB, HEAD, "commented"))) == "passed"


@pytest.mark.parametrize("later", ["changes-requested", "dismissed"])
def test_a_later_verdict_of_the_same_person_cancels_an_approval(later):
    assert came_to(paths(review(1, BOB, HEAD), review(2, BOB, HEAD, later))) == "failed"


def test_an_approval_after_a_request_for_changes_counts():
    assert came_to(paths(review(1, BOB, HEAD, "changes-requested"), review(2, BOB, HEAD))) == "passed"


def test_a_quorum_is_of_different_people():
    assert came_to(paths(review(1, BOB, HEAD), review(2, BOB, HEAD), quorum=2)) == "failed"
    assert came_to(paths(review(1, BOB, HEAD), review(2, CARL, HEAD), quorum=2)) == "passed"


MAP = People(
    version=1,
    people=(
        PersonEntry(id="e-1", accounts=(ANN.id, EVE.id)),
        PersonEntry(id="e-2", accounts=(BOB.id, CARL.id), until="2026-11-24"),
    ),
    bots=(BotEntry(account=DAN.id, name="bot"),),
)
ALL = GroupMembers(group="security", accounts=tuple(range(1, 6)))


def test_two_accounts_of_one_person_are_one_approval():
    both = (review(1, BOB, HEAD), review(2, CARL, HEAD))
    assert came_to(paths(*both, quorum=2, people=MAP, members=(ALL,))) == "failed"


def test_a_request_for_changes_with_the_second_account_cancels_the_approval_of_the_first():
    both = (review(1, BOB, HEAD), review(2, CARL, HEAD, "changes-requested"))
    assert came_to(paths(*both, people=MAP, members=(ALL,))) == "failed"


def test_the_second_account_of_the_author_does_not_count():
    assert came_to(paths(review(1, EVE, HEAD), people=MAP, members=(ALL,))) == "failed"


def test_somebody_whom_the_map_does_not_know_and_a_machine_of_the_map_do_not_count():
    unlisted = BOB.__class__(id=99, login="zoe")
    group = GroupMembers(group="security", accounts=(99, DAN.id))
    assert came_to(paths(review(1, unlisted, HEAD), people=MAP, members=(group,))) == "failed"
    assert came_to(paths(review(1, DAN, HEAD), people=MAP, members=(group,))) == "failed"


@pytest.mark.parametrize(
    ("now", "outcome"), [("2026-11-24T23:59:59Z", "passed"), ("2026-11-25T00:00:00Z", "failed")]
)
def test_a_leaver_counts_on_their_last_day_and_not_after_it(now, outcome):
    assert came_to(paths(review(1, BOB, HEAD), people=MAP, members=(ALL,), now=now)) == outcome


@pytest.mark.parametrize(
    "parts",
    [
        {"pr_opener": BOB},
        {"pushes": (push(HEAD, BOB),)},
        {"commits": (commit(author=BOB),)},
        {"commits": (commit(committer=BOB),)},
        {"commits": (commit(message="x\n\nCo-authored-by: Bob <2+bob@users.noreply.github.com>"),)},
    ],
)
def test_whoever_touched_the_change_in_any_role_does_not_count(parts):
    assert came_to(paths(review(1, BOB, HEAD), parts=parts)) == "failed"


def test_makers_never_count_whatever_the_duties_say():
    findings = paths(review(1, ANN, HEAD), duties=Duties(apart=()))
    assert came_to(findings) == "failed"


HIDDEN = GroupMembers(group="security", complete=False, note="members: read is needed")


def test_a_team_that_cannot_be_seen_is_inconclusive_and_not_empty():
    findings = paths(review(1, BOB, HEAD), members=(HIDDEN,))
    assert came_to(findings) == "inconclusive"
    assert "members: read" in blocking(findings)[0].message
    assert came_to(paths(review(1, BOB, HEAD), members=())) == "inconclusive"


def test_a_hidden_team_does_not_matter_where_nobody_has_approved_or_enough_surely_have():
    assert came_to(paths(members=(HIDDEN,))) == "failed"
    part = GroupMembers(group="security", accounts=(BOB.id,), complete=False)
    assert came_to(paths(review(1, BOB, HEAD), members=(part,))) == "passed"


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (review(1, BOB, HEAD, edited=None), {}),
        (review(1, BOB, HEAD, submitted_at=None), {}),
        (review(1, BOB, HEAD), {"gaps": (Gap(topic="pushes", message="hidden"),)}),
        (review(1, BOB, HEAD), {"commits": (commit(author="Zoe <zoe@example.com>"),)}),
        (review(1, BOB, sha("old")), {"gaps": (Gap(topic="reviews", message="page 2"),)}),
    ],
)
def test_what_is_not_known_of_an_approval_makes_it_inconclusive(given, parts):
    assert came_to(paths(given, parts=parts)) == "inconclusive"


def test_files_that_are_not_all_listed_are_inconclusive_unless_the_owners_have_approved():
    many = {"gaps": (Gap(topic="files", message="3001 files"),)}
    harmless = (ChangedFile(path="a.py", status="added"),)
    assert came_to(paths(files=harmless, parts=many)) == "inconclusive"
    assert came_to(paths(review(1, BOB, HEAD), files=harmless, parts=many)) == "passed"
    assert came_to(paths(parts=many)) == "failed"


def test_a_push_straight_to_a_protected_branch_has_no_approval():
    change = pushed(commit(), files=WORKFLOW)
    assert came_to(paths(change=change)) == "failed"
    assert came_to(paths(change=change, protected=None)) == "failed"
    assert paths(change=change, protected=False) == []
