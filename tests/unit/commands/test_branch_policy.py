from __future__ import annotations

import json
import shutil

import msgspec
import pytest

from counterseal import cli
from counterseal.commands import _forge
from counterseal.errors import Inconclusive
from counterseal.policy.change import ChangedFile
from counterseal.policy.forge import Verification
from counterseal.policy.ticket import Ticket
from counterseal.store.casefile import CaseFile
from simulators.changes import BASE, BOB, MAIN, commit, pull, push, pushed, review, sha
from simulators.fake_forge import FakeForge

POLICY = """version: 1
branch:
  names: {branches: ["feature/.+"]}
  signatures: {}
  protected-paths: {owners: security}
approval:
  groups: {security: {accounts: [2]}}
  classes: {normal: {stages: [{name: one, groups: [security]}]}}
  environments: {production: {classes: [normal], default: normal}}
"""
WORKFLOW = (ChangedFile(path=".github/workflows/ci.yml", status="modified"),)
TOKEN = "ghs_" + "x" * 36


@pytest.fixture
def forge(monkeypatch):
    made = FakeForge()
    made.put(".github/counterseal.yml", POLICY)
    made.add_pull(pull())
    monkeypatch.setattr(_forge, "open_forge", lambda *_: made)
    return made


@pytest.fixture
def judge(workspace, monkeypatch):
    """Run the command for an event, in the checkout."""

    def judge(name="pull_request_target", payload=None, **inputs):
        path = workspace.home / "event.json"
        path.write_text(json.dumps({"pull_request": {"number": 12}} if payload is None else payload))
        monkeypatch.setenv("GITHUB_EVENT_NAME", name)
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(path))
        monkeypatch.setenv("GITHUB_SHA", workspace.repository.git("rev-parse", "HEAD"))
        workspace.forget()
        return workspace.run("branch-policy", **inputs)

    return judge


def record(workspace):
    (filed,) = CaseFile(workspace.root / "counterseal-evidence").records()
    return filed.statement.predicate


def evidence(workspace, name):
    reference = next(one for one in record(workspace).evidence if one.name == name)
    return CaseFile(workspace.root / "counterseal-evidence").blob(reference)


def test_a_change_that_keeps_the_policy_is_on_record_with_its_facts(workspace, forge, judge):
    done = judge()
    assert (done.code, done.result["outcome"]) == (0, "passed")
    assert done.outputs == {
        "outcome": "passed",
        "record-digest": done.result["digests"]["record"],
        "pull-request": "12",
        "commits": "1",
    }
    made = record(workspace)
    assert (made.stage, made.name, made.kind) == ("branch-policy", "branch-policy", "change-control")
    assert made.origin.commit == workspace.repository.git("rev-parse", "HEAD")
    assert evidence(workspace, "counterseal.yml").read_text() == POLICY
    facts = json.loads(evidence(workspace, "branch-policy.json").read_bytes())
    assert facts["policyWhere"] == ".github/counterseal.yml@refs/heads/main"
    assert facts["subjects"][0]["change"]["head"] == sha(1)


def test_a_change_that_breaks_the_policy_fails_the_step_and_is_on_record(workspace, forge, judge):
    forge.change_pull(12, files=WORKFLOW)
    done = judge()
    assert (done.code, done.rules) == (10, ["protected-paths"])
    assert record(workspace).outcome == "failed"
    assert record(workspace).reasons[0].remedy


def test_a_forge_that_fails_is_on_record_as_inconclusive(workspace, forge, judge):
    forge.fail("change_of_pull", Inconclusive("status 502"))
    done = judge()
    assert (done.code, done.rules) == (14, ["observation"])
    assert record(workspace).outcome == "inconclusive"


@pytest.mark.parametrize("text", [None, "version: 2\n", "version: 1\nbranch: {names: {branches: ['(']}}\n"])
def test_without_a_policy_that_can_be_read_nothing_passes(forge, judge, text):
    forge.files.clear()
    if text:
        forge.put(".github/counterseal.yml", text)
    assert judge().code == 2


