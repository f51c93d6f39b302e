"""The people gates as workflows: what the demonstration shows, and what must not happen."""

from __future__ import annotations

import pytest
from people import ForgeBank

SIGNED = "PAY-142: Statement of an account"


@pytest.fixture
def forge(tmp_path):
    """A bank on the offline forge, with a merged change."""
    (tmp_path / "machine").mkdir()
    bank = ForgeBank(tmp_path / "bank", tmp_path / "machine")
    bank.found()
    with bank.sandbox:
        yield bank
    bank.world.close()


def released(forge):
    """Merge a change, ask for the approval of its release, and return the request and its issue."""
    pull = forge.open_pull(SIGNED)
    forge.sign(pull.head)
    forge.merge(pull)
    run = forge.candidate("1.1.0")
    assert run.exit_code == 0, run
    asked = run.step("candidate", "ask").outputs
    return asked["request-id"], forge.repository.issues[int(asked["issue"])]


def test_a_change_is_refused_and_its_correction_passes(forge):
    pull = forge.open_pull("Statement of an account")

    refused = forge.judge(pull)
    forge.correct(SIGNED)
    passed = forge.judge(pull)

    said = " ".join(one.message for one in refused.step("branch-policy", "judge", "run").annotations)
    assert (refused.exit_code, "tickets" in said, "signatures" in said) == (1, True, True)
    assert passed.exit_code == 0, passed


def test_nothing_is_deployed_before_the_right_person_approves_and_then_once(forge):
    request, issue = released(forge)

    forge.comment(issue, forge.dana, f"/approve {request}")
    assert forge.repository.dispatches == []
    forge.comment(issue, forge.chris, f"/approve {request}")
    first, second = forge.deploy(), forge.deploy()

    assert first.exit_code == 0, first
    assert len(list(forge.target.iterdir())) == 1
    assert (second.exit_code, "deploy" in second.ran("deploy")) == (1, False)
    (approval,) = forge.bank.manifest(1)["approvals"]
    assert (approval["person"]["id"], approval["role"]) == (41002, "release-managers")
    verified = forge.bank.verify()
    assert verified.exit_code == 0, verified


def test_a_deployment_without_an_approval_deploys_nothing_and_is_sealed_as_failed(forge):
    request, _ = released(forge)
    forge.repository.dispatches.append(
        {"inputs": {"request": request, "run": "9001", "commit": forge.head()}}
    )

    run = forge.deploy()

    assert (run.exit_code, run.ran("deploy")["approval"], "deploy" in run.ran("deploy")) == (
        1,
        "failure",
        False,
    )
    assert not forge.target.exists()
    assert forge.bank.manifest(1)["outcome"] == "failed"
