"""What is bound: whatever changes after the request voids it, and an event names what its source can name."""

from __future__ import annotations

import pytest

from counterseal.approval.model import State
from counterseal.manifest.record import Digest
from unit.approval.worlds import ANN, BEN, BOTH, account, binding, comment, judge, review, rules_of, why


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("commit", "e" * 40),
        ("tree", "e" * 40),
        ("candidate", Digest(sha256="e" * 64)),
        ("policy", Digest(sha256="e" * 64)),
        ("run", "100/2"),
        ("base_ref", "refs/heads/other"),
        ("pull_request", 13),
        ("environment", "staging"),
        ("repository", "https://github.example/acme/other"),
        ("repository_id", 78),
        ("run", None),
    ],
)
def test_whatever_changes_after_the_request_voids_it(field, value):
    decision = judge(*BOTH, binding=binding(**{field: value}))
    assert decision.state is State.REVOKED
    assert rules_of(decision) == [f"binding-{field.replace('_', '-')}"]
    assert not decision.lets_through


def test_a_push_after_the_approval_voids_it():
    assert judge(*BOTH, binding=binding(commit="e" * 40, tree="f" * 40)).state is State.REVOKED


def test_a_push_in_the_same_second_as_the_approval_voids_it():
    """Only the commit tells the two apart, never the time."""
    old = review(ANN, 1, commit="e" * 40)
    new = review(BEN, 1)
    assert why(judge(old, new), old) == "event-other-commit"
    assert judge(old, new).stages[0].counted[0].account == account(BEN)


def test_the_second_attempt_of_a_run_is_another_run():
    assert rules_of(judge(*BOTH, binding=binding(run="100/2"))) == ["binding-run"]


def test_another_artifact_is_another_candidate():
    assert rules_of(judge(*BOTH, binding=binding(candidate=Digest(sha256="e" * 64)))) == ["binding-candidate"]


def test_a_policy_that_changes_while_people_wait_voids_the_request():
    assert judge(binding=binding(policy=Digest(sha256="e" * 64))).state is State.REVOKED


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"request": "f" * 16}, "event-other-request"),
        ({"request": None}, "event-without-request"),
        ({"candidate": "f" * 64}, "event-other-candidate"),
        ({"run": "100/2"}, "event-other-run"),
        ({"source": "environment", "request": None}, "event-without-run"),
        ({"source": "environment", "request": None, "run": "99/1"}, "event-other-run"),
        ({"source": "review", "request": None}, "event-without-commit"),
        ({"source": "signed-file", "keyid": "SHA256:x"}, "event-without-candidate"),
        ({"source": "change-record", "tracker": "x"}, "event-without-candidate"),
    ],
)
def test_an_event_names_what_its_source_can_name(changes, rule):
    event = comment(ANN, 1, **changes)
    assert why(judge(event), event) == rule


def test_an_environment_review_counts_for_its_run():
    event = comment(ANN, 1, source="environment", request=None, run="100/1")
    assert judge(event, change_class="simple").state is State.APPROVED


def test_a_review_without_a_commit_counts_for_nothing():
    event = review(ANN, 1, commit=None)
    assert why(judge(event), event) == "event-without-commit"