def test_a_policy_that_demands_nothing_is_nothing_to_judge_by(forge, judge):
    forge.put(".github/counterseal.yml", "version: 1\n")
    assert judge().code == 3


def test_the_policy_in_the_checkout_is_not_read(workspace, forge, judge):
    forge.change_pull(12, files=WORKFLOW)
    (workspace.root / ".github").mkdir()
    (workspace.root / ".github" / "counterseal.yml").write_text("version: 1\nbranch: {}\n")
    assert judge().code == 10
    assert judge(policy_file=".github/counterseal.yml").code == 0


def test_a_push_to_the_trusted_branch_does_not_bring_its_own_policy(forge, judge):
    forge.put(".github/counterseal.yml", POLICY, BASE)
    made = commit("direct", verification=Verification(verified=False, reason="unsigned"))
    forge.add_push(pushed(made, files=WORKFLOW), BASE, made.id)
    forge.put(".github/counterseal.yml", "version: 1\nbranch: {}\n")
    payload = {"ref": MAIN, "before": BASE, "after": made.id}
    done = judge("push", payload)
    assert (done.code, set(done.rules)) == (10, {"signatures", "protected-paths"})


def test_the_token_is_in_nothing_that_is_written(workspace, forge, judge, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    done = judge()
    written = [
        path.read_bytes() for path in (workspace.root / "counterseal-evidence").rglob("*") if path.is_file()
    ]
    assert all(TOKEN.encode() not in data for data in written)
    assert TOKEN not in json.dumps(done.result) + done.errors


def test_a_second_record_of_a_run_is_refused(workspace, forge, judge):
    assert judge().code == 0
    assert workspace.run("branch-policy").code == 2


def test_a_runner_without_a_checkout_knows_what_the_run_is_about(workspace, forge, judge, monkeypatch):
    judge()
    bare = workspace.home / "bare"
    bare.mkdir()
    monkeypatch.chdir(bare)
    runner = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "acme/payments",
        "GITHUB_REPOSITORY_ID": "1",
        "GITHUB_REPOSITORY_OWNER": "acme",
        "GITHUB_REPOSITORY_OWNER_ID": "2",
        "GITHUB_REF": MAIN,
        "GITHUB_RUN_ID": "77",
        "GITHUB_RUN_ATTEMPT": "2",
        "GITHUB_ACTOR": "ann",
        "GITHUB_ACTOR_ID": "1",
        "GITHUB_TRIGGERING_ACTOR": "ann",
        "GITHUB_WORKFLOW_REF": "acme/payments/.github/workflows/change.yml@refs/heads/main",
        "GITHUB_WORKFLOW_SHA": BASE,
        "GITHUB_JOB": "gate",
        "GITHUB_SERVER_URL": "https://github.example",
        "RUNNER_ENVIRONMENT": "github-hosted",
        "GITHUB_SHA": BASE,
    }
    for name, value in runner.items():
        monkeypatch.setenv(name, value)
    assert workspace.run("branch-policy").code == 0
    (filed,) = CaseFile(bare / "counterseal-evidence").records()
    origin = filed.statement.predicate.origin
    assert (origin.repository, origin.commit, origin.run) == (
        "https://github.example/acme/payments",
        BASE,
        "77/2",
    )


@pytest.mark.parametrize("payload", [{}, {"pull_request": {"number": 99}}])
def test_an_event_without_its_change_never_passes(forge, judge, payload):
    assert judge(payload=payload).code in {2, 14}


def test_an_event_that_is_about_no_change_is_a_mistake(forge, judge):
    assert judge("issue_comment", {}).code == 2


class Tracker:
    def ticket(self, key):
        return Ticket(key=key, project="PAY", kind="Bug", state="Open", created_at="2026-11-24T09:00:00Z")


