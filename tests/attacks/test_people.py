"""Attacks on who somebody is: second accounts, borrowed names, machines, leavers, teams that hide."""

from __future__ import annotations

import pytest

from counterseal.sandbox.things import Verification


@pytest.fixture
def asked(bank):
    """Dana's change, merged and built by tess, waits for one lead."""
    assert bank.release(bank.change()).code == 0
    return bank


def waits(done, *rules):
    assert (done.code, done.state) == (11, "pending"), done
    for rule in rules:
        assert rule in done.rules, done


def passes(done, state="approved"):
    assert (done.code, done.state) == (0, state), done


def test_a_change_that_keeps_to_everything_passes_every_gate(bank):
    pull = bank.change()
    assert bank.judge(pull).code == 0
    assert bank.release(pull).code == 0
    waits(bank.decide(use=True), "quorum-missing")
    bank.approve(bank.chris)
    passes(bank.decide(use=True))
    assert {call.path for call in bank.traffic.calls} >= {"/graphql"}


def test_a_second_account_of_the_author_cannot_approve(asked):
    said = asked.approve(asked.dana_again)
    done = asked.decide()
    waits(done, "event-conflict", "quorum-missing")
    assert any(one["subject"] == f"comment:{said.id}" for one in done.result["reasons"])
    asked.approve(asked.chris)
    passes(asked.decide(use=True))


def test_a_co_author_cannot_approve(bank):
    assert bank.release(bank.change(co_authors=[bank.chris])).code == 0
    bank.approve(bank.chris)
    waits(bank.decide(), "event-conflict")
    bank.approve(bank.mia)
    passes(bank.decide(use=True))


def test_whoever_merged_by_hand_cannot_approve(bank):
    repository, branch = bank.repository, "feature/PAY-1-refunds"
    pull = bank.change()
    theirs = repository.commit("main", {"src/other.py": "other\n"}, bank.tess, "Meanwhile")
    bank.baseline()
    ours = pull.head
    files = repository.git.merged_files(repository.git.merge_base(ours, theirs), ours, theirs)
    files = {**files, "src/pay.py": repository.git.write_blob(b"evil\n")}
    oid = repository.write(files, (ours, theirs), bank.mia, bank.mia, "Merge main")
    repository.push(branch, oid, bank.mia)
    assert bank.release(pull).code == 0
    bank.approve(bank.mia)
    waits(bank.decide(), "event-conflict")
    bank.approve(bank.chris)
    passes(bank.decide(use=True))


def test_an_unknown_co_author_fails(bank):
    done = bank.judge(bank.change(co_authors=["Ghost <ghost@nowhere.example>"]))
    assert (done.code, set(done.rules)) == (10, {"duties.unresolved"}), done
    assert bank.judge(bank.change("feature/PAY-2-x", co_authors=[bank.chris])).code == 0


def test_a_forged_bot_address_exempts_nobody(bank):
    bank.rules["branch"]["names"]["exempt-bots"] = [bank.robot.id]
    bank.write_policy()
    forged = bank.change("renovate/forged", email=bank.robot.email)
    done = bank.judge(forged)
    assert (done.code, set(done.rules)) == (10, {"names", "duties.unresolved"}), done
    signed = Verification(verified=True, reason="valid", by_forge=True, signature="s", payload="p")
    genuine = bank.change("renovate/genuine", author=bank.robot, verification=signed)
    assert bank.judge(genuine).code == 0


def test_an_unattributed_commit_fails(bank):
    done = bank.judge(bank.change(email="nobody@nowhere.example"))
    assert (done.code, set(done.rules)) == (10, {"duties.unresolved"}), done
    assert bank.judge(bank.change("feature/PAY-2-x")).code == 0


def test_a_bot_cannot_approve(asked):
    asked.leads.members.append(asked.robot)
    asked.approve(asked.robot)
    waits(asked.decide(), "event-machine")
    asked.approve(asked.chris)
    passes(asked.decide(use=True))


def test_the_author_cannot_approve_a_run_that_somebody_else_started(asked):
    waiting = asked.repository.environment("production", [asked.dana, asked.chris])
    asked.run.pending = [waiting]
    asked.repository.review_run(asked.run, asked.dana, [waiting])
    waits(asked.decide(), "event-conflict")
    asked.repository.review_run(asked.run, asked.chris, [waiting])
    passes(asked.decide())


def test_the_one_who_started_the_run_cannot_approve_it(asked):
    asked.leads.members.append(asked.tess)
    asked.approve(asked.tess)
    waits(asked.decide(), "event-conflict")


def test_an_approval_by_who_is_no_reviewer_counts_for_nothing(asked):
    waiting = asked.repository.environment("production", [asked.chris])
    asked.run.pending = [waiting]
    asked.repository.review_run(asked.run, asked.olga, [waiting])
    waits(asked.decide(), "event-not-member")


def test_nobody_counts_in_two_stages(bank):
    assert bank.release(bank.change(), change_class="guarded").code == 0
    bank.approve(bank.mia)
    waits(bank.decide(), "quorum-missing")
    bank.approve(bank.rita)
    passes(bank.decide())


def test_a_member_who_left_before_the_deployment_does_not_count(asked):
    asked.approve(asked.chris)
    passes(asked.decide())
    asked.leads.members.remove(asked.chris)
    waits(asked.decide(use=True), "event-not-member")


def test_whoever_joins_a_team_after_approving_does_not_count(asked):
    asked.approve(asked.olga)
    waits(asked.decide(), "event-not-member")
    asked.leads.members.append(asked.olga)
    waits(asked.decide(use=True), "event-not-member-then")


def test_a_leaver_counts_for_nothing(asked):
    asked.approve(asked.former)
    waits(asked.decide(), "event-not-employed")


def test_a_team_that_cannot_be_seen_is_not_an_empty_team(asked):
    asked.approve(asked.chris)
    seeing, asked.members_token = asked.members_token, asked.token
    done = asked.decide(use=True)
    assert (done.code, "members-incomplete" in done.rules) == (14, True), done
    asked.members_token = seeing
    waits(asked.decide(use=True), "event-not-member-then")  # it was never seen that he was one
    asked.approve(asked.chris)
    passes(asked.decide(use=True))


def test_a_secret_team_is_not_an_empty_team(asked):
    asked.leads.secret = True
    asked.approve(asked.chris)
    done = asked.decide(use=True)
    assert (done.code, "members-incomplete" in done.rules) == (14, True), done


def test_a_deleted_account_approves_nothing(asked):
    asked.approve(asked.chris)
    asked.chris.deleted = True
    waits(asked.decide(), "event-nobody")


def test_an_account_that_is_deleted_after_approving_counts_no_more(asked):
    asked.approve(asked.chris)
    passes(asked.decide())
    asked.chris.deleted = True
    waits(asked.decide(use=True), "quorum-missing")


def test_a_renamed_account_is_the_same_and_a_reused_name_is_not(asked):
    asked.chris.login = "christine"
    other = asked.world.user("chris", 999, "other@nowhere.example")
    asked.approve(other)
    waits(asked.decide(), "event-person-unknown")
    asked.approve(asked.chris)
    passes(asked.decide(use=True))
