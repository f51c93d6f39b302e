"""`approval-gate`: asking once, and what it takes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.approval.replay import read_case
from counterseal.commands import _run
from counterseal.errors import Inconclusive, UsageError
from simulators.changes import ANN, BOB, CARL, commit, pull, review
from simulators.firm import STRANGER
from unit.commands.pipeline import LATE, LATER


def test_the_case_keeps_when_each_pull_request_was_opened_reviewed_and_merged(pipeline):
    seen = [
        review(1, CARL, pipeline.commit, "commented", submitted_at="2026-11-24T08:30:00Z"),
        review(2, BOB, pipeline.commit, submitted_at="2026-11-24T08:40:00Z"),
        review(3, ANN, pipeline.commit, submitted_at="2026-11-24T08:10:00Z"),  # the author's own
    ]
    moments = {"pr_opened_at": "2026-11-24T08:00:00Z", "pr_merged_at": "2026-11-24T08:50:00Z"}
    merged = {"pr_state": "merged", "pr_merge_commit": pipeline.commit, "pr_merger": CARL}
    pipeline.forge.add_pull(pull(commit(), reviews=tuple(seen), **merged, **moments))
    assert pipeline.ask().code == 0
    pipeline.forge.clock = LATER
    pipeline.say(BOB)
    assert pipeline.deploy().code == 0
    record = pipeline.records()["approval"]
    case = read_case(pipeline.files.blob(record.evidence[0]).read_bytes(), "case")
    (brought,) = case.facts.brought
    assert brought.commits == (pipeline.commit,)
    found = (brought.opened_at, brought.reviewed_at, brought.merged_at)
    assert found == ("2026-11-24T08:00:00Z", "2026-11-24T08:30:00Z", "2026-11-24T08:50:00Z")


# -- asking ---------------------------------------------------------------------------------------------


def test_asking_tells_people_and_the_next_steps(pipeline):
    done = pipeline.ask()
    assert (done.code, done.outputs["state"]) == (0, "pending")
    assert done.outputs["deadline"] == LATE
    said = pipeline.forge.talk[pipeline.issue][0].body
    assert f"/approve {pipeline.id}" in said
    assert pipeline.forge.reports[pipeline.id].conclusion is None
    assert list(pipeline.book.open_ids()) == [pipeline.id]
    assert len(pipeline.files.requests()) == 1


def test_asking_again_in_the_same_run_is_asking_once(pipeline):
    first = pipeline.ask()
    again = pipeline.ask()
    assert first.outputs["request-id"] == again.outputs["request-id"]
    assert (len(pipeline.forge.issues), len(pipeline.forge.talk[pipeline.issue])) == (1, 1)
    assert len(list(pipeline.book.open_ids())) == 1


@pytest.mark.parametrize("method", ["open_issue", "say", "report", "comments", "now", "run", "members"])
def test_asking_that_was_interrupted_is_taken_up_again(pipeline, method):
    pipeline.forge.fail(method, Inconclusive("status 502"), times=1)
    pipeline.ask()
    done = pipeline.ask()
    assert done.code == 0
    assert (len(pipeline.forge.issues), len(list(pipeline.book.open_ids()))) == (1, 1)
    assert len(pipeline.forge.talk[pipeline.issue]) == 1


def test_another_class_is_another_question_of_the_same_run(pipeline):
    normal = pipeline.ask().outputs["request-id"]
    emergency = pipeline.ask(change_class="emergency", reason="it burns", incident="INC-1")
    assert emergency.outputs["request-id"] != normal
    assert len(pipeline.forge.issues) == 2


def test_what_has_run_out_can_be_asked_again(asked):
    first, asked.forge.clock = asked.id, LATE
    assert asked.gate("sweep").code == 0
    assert asked.ask().code == 0
    assert asked.id != first
    assert len(asked.forge.issues) == 2


@pytest.mark.parametrize("name", ["Production", "prod", "staging", "../x", ""])
def test_an_environment_that_the_policy_does_not_name_is_refused_before_anything_is_fixed(pipeline, name):
    done = pipeline.gate("request", **({"environment": name} if name else {}))
    assert done.code == 2
    assert pipeline.files.candidate() is None
    assert pipeline.ask().code == 0


def test_an_emergency_that_says_too_little_is_denied(pipeline):
    assert pipeline.ask(change_class="emergency").outputs["state"] == "denied"
    pipeline.forge.clock = LATER
    pipeline.say(BOB)
    assert pipeline.deploy().code == 11


def test_nobody_is_asked_as_long_as_it_is_not_known_who_asks(pipeline, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTOR_ID")
    done = pipeline.ask()
    assert (done.code, done.result["reasons"][0]["subject"]) == (2, "GITHUB_ACTOR_ID")
    assert (pipeline.forge.issues, list(pipeline.book.open_ids())) == ({}, [])


def test_outside_a_runner_an_approval_is_used_once_as_well(pipeline, monkeypatch):
    for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"):
        monkeypatch.delenv(name)
    pipeline.workspace.forget()
    assert pipeline.workspace.record().code == 0
    assert pipeline.ask().code == 0
    pipeline.say(BOB)
    monkeypatch.setenv("GITHUB_ACTOR", CARL.login)
    monkeypatch.setenv("GITHUB_ACTOR_ID", str(CARL.id))
    codes = []
    for _ in range(2):
        pipeline.fetch()
        words = {"mode": "decide", "environment": "production", **pipeline.places}
        codes.append(pipeline.workspace.run("approval-gate --use", **words).code)
    assert codes == [0, 11]


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999", "²"])
def test_a_pull_request_has_a_number(pipeline, number):
    assert pipeline.ask(pull_request=number).code == 2


def test_a_pull_request_takes_the_place_of_an_issue(pipeline):
    done = pipeline.ask(pull_request="12")
    assert (done.outputs["issue"], pipeline.forge.issues) == ("12", {})
    assert pipeline.book.read(pipeline.id).request.binding.base_ref == "refs/heads/main"


# -- the rest -------------------------------------------------------------------------------------------


def test_hostile_names_stay_text_in_every_output(pipeline, monkeypatch, tmp_path):
    out, summary = tmp_path / "out", tmp_path / "summary"
    for name, path in (("GITHUB_OUTPUT", out), ("GITHUB_STEP_SUMMARY", summary)):
        path.touch()
        monkeypatch.setenv(name, str(path))
    evil = "x\u202e::set-output name=state::approved <img> @everyone | y"
    pipeline.ask(reason=evil)
    pipeline.forge.clock = LATER
    pipeline.say(replace(STRANGER, login=evil), "/deny")
    done = pipeline.gate("decide", request=pipeline.id)
    assert done.outputs["state"] == "pending"
    for text in (summary.read_text(), *[one.body for one in pipeline.forge.talk[pipeline.issue][:1]]):
        assert "<img>" not in text
        assert "@everyone" not in text


@pytest.mark.parametrize("mode", ["", "approve", "REQUEST"])
def test_a_mode_is_one_of_four(pipeline, mode):
    assert pipeline.workspace.run("approval-gate", **({"mode": mode} if mode else {})).code == 2


def test_numbers_are_digits():
    with pytest.raises(UsageError):
        _run.number({"minutes": "1_0"}, "minutes", 1, 30)
    assert _run.number({"minutes": "10"}, "minutes", 1, 30) == 10
