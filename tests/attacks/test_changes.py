"""Attacks on a change before it is built: what it hides, where it is from, what it does to its own gate."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from counterseal import cli
from counterseal.sandbox.things import Verification
from simulators.runner import Step, commands

ROOT = Path(__file__).resolve().parents[2]
GATE_FILE = {".github/workflows/release.yml": "on: push\n"}
BY_FORGE = Verification(verified=True, reason="valid", by_forge=True, signature="s", payload="p")
EXAMPLES = sorted([*(ROOT / "workflows-examples").glob("*.yml"), *(ROOT / "examples").rglob("*.yml")])
CHECKS = {
    "type": "required_status_checks",
    "parameters": {
        "strict_required_status_checks_policy": False,
        "required_status_checks": [{"context": "Branch policy"}],
    },
}


def fails(done, *rules):
    assert (done.code, set(done.rules)) == (10, set(rules)), done


def passes(done):
    assert done.code == 0, done


@pytest.fixture
def watched(bank):
    """The bank states how its repository is protected, and asks with a token that may see it."""
    bank.rules["branch"]["posture"] = {"rules": [], "approvals": 0, "dismiss-stale": False}
    bank.rules["branch"]["posture"]["environments"] = ["production"]
    bank.write_policy()
    permissions = {**ALL_READ, "administration": "write", "environments": "read"}
    bank.token = bank.world.token(bank.robot, app=77, permissions=permissions)
    bank.repository.environment("production", [bank.chris])
    return bank


ALL_READ = {
    "contents": "read",
    "pull_requests": "read",
    "actions": "read",
    "issues": "read",
    "checks": "read",
}


# -- approvals that outlive what they were given for (2, 3, 5) ----------------------------------------


@pytest.fixture
def gated(bank):
    """A pull request that touches a workflow, and that security has approved."""
    bank.pull = bank.change(files=GATE_FILE)
    bank.repository.review(bank.pull, bank.rita, "APPROVED")
    passes(bank.judge(bank.pull))
    return bank


def test_a_push_after_the_review_voids_it(gated):
    gated.repository.commit("feature/PAY-1-refunds", {"src/pay.py": "evil\n"}, gated.dana, "One more")
    fails(gated.judge(gated.pull), "protected-paths")
    gated.repository.review(gated.pull, gated.rita, "APPROVED")
    passes(gated.judge(gated.pull))


def test_a_review_of_what_was_forced_away_is_none_of_what_came_back(gated):
    branch, repository = "feature/PAY-1-refunds", gated.repository
    first = gated.pull.head
    files = {**GATE_FILE, "src/pay.py": "innocent\n"}
    second = repository.commit(branch, files, gated.dana, "Innocent", push=False)
    repository.dismiss(gated.pull.reviews[0])
    repository.force_push(branch, second, gated.dana)
    repository.review(gated.pull, gated.rita, "APPROVED")
    passes(gated.judge(gated.pull))
    repository.force_push(branch, first, gated.dana)
    fails(gated.judge(gated.pull), "protected-paths")


def test_a_back_dated_commit_is_judged_by_the_time_of_its_push(gated):
    gated.repository.commit(
        "feature/PAY-1-refunds", {"src/pay.py": "evil\n"}, gated.dana, "Old", at="2020-01-01T00:00:00Z"
    )
    fails(gated.judge(gated.pull), "protected-paths")


# -- what a change hides (4, 31, 43) ------------------------------------------------------------------


@pytest.mark.parametrize("edited", [False, True])
def test_a_merge_with_edits_of_its_own_is_not_an_update(bank, edited):
    repository, branch = bank.repository, "feature/PAY-1-refunds"
    pull = bank.change()
    ours = repository.refs[f"refs/heads/{branch}"]
    theirs = repository.commit("main", {"src/other.py": "other\n"}, bank.tess, "Meanwhile")
    files = repository.git.merged_files(repository.git.merge_base(ours, theirs), ours, theirs)
    if edited:
        files = {**files, "src/pay.py": repository.git.write_blob(b"evil\n")}
    message = f"Merge branch 'main' into {branch}"
    oid = repository.write(files, (ours, theirs), bank.dana, bank.world.web_flow, message, via_web=True)
    repository.verify(oid, BY_FORGE if not edited else Verification())
    repository.push(branch, oid, bank.dana)
    done = bank.judge(pull)
    if edited:
        assert done.code == 10, done
        assert "update-merges" in done.rules, done
    else:
        passes(done)


@pytest.mark.parametrize("hidden", [31, 101, 251])
def test_the_31st_101st_and_251st_commit_are_judged(bank, hidden):
    branch, repository = "feature/PAY-1-many", bank.repository
    for number in range(1, 256):
        email = "nobody@nowhere.example" if number == hidden else None
        repository.commit(branch, {"src/pay.py": f"{number}\n"}, bank.dana, f"Step {number}", email=email)
    bad = repository.git.between(repository.refs["refs/heads/main"], repository.refs[f"refs/heads/{branch}"])
    pull = repository.open_pull(branch, "main", bank.dana, "Many")
    done = bank.judge(pull)
    fails(done, "duties.unresolved")
    assert {one["subject"] for one in done.result["reasons"]} == {bad[hidden - 1]}
    assert done.result["outputs"]["commits"] == "255"


def test_a_head_that_moves_while_it_is_read_is_inconclusive(bank):
    pull = bank.change()
    moved = []

    def move(method, path, query, body, *_):
        if not moved and path == "/graphql" and b"pullRequest" in body:
            moved.append(1)
            bank.repository.commit("feature/PAY-1-refunds", {"src/pay.py": "evil\n"}, bank.dana, "Quick")

    passes(bank.judge(pull))
    bank.sandbox.observers.append(move)
    done = bank.judge(pull)
    assert (done.code, moved) == (14, [1]), done


def test_a_verdict_belongs_to_one_head(bank):
    pull = bank.change()
    passes(bank.judge(pull))
    judged = json.loads(evidence(bank, "branch-policy.json"))["subjects"][0]["change"]["head"]
    assert judged == pull.head
    event_of_then = pull.head
    bank.repository.commit("feature/PAY-1-refunds", {"src/pay.py": "evil\n"}, bank.dana, "One more")

    def stale(body):
        body["pull_request"]["head"]["sha"] = event_of_then

    done = bank.judge(pull, spoil=stale)
    assert (done.code, set(done.rules)) == (14, {"history"}), done


# -- the gate itself (12-16, 18-20) -------------------------------------------------------------------


def test_a_change_to_the_gate_needs_its_owners(bank):
    pull = bank.change(files=GATE_FILE)
    fails(bank.judge(pull), "protected-paths")
    bank.repository.review(pull, bank.chris, "APPROVED")
    fails(bank.judge(pull), "protected-paths")
    bank.repository.review(pull, bank.rita, "APPROVED")
    passes(bank.judge(pull))


def test_the_policy_of_the_pull_request_is_not_read(bank):
    weaker = json.dumps({"version": 1, "branch": {}})
    pull = bank.change(files={".github/counterseal.yml": weaker})
    bank.fetch()
    bank.git("checkout", "-q", "--detach", pull.head)
    fails(bank.judge(pull), "protected-paths")
    assert evidence(bank, "counterseal.yml").decode() == json.dumps(bank.rules)


def test_a_bypass_actor_that_the_policy_does_not_name_is_reported(watched):
    rule = {"type": "non_fast_forward"}
    passes(watched.judge(watched.change()))
    actor = {"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}
    watched.repository.ruleset("main", [rule], bypass=[actor])
    fails(watched.judge(watched.repository.pull(1)), "posture")
    watched.rules["branch"]["posture"]["bypass"] = [{"kind": "RepositoryRole", "id": 5}]
    watched.write_policy()
    passes(watched.judge(watched.repository.pull(1)))


def test_a_bypass_list_that_cannot_be_seen_is_not_an_empty_one(watched):
    watched.token = watched.world.job_token(**ALL_READ)
    watched.repository.ruleset("main", [{"type": "non_fast_forward"}])
    done = watched.judge(watched.change())
    assert (done.code, set(done.rules)) == (14, {"posture"}), done


@pytest.mark.parametrize("bypass", [True, None])
def test_an_environment_that_administrators_can_bypass_is_reported(watched, bypass):
    pull = watched.change()
    passes(watched.judge(pull))
    watched.repository.environments["production"].admins_can_bypass = bypass
    done = watched.judge(pull)
    assert (done.code, set(done.rules)) == (10 if bypass else 14, {"posture"}), done


def test_the_posture_is_part_of_the_evidence(watched):
    pull = watched.change()
    ruleset = watched.repository.ruleset("main", [{"type": "non_fast_forward"}])
    watched.rules["branch"]["posture"]["rules"] = ["non_fast_forward"]
    watched.write_policy()
    passes(watched.judge(pull))
    before = posture(watched)
    assert "non_fast_forward" in before["rules"]
    ruleset.enforcement = "disabled"
    fails(watched.judge(pull), "posture")
    assert posture(watched) != before
    ruleset.enforcement = "active"
    passes(watched.judge(pull))
    assert posture(watched) == before


def test_a_required_check_that_anybody_may_report_is_refused(watched):
    watched.rules["branch"]["posture"]["required-checks"] = [{"context": "Branch policy", "app": 15368}]
    watched.write_policy()
    pull, found = watched.change(), watched.repository.ruleset("main", [CHECKS])
    fails(watched.judge(pull), "posture")
    pinned = {"context": "Branch policy", "integration_id": 15368}
    found.rules[0] = {**CHECKS, "parameters": {**CHECKS["parameters"], "required_status_checks": [pinned]}}
    passes(watched.judge(pull))


HOSTILE = ["$(touch${IFS}pwned)", ";touch${IFS}pwned", "`touch${IFS}pwned`", '"&&touch${IFS}pwned', "%0a::x"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(bank, name):
    message = f"{name}\n\n::set-output name=outcome::failed\n::stop-commands::x"
    passes(bank.judge(bank.change(f"feature/{name}", message=message)))
    assert not (bank.root / "pwned").exists()


@pytest.mark.parametrize("name", ["pay\u202etxt", "pay\u200bment", "refs/tags/v1"])
def test_names_that_hide_what_they_are_fail(bank, name):
    fails(bank.judge(bank.change(f"feature/{name}" if "refs" not in name else name)), "names")


def test_hostile_text_of_the_forge_forges_no_output_and_no_summary(bank, tmp_path, monkeypatch):
    said = "<img src=x>](https://evil.example) | `x`\n::error::forged\noutcome=passed\nEOF\noutcome<<EOF"
    pull = bank.change(message=said, email="x@nowhere.example")
    pull.issue.title = "T\n::set-output name=outcome::passed\n<script>alert(1)</script>"
    assert bank.judge(pull).code == 10
    bank.forget()
    (tmp_path / "step").mkdir()
    step = Step(tmp_path / "step")
    for name, path in step.env().items():
        monkeypatch.setenv(name, path)
    bank.capture.readouterr()
    monkeypatch.setenv("COUNTERSEAL_INPUTS", json.dumps({"members-token": "env:MEMBERS_TOKEN"}))
    assert cli.run_action("branch-policy") == 10
    seen = bank.capture.readouterr()
    allowed = {"add-mask", "error", "warning", "notice", "group", "endgroup"}
    assert {one.name for one in commands(seen.out + "\n" + seen.err)} <= allowed
    assert "forged" not in {one.data for one in commands(seen.out + "\n" + seen.err)}
    assert step.outputs()["outcome"] == "failed"
    assert "<script" not in step.summary()
    assert "<img" not in step.summary()
    assert step.variables() == {}


def workflows():
    for path in EXAMPLES:
        whole = yaml.safe_load(path.read_text())
        if isinstance(whole, dict) and "jobs" in whole:
            yield path, whole.get(True) or whole.get("on") or {}, whole


def test_the_examples_never_check_out_the_pull_request():
    seen = 0
    for path, events, whole in workflows():
        text = path.read_text()
        assert not re.search(r"run:.*\$\{\{\s*github\.(event|head_ref)", text), path
        if "pull_request_target" not in events and "issue_comment" not in events:
            continue
        seen += 1
        for job in whole["jobs"].values():
            for step in job.get("steps", []):
                assert "run" not in step, path
                if "checkout@" in step.get("uses", ""):
                    assert not {"ref", "repository"} & set(step.get("with", {})), path
    assert seen >= 2


def test_the_gates_of_the_examples_cannot_be_skipped():
    gates = 0
    for path, events, whole in workflows():
        for name, job in whole["jobs"].items():
            for step in job.get("steps", []):
                if "branch-policy@" not in step.get("uses", ""):
                    continue
                gates += 1
                assert "if" not in job, (path, name)
                assert "if" not in step, (path, name)
                assert not job.get("continue-on-error"), (path, name)
                assert not step.get("continue-on-error"), (path, name)
                for event in ("pull_request", "pull_request_target"):
                    filters = (events.get(event) or {}) if isinstance(events, dict) else {}
                    assert not {"paths", "paths-ignore"} & set(filters), path
    assert gates >= 1


def test_the_examples_deploy_only_behind_the_gate():
    seen = 0
    for path, _, whole in workflows():
        for job in whole["jobs"].values():
            steps = job.get("steps", [])
            at = next((number for number, step in enumerate(steps) if step.get("id") == "deploy"), None)
            if at is None:
                continue
            seen += 1
            gates = [step for step in steps[:at] if "approval-gate@" in step.get("uses", "")]
            assert gates, path
            assert all(gate["with"]["use"] == "true" for gate in gates), path
            for one in [*gates, steps[at]]:
                assert "if" not in one, path
                assert not one.get("continue-on-error"), path
    assert seen >= 1


# -- where it comes from (30, 38, 39) -----------------------------------------------------------------


def test_every_pull_request_of_a_group_is_judged(bank):
    repository = bank.repository
    good = bank.change()
    other = bank.change("feature/PAY-2-gate", files=GATE_FILE)
    ref, base, head = repository.queue([good, other])
    event = {"event": "merge_group", "action": "checks_requested", "ref": ref, "base": base, "head": head}
    done = bank.judge(**event)
    assert done.code == 10, done
    assert "protected-paths" in done.rules
    repository.review(other, bank.rita, "APPROVED")
    passes(bank.judge(**event))


def test_a_commit_that_belongs_to_no_pull_request_of_a_group_fails(bank):
    repository = bank.repository
    ref, base, head = repository.queue([bank.change()])
    files = {**repository.git.commits[head].files, "src/pay.py": repository.git.write_blob(b"evil\n")}
    oid = repository.write(files, (head,), bank.dana, bank.dana, "Stowaway")
    repository.move(ref, oid, bank.dana)
    done = bank.judge(event="merge_group", action="checks_requested", ref=ref, base=base, head=oid)
    assert (done.code, done.rules) == (14, ["observation"]), done


def test_a_push_by_a_deploy_key_is_nobodys(bank):
    branch, repository = "feature/PAY-1-refunds", bank.repository
    oid = repository.commit(branch, {"src/pay.py": "2\n"}, bank.dana, "Refund", push=False)
    repository.push(branch, oid, None)
    fails(bank.judge(repository.open_pull(branch, "main", bank.dana, "PAY-1")), "duties.unresolved")


def test_a_fork_with_our_names_is_a_fork(bank):
    bank.rules["branch"]["forks"] = False
    bank.write_policy()
    fork = bank.world.repository("dana/payments", fork_of=bank.repository)
    fork._borrow(bank.repository, bank.base)
    fork.move("refs/heads/main", bank.base, bank.dana)
    fork.commit("feature/PAY-1-refunds", {"src/pay.py": "evil\n"}, bank.dana, "Refund")
    pull = bank.repository.open_pull(
        "feature/PAY-1-refunds", "main", bank.dana, "PAY-1", head_repository=fork
    )
    done = bank.judge(pull)
    fails(done, "origin")


def test_a_moved_tag_fails(bank):
    bank.repository.tag("v1.0.0", bank.base, bank.tess)
    first = bank.repository.activity[-1]
    later = bank.repository.merge(bank.change(), bank.tess)
    bank.repository.tag("v1.0.0", later, bank.tess)
    done = bank.judge(event="push", activity=bank.repository.activity[-1])
    assert done.code == 10, done
    assert "history" in done.rules
    bank.repository.tag("v1.1.0", later, bank.tess)
    done = bank.judge(event="push", activity=bank.repository.activity[-1])
    assert "history" not in done.rules, done
    assert first.after == bank.base


def evidence(bank, name):
    (filed,) = bank.files.records()
    reference = next(one for one in filed.statement.predicate.evidence if one.name == name)
    return bank.files.blob(reference).read_bytes()


def posture(bank):
    (subject,) = json.loads(evidence(bank, "branch-policy.json"))["subjects"]
    return subject["context"]["posture"]
