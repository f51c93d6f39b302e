"""Denials and withdrawals: the last word of each person counts, and a denial most of all."""

from __future__ import annotations

from counterseal.approval.model import State
from unit.approval.worlds import ANN, BEN, BOTH, CARA, SAM, actor, at, comment, judge, review, why


def test_a_comment_after_an_approval_changes_nothing():
    from counterseal.approval.grammar import parse_command

    assert parse_command("Looks fine to me as well.") is None
    assert judge(*BOTH).state is State.APPROVED


def test_a_withdrawn_approval_counts_for_nothing():
    first = comment(ANN, 1)
    decision = judge(first, comment(ANN, 2, "withdraw"), comment(SAM, 2))
    assert decision.state is State.PENDING
    assert why(decision, first) == "event-withdrawn"


def test_who_withdrew_can_approve_again():
    events = (comment(ANN, 1), comment(ANN, 2, "withdraw"), comment(ANN, 3), comment(SAM, 2))
    decision = judge(*events)
    assert decision.state is State.APPROVED
    assert decision.stages[0].at == at(3)


def test_acts_within_a_second_are_told_apart_by_its_fractions():
    taken, given = comment(ANN, 1, "withdraw"), comment(ANN, 1, at="2026-11-23T11:00:00.5Z")
    assert judge(given, taken, change_class="simple").state is State.APPROVED


def test_of_two_acts_at_the_same_moment_the_cautious_one_is_the_last():
    given, taken = comment(ANN, 1, id="comment:9"), comment(ANN, 1, "withdraw", id="comment:10")
    assert judge(given, taken, change_class="simple").state is State.PENDING


def test_nothing_can_be_withdrawn_that_was_not_given():
    event = comment(ANN, 1, "withdraw")
    assert why(judge(event), event) == "event-nothing-to-withdraw"


def test_a_denial_after_an_approval_denies():
    denial = comment(ANN, 3, "deny", reason="the test is flaky\n::set-output")
    decision = judge(*BOTH, denial)
    assert decision.state is State.DENIED
    assert decision.denied_by[0].event == denial.id
    assert "the test is flaky\\x0a::set-output" in decision.reasons[0].message


def test_approved_then_changes_requested_then_dismissed_stays_denied():
    events = (review(ANN, 1), review(ANN, 2, "deny"), review(ANN, 3, "withdraw"), comment(SAM, 2))
    assert judge(*events).state is State.DENIED


def test_a_denial_in_a_stage_that_is_passed_denies():
    assert judge(*BOTH, comment(CARA, 3, "deny")).state is State.DENIED


def test_a_denial_by_one_who_may_not_decide_is_only_noted():
    denial = comment(777, 3, "deny")
    decision = judge(*BOTH, denial)
    assert decision.state is State.APPROVED
    assert why(decision, denial) == "event-not-member"


def test_a_denial_by_one_who_touched_the_change_counts():
    assert judge(*BOTH, comment(BEN, 3, "deny"), actors=(actor(BEN),)).state is State.DENIED


def test_an_approval_can_be_taken_back_after_the_deadline_while_it_could_be_used():
    events = (comment(ANN, 20),)
    taken = judge(*events, comment(ANN, 30, "withdraw"), change_class="simple", hours=31)
    assert taken.state is State.EXPIRED
    assert judge(*events, comment(BEN, 30, "deny"), change_class="simple", hours=31).state is State.DENIED


def test_a_denial_after_everything_ended_counts_for_nothing():
    denial = comment(ANN, 50, "deny")
    decision = judge(comment(ANN, 20), denial, change_class="simple", hours=51)
    assert decision.state is State.EXPIRED
    assert why(decision, denial) == "event-late"