def test_the_tracker_is_the_one_that_the_inputs_name(forge, judge, monkeypatch):
    from counterseal.clients import tracker

    asked = []
    monkeypatch.setattr(tracker, "open_tracker", lambda *words: asked.append(words[:3]) or Tracker())
    monkeypatch.setenv("JIRA", "bot:secret")
    forge.put(".github/counterseal.yml", "version: 1\nbranch: {tickets: {tracker: jira}}\n")
    given = {"tracker_url": "https://jira.example", "tracker_credentials": "env:JIRA"}
    assert judge(**given).code == 0
    assert asked == [("jira", "https://jira.example", "env:JIRA")]
    assert judge().code == 14
    assert judge(tracker_url="https://jira.example").code == 2


def simulate(workspace, what=None, **inputs):
    """Judge the evidence of the last run again, with something supposed, and no forge at all."""
    facts = workspace.home / "facts.json"
    if not facts.exists():
        shutil.copy(evidence(workspace, "branch-policy.json"), facts)
    if what is not None:
        (workspace.home / "what.json").write_text(json.dumps(what))
        inputs["suppose"] = str(workspace.home / "what.json")
    workspace.forget()
    return workspace.run("branch-policy", simulate=str(facts), **inputs)


def test_what_if_this_review_existed_is_answered_from_the_evidence_of_a_run_without_asking_anybody(
    workspace, forge, judge, monkeypatch, capsys
):
    forge.change_pull(12, files=WORKFLOW)
    assert judge().code == 10
    monkeypatch.setattr(_forge, "open_forge", lambda *_: pytest.fail("nobody may be asked"))
    assert simulate(workspace).code == 10
    given = msgspec.to_builtins(review(9, BOB, sha(1)))
    done = simulate(workspace, {"reviews": [given]})
    assert (done.code, done.outputs["record-digest"]) == (0, "")
    assert capsys.readouterr().out == ""
    assert cli.main(["branch-policy", "--simulate", str(workspace.home / "facts.json")]) == 10
    assert "simulation: #12" in capsys.readouterr().out
    assert not (workspace.root / "counterseal-evidence").exists()


def test_what_if_the_policy_were_another_one(workspace, forge, judge):
    forge.change_pull(12, files=WORKFLOW)
    judge()
    (workspace.home / "p.yml").write_text("version: 1\nbranch: {names: {branches: ['fix/.+']}}\n")
    assert simulate(workspace, policy_file=str(workspace.home / "p.yml")).rules == ["names"]
    (workspace.home / "p.yml").write_text("version: 1\n")
    assert simulate(workspace, policy_file=str(workspace.home / "p.yml")).code == 3


def test_facts_may_be_written_by_hand(workspace):
    subject = {"name": "#12", "change": msgspec.to_builtins(pull())}
    (workspace.home / "facts.json").write_text(json.dumps({"subjects": [subject]}))
    assert simulate(workspace).code == 0


def test_something_can_be_supposed_in_a_simulation_only(workspace, forge, judge):
    (workspace.home / "what.json").write_text("{}")
    assert judge(suppose=str(workspace.home / "what.json")).code == 2


@pytest.mark.parametrize("name", ['a";$(touch pwned)', "a\n::error::x", "a\u202eb", "x" * 256, "`id`"])
def test_a_hostile_branch_name_reaches_neither_a_shell_nor_the_log(workspace, forge, judge, capsys, name):
    ref = f"refs/heads/feature/{name}"
    forge.add_pull(pull(head_ref=ref, pr_title=name[:200], pushes=(push(sha(1), ref=ref),)))
    forge.put(".github/counterseal.yml", "version: 1\nbranch: {names: {branches: ['feature/[a-z]+']}}\n")
    done = judge()
    assert done.code == 10
    assert not (workspace.root / "pwned").exists()
    workspace.forget()
    capsys.readouterr()
    assert cli.main(["branch-policy"]) == 10
    seen = capsys.readouterr()
    assert not [line for line in (seen.out + seen.err).splitlines() if line.strip().startswith("::")]
    assert "\u202e" not in seen.out + seen.err
