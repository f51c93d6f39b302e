"""Replay and simulation: a case decided again, as it was and as it might have been."""

from __future__ import annotations

import json

import msgspec
import pytest

from counterseal.approval.model import State
from counterseal.approval.replay import differs, encode_case, read_case, replay
from counterseal.approval.simulate import suppose
from counterseal.errors import MalformedError
from counterseal.manifest.canonical import encode, require_canonical
from unit.approval.worlds import ANN, SAM, actor, at, case, comment

FIRST, SECOND = comment(ANN, 1), comment(SAM, 2, reason="fine")


def test_a_case_is_kept_in_canonical_form_and_read_again():
    kept = case(FIRST, SECOND, actors=(actor(777),))
    data = encode_case(kept)
    require_canonical(data, where="case.json")
    assert read_case(data, "case.json") == kept
    assert replay(read_case(data, "case.json")) == kept.decision


def test_a_decision_that_was_changed_afterwards_differs():
    kept = case(FIRST)
    forged = msgspec.structs.replace(kept.decision, state=State.APPROVED, reasons=())
    assert differs(kept) == ()
    assert differs(msgspec.structs.replace(kept, decision=forged)) == ("state", "reasons")


def test_an_event_that_was_taken_out_afterwards_shows():
    kept = case(FIRST, SECOND)
    assert "state" in differs(msgspec.structs.replace(kept, events=(FIRST,)))


def test_unknown_fields_of_a_later_version_are_tolerated():
    later = json.loads(encode_case(case(FIRST)))
    later["decision"]["later"] = 1
    assert read_case(encode(later), "case.json") == case(FIRST)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("facts"),
        lambda data: data.update(now="2026-02-30T10:00:00Z"),
        lambda data: data["request"].update(requestedAt="2026-02-30T10:00:00Z"),
        lambda data: data["policy"]["classes"]["normal"].update(calendar="nowhere"),
        lambda data: data["policy"].update(surprise=1),
        lambda data: data.update(requestId="x"),
    ],
)
def test_what_makes_no_sense_is_refused(change):
    data = json.loads(encode_case(case(FIRST)))
    change(data)
    with pytest.raises(MalformedError, match=r".") as caught:
        read_case(encode(data), "case.json")
    assert caught.value.where == "case.json"


def test_what_if_this_review_existed():
    kept = case(FIRST)
    assert kept.decision.state is State.PENDING
    assert suppose(kept, events=[SECOND]).state is State.APPROVED
    assert suppose(kept, events=[SECOND], without=[FIRST.id]).state is State.PENDING
    assert suppose(kept, now=at(24)).state is State.EXPIRED
    touched = msgspec.structs.replace(kept.facts, actors=(actor(SAM),))
    assert suppose(kept, events=[SECOND], facts=touched).state is State.PENDING
    assert differs(kept) == ()
