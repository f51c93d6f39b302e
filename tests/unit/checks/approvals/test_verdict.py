"""What a case comes to, beside a board and on record; and what people are told of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.approval.model import Event, Step
from counterseal.approval.replay import encode_case
from counterseal.checks.approvals import messages, verdict
from counterseal.checks.approvals.decided import decision_problems, read_cases, require_replay
from counterseal.checks.approvals.records import case_evidence, origin_of, record_of
from counterseal.errors import SealError
from counterseal.manifest.record import Reason
from counterseal.manifest.types import Outcome
from simulators.changes import BOB, DAN
from simulators.firm import record

HOSTILE = '@everyone | <img src=x> [x](http://evil) ::set-output name=x::y \u202e `#1` "'


def beside(firm, binding, board, *, ours=True):
    """Return the case of a change that a board decides about as well."""
    firm.policy["approval"]["parity"] = {"tracker": "jira", "binding": binding}
    firm.publish()
    firm.ask("board", ticket="CHG1")
    firm.at("10:00:00")
    if ours:
        firm.say(DAN)
    digest = firm.asked.request.binding.candidate.sha256
    return firm.case(change_record=record(verdict=board, candidate=digest), gaps=())


@pytest.mark.parametrize(
    ("binding", "board", "ours", "outcome", "word", "differs"),
    [
        ("both", "approved", True, Outcome.PASSED, "approved", False),
        ("both", "approved", False, Outcome.FAILED, "pending", True),
        ("both", "pending", True, Outcome.FAILED, "pending", True),
        ("both", "rejected", True, Outcome.FAILED, "denied", True),
        ("board", "approved", True, Outcome.PASSED, "approved", False),
        ("board", "approved", False, Outcome.PASSED, "board", True),
        ("board", "rejected", True, Outcome.FAILED, "denied", True),
        ("board", "pending", False, Outcome.FAILED, "pending", False),
        ("counterseal", "rejected", True, Outcome.PASSED, "approved", True),
        ("counterseal", "approved", False, Outcome.FAILED, "pending", True),
    ],
)
def test_both_verdicts_are_on_record_and_the_policy_says_which_decides(
    firm, binding, board, ours, outcome, word, differs
):
    case = beside(firm, binding, board, ours=ours)
    assert (verdict.outcome(case), verdict.word(case)) == (outcome, word)
    assert verdict.lets_through(case) is (outcome is Outcome.PASSED)
    assert any(one.rule == "parity" for one in verdict.reasons(case)) is differs
    filed = record_of(case, "approval", origin_of(case), case_evidence(case)[1]).predicate
    assert filed.outcome is outcome
    assert any(one.rule == "parity" for one in filed.reasons) is differs
    require_replay(case, filed, "approval")


def test_a_board_replaces_our_quorum_and_nothing_else(firm):
    firm.policy["approval"]["freezes"] = [
        {"name": "now", "zone": "UTC", "from": "2026-11-24T00:00", "until": "2026-11-25T00:00"}
    ]
    assert verdict.outcome(beside(firm, "board", "approved", ours=False)) is Outcome.FAILED


def test_a_class_without_a_change_record_is_never_a_boards(firm):
    firm.policy["approval"]["parity"] = {"tracker": "jira", "binding": "board"}
    firm.publish()
    firm.ask(ticket="CHG1")
    case = firm.at("10:00:00").case(change_record=record())
    assert verdict.outcome(case) is Outcome.FAILED


def test_a_record_that_does_not_follow_from_its_case_is_found(asked):
    case = asked.case()
    filed = record_of(case, "approval", origin_of(case), case_evidence(case)[1]).predicate
    passed = replace(filed, outcome=Outcome.PASSED)
    forged = replace(case, decision=replace(case.decision, state="approved"))

    assert list(decision_problems(filed, [encode_case(case), b"anything else"])) == []
    assert len(list(decision_problems(passed, [encode_case(case)]))) == 1
    assert len(list(decision_problems(filed, [encode_case(forged)]))) == 1
    assert len(list(decision_problems(filed, []))) == 1
    assert len(list(decision_problems(filed, [encode_case(case)] * 2))) == 1
    assert list(decision_problems(replace(filed, stage="record"), [])) == []
    assert len(list(read_cases([encode_case(case), b"{}"]))) == 1
    with pytest.raises(SealError, match="does not follow"):
        require_replay(forged, filed, "approval")


# -- words ----------------------------------------------------------------------------------------------


def hostile(firm):
    """Return a case in which everything that others may choose is hostile."""
    firm.ask(reason=HOSTILE, incident=HOSTILE, ticket=HOSTILE)
    firm.at("10:00:00").say(replace(BOB, login=HOSTILE), rest="\n" + HOSTILE)
    firm.say(replace(DAN, login=HOSTILE), "/deny", "\n" + HOSTILE)
    return firm.case()


def test_no_word_of_others_means_anything_in_what_people_are_told(firm):
    case = hostile(firm)
    event: Event = case.events[0]
    told = [
        messages.asking(case),
        messages.state(case),
        messages.answer(case, event.id),
        messages.nudge(case, [Step(key="remind-50", kind="remind", due_at=case.now)]),
        messages.used(HOSTILE),
        messages.unstarted(HOSTILE, {HOSTILE: HOSTILE}),
    ]
    for text in told:
        for word in ("@everyone", "<img", "](http", "::set-output", "\u202e", "#1`"):
            assert word not in text


def test_only_teams_of_the_policy_are_called(firm):
    firm.ask("team", reason="@acme/everybody")
    assert [word for word in messages.asking(firm.case()).split() if word.startswith("@")] == ["@acme/leads"]


def test_people_are_told_exactly_what_to_write(asked):
    lines = messages.asking(asked.case()).splitlines()
    assert f"    /approve {asked.asked.id}" in lines
    assert f"    /deny {asked.asked.id}" in lines
    assert any("2026-11-24T19:00:00Z" in line for line in lines)


def test_a_review_that_is_owed_is_asked_for_with_its_own_words(asked):
    text = messages.nudge(
        asked.case(), [Step(key="x", kind="post-review-due", due_at="2026-11-25T09:00:00Z")]
    )
    assert f"    /approve {asked.asked.id} stage=post-review" in text.splitlines()
    assert "Deadline" not in text


def test_a_long_list_of_reasons_is_cut_and_says_so():
    assert messages.listed([Reason(rule="x", message="y")] * 25)[-1] == "- and 5 more"
    assert len(messages.listed([Reason(rule="x", message="y")] * 20)) == 20


def test_what_is_not_certain_is_told_as_such(firm):
    firm.ask("team")
    firm.forge.teams.clear()
    case = firm.at("10:00:00").case()
    assert "not certain" in messages.state(case)
    assert (verdict.word(case), verdict.exit_code(case)) == ("unsure", 14)
