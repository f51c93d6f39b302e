"""The example workflows, unaltered, as a bank's team would copy them."""

from __future__ import annotations

import json

from actharness import Runner, Trigger

from runner.steps import action, seal
from simulators.artifacts import ArtifactService

JOB = "release"
BEFORE = ["0", "1", "setup", "tools", "build", "tests", "record"]
DIGEST = 64


def failed(run, job=JOB):
    """Return the steps of a job that failed."""
    return [name for name, result in run.ran(job).items() if result != "success"]


def test_a_release_is_built_tested_signed_sealed_and_handed_over(tmp_path, bank):
    service = ArtifactService(tmp_path)
    bank.runner = Runner(tmp_path / "runner", actions={"actions/upload-artifact": service.action()})
    run = bank.release("1.0.0")
    assert (run.exit_code, run.jobs) == (0, {JOB: "success"}), run.log()
    assert run.ran(JOB) == dict.fromkeys([*BEFORE, "sign", "verify", "seal", "publish"], "success")

    record = run.step(JOB, "record").outputs
    assert (record["outcome"], record["record"]) == ("passed", "record:unit-tests")
    (wheel,) = json.loads(run.step(JOB, "sign").outputs["subjects"])
    assert wheel["name"] == "payments-1.0.0-py3-none-any.whl"
    expected = {"outcome": "passed", "checked": "1", "artifacts": "1", "findings": "0"}
    assert run.step(JOB, "verify").outputs == expected

    sealed = run.step(JOB, "seal").outputs
    assert (sealed["outcome"], sealed["sequence"]) == ("passed", "1")
    assert (bank.store / sealed["entry"]).is_file()
    assert (bank.store / sealed["checkpoint"]).is_file()
    assert len(sealed["manifest-digest"]) == len(sealed["candidate-digest"]) == DIGEST
    assert "Release evidence: passed" in run.step(JOB, "seal").summary
    assert not [one for step in run.steps for one in step.annotations]

    handed = service.files("payments-release")
    assert {name.partition("/")[0] for name in handed} == {"dist", "release"}
    assert len(handed) == 5, "a wheel, its provenance, the manifest, the verdict and the checkpoint"
    assert bank.verify().exit_code == 0


def test_a_release_whose_tests_fail_is_sealed_as_failed_and_stops(bank):
    bank.change("1-statement.patch", "PAY-142: list transfers", "Chris <chris@meridian.example>")
    bank.change("2-defect.patch", "PAY-150: tidy up", "Dana <dana@meridian.example>")
    run = bank.release("1.2.0")
    assert (run.exit_code, run.jobs) == (1, {JOB: "failure"})
    assert list(run.ran(JOB)) == [*BEFORE, "seal"]
    assert failed(run) == ["tests", "record", "seal"]

    assert run.step(JOB, "record").outputs["outcome"] == "failed"
    sealed = run.step(JOB, "seal").outputs
    assert (sealed["outcome"], sealed["sequence"]) == ("failed", "1")
    told = "\n".join(one.message for one in run.step(JOB, "seal", "run").annotations)
    assert "record:unit-tests" in told
    assert "sign" in told
    assert bank.verdict(1)["verificationResult"] == "FAILED"
    assert bank.verify().exit_code == 0, "evidence of a failure is evidence"


def test_the_root_action_runs_several_stages_in_one_process(bank):
    run = bank.release("1.0.0", workflow="release-stages.yml")
    assert run.exit_code == 0, run.log()
    steps = ["0", "1", "tools", "build", "tests", "record", "stages", "seal", "publish"]
    assert run.ran(JOB) == dict.fromkeys(steps, "success")

    assert [step.path for step in run.within(JOB, "stages")] == [("stages",), ("stages", "run")]
    both = run.step(JOB, "stages").outputs
    assert (both["outcome"], both["stopped-at"], both["verify-checked"]) == ("passed", "", "1")
    assert json.loads(both["sign-subjects"])[0]["name"].endswith(".whl")
    sealed = run.step(JOB, "seal").outputs
    assert (sealed["outcome"], sealed["evidence-upload-sequence"]) == ("passed", "1")
    assert bank.verify().exit_code == 0


def test_the_daily_verification_passes_and_then_finds_what_was_deleted(bank, play):
    drill = action("record", name="drill", kind="dr-drill", outcome="passed", files="README.md")
    assert play(drill, seal()).exit_code == 0
    variables = {"COUNTERSEAL_STORE": f"dir:{bank.store}"}
    daily = Trigger(event="schedule", variables=variables)
    run = bank.runner.run(bank.repository, "verify.yml", daily)
    assert run.ran("verify") == {"0": "success", "verify": "success"}
    assert int(run.step("verify", "verify").outputs["checked"]) >= 4

    report = next(path for path in (bank.store / "blobs").rglob("*") if path.is_file())
    report.unlink()
    run = bank.runner.run(bank.repository, "verify.yml", daily)
    assert run.jobs == {"verify": "failure"}
    assert run.step("verify", "verify").outputs["outcome"] == "failed"
    assert any(report.name in one.message for one in run.step("verify", "verify", "run").annotations)
