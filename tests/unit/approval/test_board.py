"""The change record of an external board: what it has to say, and how our verdict is compared with it."""

from __future__ import annotations

import pytest

from counterseal.approval.model import ChangeRecord, State
from counterseal.approval.parity import Disagreement, compare, settle, tally
from counterseal.manifest.types import Outcome
from counterseal.policy.approval import Parity
from unit.approval import worlds
from unit.approval.worlds import ANN, BEN, CANDIDATE, actor, at, comment, judge, people, rules_of, why

KNOWN = people(
    robin={"accounts": [900]},
    ann={"accounts": [ANN], "tracker": ["t-ann"]},
    ben={"accounts": [BEN], "tracker": ["t-ben"]},
    chair={"tracker": ["t-chair"]},
)
OURS = comment(ANN, 1)


def _record(verdict="approved", **changes):
    given = {"key": "CHG1", "approvers": ("t-chair",), "at": at(1), "candidate": CANDIDATE}
    return ChangeRecord(verdict=verdict, **{**given, **changes})


def _judge(record, *events, parity=None, **known):
    rules = worlds.policy(parity=parity) if parity else worlds.policy()
    known = {"people": KNOWN, "change_record": record, **known}
    return judge(*(events or (OURS,)), change_class="board", rules=rules, **known)


def test_a_change_record_has_to_be_approved_as_well():
    assert _judge(_record()).state is State.APPROVED
    assert rules_of(_judge(None)) == ["change-record-missing"]
    assert _judge(None).state is State.PENDING
    assert rules_of(_judge(_record("pending"))) == ["change-record-pending"]


@pytest.mark.parametrize("verdict", ["rejected", "cancelled"])
def test_a_board_that_says_no_denies(verdict):
    decision = _judge(_record(verdict))
    assert (decision.state, rules_of(decision)) == (State.DENIED, ["change-record-rejected"])


@pytest.mark.parametrize("candidate", [None, "f" * 64])
def test_a_record_for_another_candidate_is_borrowed(candidate):
    assert rules_of(_judge(_record(candidate=candidate))) == ["change-record-candidate"]


def test_a_record_that_the_request_does_not_name_is_another():
    asked = worlds.request("board", ticket="CHG2")
    decision = judge(OURS, asked=asked, people=KNOWN, change_record=_record())
    assert rules_of(decision) == ["change-record-other"]


def test_who_approves_the_record_has_touched_nothing():
    assert rules_of(_judge(_record(approvers=("t-ben",)), actors=(actor(BEN),))) == ["change-record-conflict"]
    assert rules_of(_judge(_record(approvers=("t-nobody",)))) == ["change-record-approver"]
    assert rules_of(_judge(_record(approvers=()))) == ["change-record-approver"]


def test_the_planned_window_holds_when_it_is_used():
    soon = _record(window_from=at(13), window_until=at(14))
    assert _judge(soon).state is State.APPROVED
    held = _judge(soon, using=True)
    assert (held.state, rules_of(held), held.next_wake) == (State.PENDING, ["change-record-window"], at(13))
    assert _judge(_record(window_from=at(12), window_until=at(12)), using=True).lets_through
    assert not _judge(_record(window_until=at(11)), using=True).lets_through


def test_somebody_of_the_tracker_decides_as_the_person_whom_the_map_names():
    event = comment(None, 1, source="change-record", tracker="t-ann", candidate=CANDIDATE, request=None)
    assert judge(event, change_class="simple", people=KNOWN).state is State.APPROVED
    stranger = comment(None, 1, source="change-record", tracker="t-x", candidate=CANDIDATE)
    assert why(judge(stranger, people=KNOWN), stranger) == "event-person-unknown"


# Parity


def _parity(binding):
    return {"tracker": "servicenow", "binding": binding}


def test_while_ours_decides_the_board_is_only_compared():
    decision = _judge(_record("rejected"), parity=_parity("counterseal"))
    assert decision.state is State.APPROVED
    assert compare(decision, _record("rejected")).boards == "denied"


@pytest.mark.parametrize(
    ("events", "verdict", "expected"),
    [
        ((OURS,), "approved", None),
        ((OURS,), "rejected", ("approved", "denied")),
        ((OURS,), "pending", ("approved", "open")),
        ((comment(ANN, 1, "deny"),), "approved", ("denied", "approved")),
        ((comment(ANN, 1, "deny"),), "cancelled", None),
        ((comment(777, 1),), "approved", ("open", "approved")),
        ((comment(777, 1),), "pending", None),
        ((comment(777, 1),), "rejected", ("open", "denied")),
    ],
)
@pytest.mark.parametrize("binding", ["board", "both", "counterseal"])
def test_our_verdict_is_what_our_people_say(events, verdict, expected, binding):
    found = compare(_judge(_record(verdict), *events, parity=_parity(binding)), _record(verdict))
    assert (found and (found.ours, found.boards)) == expected


def test_no_record_is_no_verdict():
    found = compare(_judge(None), None)
    assert found == Disagreement(
        ours="approved", boards="open", message="we say approved, the board says open"
    )


def test_silence_until_the_deadline_is_our_no():
    decision = judge(change_class="board", hours=30, people=KNOWN, change_record=_record())
    assert compare(decision, _record()).ours == "denied"


def test_what_is_uncertain_is_no_verdict_of_ours():
    from counterseal.policy.forge import Gap

    decision = _judge(_record("pending"), gaps=(Gap(topic="reviews", message="cut"),))
    assert compare(decision, _record("pending")) is None


def test_agreement_is_counted():
    found = [
        None,
        None,
        Disagreement(ours="approved", boards="denied", message="-"),
        Disagreement(ours="open", boards="approved", message="-"),
        Disagreement(ours="denied", boards="open", message="-"),
    ]
    counted = tally(found)
    assert (counted.compared, counted.agreed) == (5, 2)
    assert (counted.we_alone_approved, counted.board_alone_approved, counted.otherwise) == (1, 1, 1)


def _settle(binding, record, *events, **known):
    parity = Parity(tracker="servicenow", binding=binding)
    return settle(_judge(record, *events, parity=_parity(binding), **known), record, parity)


NOT_YET = comment(777, 1)


def test_a_board_that_decides_takes_the_place_of_our_people_and_of_nothing_else():
    assert _settle("board", _record(), NOT_YET) is Outcome.PASSED
    assert _settle("both", _record(), NOT_YET) is Outcome.FAILED
    assert _settle("board", _record("pending"), OURS) is Outcome.FAILED
    assert _settle("board", _record(candidate="f" * 64), NOT_YET) is Outcome.FAILED
    assert _settle("board", None, OURS) is Outcome.FAILED
    assert _settle("board", _record(), comment(ANN, 1, "deny")) is Outcome.FAILED
    assert _settle("board", _record(), NOT_YET, consumed_by="x", using=True) is Outcome.FAILED
    assert _settle("board", _record(), OURS) is Outcome.PASSED


def test_without_parity_our_outcome_stands():
    assert settle(_judge(_record(), NOT_YET), _record(), None) is Outcome.FAILED
