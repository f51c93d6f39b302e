"""Attacks on an approval at the gate: who gives it, what for, when, and how often it is used.

The numbers are those of the threat model. `tests/attacks` runs the whole commands against the offline forge.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.approval.model import State
from counterseal.errors import ApprovalMissing
from counterseal.policy.forge import Gap, GitPerson
from factories import COMMIT
from simulators.changes import ANN, BOB, CARL, DAN, EVE, commit, pull, push, sha
from simulators.firm import ANN_AGAIN, LEFT, ROBOT, STRANGER, rules


def waits(case, *expected):
    assert (case.decision.state, case.decision.certain) == (State.PENDING, True), rules(case)
    assert set(expected) <= set(rules(case)), rules(case)


def passes(case):
    assert case.decision.lets_through, rules(case)


def test_a_lead_who_touched_nothing_approves(asked):
    waits(asked.case(), "quorum-missing")
    asked.say(BOB)
    passes(asked.case())
    passes(asked.use())


# -- who (1, 8, 9, 10, 11, 23, 25, 26, 40) --------------------------------------------------------------


def test_1_a_second_account_of_the_author_does_not_approve(asked):
    asked.say(ANN_AGAIN)
    waits(asked.case(), "event-conflict")


@pytest.mark.parametrize("who", [ANN, CARL, EVE], ids=["author", "merger", "run-starter"])
def test_23_nobody_who_touched_the_change_approves_it_whoever_started_the_run(asked, who):
    asked.say(who)
    waits(asked.case(), "event-conflict")


def test_8_a_co_author_does_not_approve(asked):
    asked.forge.change_pull(12, commits=(commit(co_authors=(GitPerson(text="Bob <b@x>", account=BOB),)),))
    asked.say(BOB)
    waits(asked.case(), "event-conflict")
    asked.say(DAN)
    passes(asked.case())


def test_8_who_pushed_what_others_wrote_does_not_approve(asked):
    asked.forge.change_pull(12, pushes=(push(sha(1), BOB),))
    asked.say(BOB)
    waits(asked.case(), "event-conflict")


def test_9_an_address_of_somebody_else_does_not_take_the_author_out(asked):
    stolen = commit(author="Dan <dan@example.com>", committer="Dan <dan@example.com>")
    asked.forge.change_pull(12, commits=(stolen,))
    asked.say(ANN)
    waits(asked.case(), "event-conflict")


@pytest.mark.parametrize("text", ["Nobody <nobody@nowhere.example>", "renovate[bot] <bot@nowhere.example>"])
def test_10_with_a_commit_of_nobody_nothing_is_approved(asked, text):
    asked.forge.change_pull(12, commits=(commit(author=text, committer=text),))
    asked.say(BOB)
    waits(asked.case(), "duties.unresolved")


def test_10_with_a_commit_that_came_without_a_pull_request_nothing_is_approved(asked):
    asked.forge.brought.clear()
    asked.say(BOB)
    waits(asked.case(), "duties.unresolved")


@pytest.mark.parametrize("number", [80, 81], ids=["the forge says so", "the map says so"])
def test_11_a_machine_does_not_approve(firm, number):
    robot = replace(ROBOT, id=number, bot=number == ROBOT.id)
    firm.policy["approval"]["groups"]["leads"]["accounts"].append(number)
    firm.publish()
    firm.ask()
    firm.at("10:00:00").say(robot)
    waits(firm.case(), "event-machine")


def test_25_a_leaver_does_not_approve(asked):
    asked.say(LEFT)
    waits(asked.case(), "event-not-employed")


def test_25_who_leaves_the_team_before_the_deployment_counts_no_more(firm):
    firm.ask("team")
    firm.at("10:00:00").say(BOB)
    passes(firm.case())
    firm.forge.add_team("acme/leads", [DAN])
    waits(firm.use(), "event-not-member")


def test_25_who_joins_the_team_for_an_hour_to_have_been_in_it_does_not_count(firm):
    firm.ask("team")
    firm.forge.add_team("acme/leads", [DAN])
    firm.at("10:00:00").say(BOB)
    waits(firm.case(), "event-not-member")
    firm.forge.add_team("acme/leads", [BOB, DAN])
    waits(firm.case(), "event-not-member-then")


def test_26_a_team_that_cannot_be_seen_lets_nothing_through(firm):
    firm.ask("team")
    firm.at("10:00:00").say(BOB)
    firm.forge.teams.clear()
    case = firm.case()
    assert (case.decision.lets_through, case.decision.certain) == (False, False)
    assert "members-incomplete" in rules(case)


def test_26_a_denial_is_not_lost_because_the_team_was_hidden_when_it_was_seen(firm):
    firm.ask("team")
    firm.at("10:00:00").say(BOB, "/deny")
    firm.forge.teams.clear()
    assert not firm.case().decision.certain
    firm.forge.add_team("acme/leads", [BOB, DAN])
    firm.say(DAN)
    assert firm.case().decision.state is State.DENIED


def test_40_a_deleted_account_approves_nothing(asked):
    asked.say(None)
    waits(asked.case(), "event-nobody")


def test_40_an_account_that_is_deleted_after_approving_counts_no_more(asked):
    said = asked.say(BOB)
    passes(asked.case())
    asked.change_comment(said, author=None)
    waits(asked.use(), "event-edited")


def test_40_a_renamed_account_is_the_same_and_who_takes_its_name_is_not(asked):
    asked.say(replace(STRANGER, login="bob"))
    waits(asked.case(), "event-person-unknown")
    asked.say(replace(BOB, login="robert"))
    passes(asked.case())


# -- words (6, 7, 41) -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["/disapprove", "not /approve", "> /approve", "/APPROVE", "`/approve", "LGTM /approve", "/approve "],
)
def test_7_only_the_exact_words_approve(asked, words):
    asked.say(BOB, words)
    waits(asked.case(), "quorum-missing")


def test_7_an_approval_of_another_request_does_not_count(asked):
    asked.forge.add_comment(asked.asked.request.issue, "/approve 0123456789abcdef", BOB)
    waits(asked.case(), "event-other-request")


@pytest.mark.parametrize("who", [BOB, ANN], ids=["themselves", "an administrator"])
def test_6_an_approval_that_was_edited_counts_for_nothing(asked, who):
    said = asked.say(BOB)
    asked.change_comment(said, edited=True)
    waits(asked.case(), "event-edited")


def test_6_a_comment_that_becomes_an_approval_counts_for_nothing(asked):
    said = asked.say(BOB, "I shall look at")
    waits(asked.case(), "quorum-missing")
    asked.change_comment(said, body=f"/approve {asked.asked.id}", edited=True)
    waits(asked.case(), "event-edited")


def test_6_an_approval_that_disappears_counts_no_more(asked):
    said = asked.say(BOB)
    passes(asked.case())
    asked.change_comment(said)
    waits(asked.use(), "event-edited")


def test_6_a_denial_that_disappears_still_denies(asked):
    said = asked.say(DAN, "/deny")
    assert asked.case().decision.state is State.DENIED
    asked.change_comment(said)
    asked.say(BOB)
    assert asked.use().decision.state is State.DENIED


def test_6_a_denial_that_is_rewritten_into_an_approval_still_denies(asked):
    said = asked.say(BOB, "/deny")
    asked.case()
    asked.change_comment(said, body=f"/approve {asked.asked.id}")
    assert asked.case().decision.state is State.DENIED


def test_41_closing_the_issue_changes_nothing(asked):
    asked.say(BOB)
    asked.forge.issues[asked.asked.request.issue].open = False
    passes(asked.use())


def test_41_with_its_issue_deleted_a_request_is_never_approved_and_still_runs_out(asked):
    asked.say(BOB)
    passes(asked.case())
    del asked.forge.issues[asked.asked.request.issue]

    gone = asked.case()
    assert (gone.decision.lets_through, gone.decision.certain, "gap" in rules(gone)) == (False, False, True)
    late = asked.at("2026-11-26T10:00:00Z").case()

    assert (late.decision.state, late.decision.certain) == (State.EXPIRED, True)


def test_41_a_signed_approval_alone_does_not_pass_when_nobody_can_tell_who_denied(asked):
    del asked.forge.issues[asked.asked.request.issue]
    case = asked.case(asked.signed())
    assert (case.decision.lets_through, case.decision.certain) == (False, False)


# -- what for (2, 3, 5, 27, 29, 32) ---------------------------------------------------------------------


@pytest.fixture
def reviewed(firm):
    """A request for the head of an open pull request, which Bob has approved in a review."""
    firm.forge.add_pull(pull(commit(), head=COMMIT))
    firm.ask(pull_request=12, base_ref="refs/heads/main")
    firm.at("10:00:00").review(BOB)
    passes(firm.case())
    return firm


def test_2_a_push_after_the_approval_voids_it(reviewed):
    reviewed.forge.change_pull(12, head="e" * 40, pull_request={"head": "e" * 40})
    case = reviewed.use()
    assert (case.decision.state, "binding-commit" in rules(case)) == (State.REVOKED, True)


def test_2_a_review_of_what_was_there_before_does_not_count(firm):
    firm.forge.add_pull(pull(commit(), head=COMMIT))
    firm.ask(pull_request=12)
    firm.at("10:00:00").review(BOB, commit="e" * 40)
    waits(firm.case(), "event-other-commit")


def test_2_a_review_in_the_second_of_a_push_belongs_to_the_commit_that_it_names(firm):
    firm.forge.add_pull(pull(commit(), head=COMMIT))
    firm.ask(pull_request=12)
    firm.at("10:00:00")
    firm.forge.change_pull(12, pushes=(push(COMMIT, at=firm.forge.clock),))
    firm.review(BOB, commit="e" * 40)
    waits(firm.case(), "event-other-commit")
    firm.review(DAN)
    passes(firm.case())


def test_3_a_forced_push_away_and_back_brings_no_review_with_it(firm):
    firm.forge.add_pull(pull(commit(), head=COMMIT))
    firm.ask(pull_request=12)
    firm.forge.change_pull(12, head="e" * 40, pull_request={"head": "e" * 40})
    firm.at("10:00:00").review(BOB, commit="e" * 40)
    assert firm.case().decision.state is State.REVOKED
    firm.forge.change_pull(12, head=COMMIT, pull_request={"head": COMMIT})
    waits(firm.use(), "event-other-commit")


def test_5_a_back_dated_commit_changes_no_time(asked):
    said = asked.at("08:59:59").say(BOB)
    asked.at("10:00:00")
    waits(asked.case(), "event-before-request")
    assert said.created_at < asked.asked.request.requested_at


def test_27_a_tag_that_moved_voids_the_approval(firm):
    firm.release = replace(firm.release, source=replace(firm.release.source, ref="refs/tags/v1"))
    firm.forge.tips["refs/tags/v1"] = COMMIT
    firm.ask()
    firm.at("10:00:00").say(BOB)
    passes(firm.case())
    firm.forge.tips["refs/tags/v1"] = "e" * 40
    case = firm.use()
    assert (case.decision.state, "binding-commit" in rules(case)) == (State.REVOKED, True)
    del firm.forge.tips["refs/tags/v1"]
    assert firm.use().decision.certain is False


def test_29_another_base_voids_the_approval(reviewed):
    reviewed.forge.change_pull(12, base_ref="refs/heads/legacy")
    case = reviewed.use()
    assert (case.decision.state, "binding-base-ref" in rules(case)) == (State.REVOKED, True)


@pytest.mark.parametrize(
    "name", ["commit", "tree", "candidate", "environment", "repository", "repository_id"]
)
def test_32_what_is_deployed_has_to_be_what_was_asked_about(asked, name):
    asked.say(BOB)
    binding = asked.asked.request.binding
    value = getattr(binding, name)
    others = {
        "environment": "staging",
        "repository_id": 2,
        "candidate": replace(binding.candidate, sha256="0" * 64),
    }
    other = others.get(name, "0" * 40)
    assert other != value
    if name == "repository_id":
        asked.forge.home = type(asked.forge.home)(asked.forge.home.uri, 2, "acme/payments", "main")
        case = asked.use()
    else:
        case = asked.use(now=replace(binding, **{name: other}))
    assert (case.decision.state, f"binding-{name.replace('_', '-')}" in rules(case)) == (State.REVOKED, True)


def test_32_another_policy_voids_the_approval(asked):
    asked.say(BOB)
    passes(asked.case())
    asked.policy["approval"]["classes"]["normal"]["deadline"] = 20
    asked.publish()
    case = asked.use()
    assert (case.decision.state, "binding-policy" in rules(case)) == (State.REVOKED, True)


# -- when and how often (22, 42, 43) --------------------------------------------------------------------


def test_22_a_run_that_was_started_again_is_not_what_was_approved(asked):
    asked.say(BOB)
    passes(asked.case())
    again = replace(asked.forge.runs[100][0], attempt=2, triggering_actor=ANN)
    asked.forge.runs[100].append(again)
    case = asked.use()
    assert (case.decision.state, "binding-run" in rules(case)) == (State.REVOKED, True)


def test_22_an_approval_is_used_by_one_deployment(asked):
    asked.say(BOB)
    asked.book.use(asked.asked.id, "200/1", asked.forge.clock)
    passes(asked.use("200/1"))
    case = asked.use("200/2")
    assert (case.decision.state, "used" in rules(case)) == (State.REVOKED, True)
    with pytest.raises(ApprovalMissing):
        asked.book.use(asked.asked.id, "200/2", asked.forge.clock)


@pytest.mark.parametrize(("clock", "through"), [("18:59:59", True), ("19:00:00", False), ("19:00:01", False)])
def test_42_the_deadline_counts_whether_anybody_sweeps_or_not(asked, clock, through):
    asked.at(clock).say(BOB)
    assert asked.at("19:30:00").use().decision.lets_through is through


def test_42_an_approval_runs_out_whether_anybody_sweeps_or_not(asked):
    asked.say(BOB)
    passes(asked.at("14:00:00").use())
    waits(asked.at("14:00:01").use(), "approval-lapsed")


def test_43_a_head_that_cannot_be_read_lets_nothing_through(reviewed):
    from counterseal.errors import Inconclusive

    reviewed.forge.fail("change_of_pull", Inconclusive("the head changed while it was read"))
    case = reviewed.use()
    assert (case.decision.lets_through, case.decision.certain) == (False, False)


@pytest.mark.parametrize("topic", ["commits", "pushes", "files"])
def test_31_a_change_that_was_not_seen_whole_lets_nothing_through(asked, topic):
    asked.say(BOB)
    asked.forge.change_pull(12, gaps=(Gap(topic=topic, message="only the first page"),))
    assert asked.use().decision.certain is False
