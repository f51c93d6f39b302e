from __future__ import annotations

import pytest

from counterseal.approval.record import approvals_of, exit_code_of, outcome_of
from counterseal.manifest.record import Digest
from counterseal.manifest.types import Outcome
from counterseal.policy.forge import Gap
from unit.approval import worlds
from unit.approval.worlds import ANN, BINDING, SAM, at, comment, judge, people, request, signed

BOTH = (comment(ANN, 1), comment(SAM, 2))
GAP = (Gap(topic="reviews", message="cut short"),)


def test_every_act_that_counted_becomes_an_approval_of_the_manifest():
    sealed = Digest(sha256="9" * 64)
    events = (*BOTH, comment(777, 3))
    first, second = approvals_of(request(), events, judge(*events), record=sealed)
    assert (first.stage, first.role, first.decision) == ("lead", "leads", "approved")
    assert (first.person.id, first.person.login, first.person.text) == (ANN, "ann", f"account:{ANN}")
    assert (first.requested_at, first.decided_at, first.expires_at) == (worlds.ASKED, at(1), at(26))
    assert (first.candidate, first.record) == (BINDING.candidate, sealed)
    assert second.stage == "security"


def test_a_denial_is_listed_beside_what_was_approved():
    events = (*BOTH, comment(SAM, 3, "deny", stage="security"), comment(ANN, 4, "deny"))
    found = approvals_of(request(), events, judge(*events))
    assert [(one.stage, one.decision) for one in found] == [
        ("lead", "approved"),
        ("security", "approved"),
        ("security", "denied"),
        ("any", "denied"),
    ]
    assert found[-1].expires_at is None


def test_who_signs_with_a_key_is_named_by_person_and_key():
    known = people(ann={"accounts": [ANN], "keys": ["SHA256:ann"]}, robin={"accounts": [900]})
    event = signed("SHA256:ann", 1)
    (found,) = approvals_of(request("simple"), (event,), judge(event, change_class="simple", people=known))
    assert (found.person.id, found.person.text) == (None, "ann (SHA256:ann)")


@pytest.mark.parametrize(
    ("decision", "outcome", "code"),
    [
        (judge(*BOTH), Outcome.PASSED, 0),
        (judge(*BOTH, gaps=GAP), Outcome.INCONCLUSIVE, 14),
        (judge(), Outcome.FAILED, 11),
        (judge(gaps=GAP), Outcome.INCONCLUSIVE, 14),
        (judge(hours=30), Outcome.FAILED, 11),
        (judge(comment(ANN, 1, "deny")), Outcome.FAILED, 11),
        (judge(comment(ANN, 1, "deny"), gaps=GAP), Outcome.FAILED, 11),
        (judge(*BOTH, consumed_by="x", using=True), Outcome.FAILED, 11),
        (
            judge(comment(21, 1), asked=request("emergency", reason="down", incident="INC-1"), hours=1),
            Outcome.PASSED,
            0,
        ),
    ],
)
def test_only_an_approval_passes_and_a_definite_no_is_never_inconclusive(decision, outcome, code):
    assert outcome_of(decision) is outcome
    assert exit_code_of(decision) == code
