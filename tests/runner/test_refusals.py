"""What must not pass, and says so: small jobs of real actions."""

from __future__ import annotations

import pytest
from samplebank import SIGNING_KEY

from runner.steps import action, seal, shell, sign, verify

JOB = "job"
BUILD = shell("build", "mkdir dist reports; echo one > dist/app.bin")
TESTS = shell("tests", 'echo \'<testsuite name="s"><testcase name="t"/></testsuite>\' > reports/tests.xml')
RECORD = action("record", name="unit-tests", read_as="junit", files="reports/tests.xml")


def told(run, *path):
    """Return what a step said in annotations."""
    return "\n".join(one.message for one in run.step(JOB, *path).annotations)


def test_a_release_without_an_expected_record_is_sealed_as_failed(bank, play):
    run = play(BUILD, sign(), seal(expect="sign\nrecord:unit-tests"))
    assert run.ran(JOB) == {"checkout": "success", "build": "success", "sign": "success", "seal": "failure"}
    assert run.step(JOB, "seal").outputs["outcome"] == "failed"
    assert "expected-record" in told(run, "seal", "run")
    assert "record:unit-tests" in told(run, "seal", "run")
    assert bank.verdict(1)["verificationResult"] == "FAILED"


def test_an_artifact_that_changes_after_it_was_signed_is_refused(play):
    tamper = shell("tamper", "echo two >> dist/app.bin")
    run = play(BUILD, sign(), tamper, verify(), shell("deploy", "echo deployed"))
    assert list(run.ran(JOB)) == ["checkout", "build", "sign", "tamper", "verify"]
    assert run.ran(JOB)["verify"] == "failure"
    assert run.step(JOB, "verify").outputs["findings"] == "1"
    assert "app.bin" in told(run, "verify", "run")


def test_a_missing_input_is_refused_by_name(bank, play):
    without_key = action("sign", artifacts="dist/*", when="${{ always() }}")
    without_name = action("record", files="reports/tests.xml", read_as="junit")
    run = play(BUILD, TESTS, without_name, without_key, seal(store=""))
    assert run.ran(JOB) == {
        "checkout": "success",
        "build": "success",
        "tests": "success",
        "record": "failure",
        "sign": "failure",
        "seal": "failure",
    }
    for step, name in (("record", "name"), ("sign", "key"), ("seal", "store")):
        assert run.step(JOB, step).outputs["outcome"] == "error"
        assert told(run, step, "run") == f"usage: {name}: this input is required"
    assert not bank.store.exists()


def test_a_key_that_the_trust_file_does_not_name_seals_nothing(bank, play):
    stranger = bank.make_key("stranger", ("release",), bank.home / "other-trust.json")
    run = play(
        *(BUILD, TESTS, RECORD, sign(), verify(), seal()),
        secrets=bank.secrets | {SIGNING_KEY: stranger},
    )
    assert run.ran(JOB)["verify"] == run.ran(JOB)["seal"] == "failure"
    assert "trust" in told(run, "verify", "run")
    assert run.step(JOB, "seal").outputs["outcome"] == "failed"
    assert not list(bank.store.rglob("*.jsonl"))


@pytest.mark.parametrize("first", ["setup", "record"])
def test_the_second_action_of_a_job_finds_everything_installed(play, first):
    steps = [action("setup")] if first == "setup" else [BUILD, TESTS, RECORD]
    run = play(*steps, action("setup", step="again"), shell("person", "counterseal --version"))
    assert run.exit_code == 0, run.log()
    assert run.step(JOB, "again").outputs["cached"] == "true"
    assert run.log(JOB, "person").startswith("counterseal 0.")
    if first == "setup":
        assert run.step(JOB, "setup").outputs["cached"] == "false"
