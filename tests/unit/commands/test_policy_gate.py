"""`policy-gate`: everything that is on record judged before staging, and judged again from the evidence."""

from __future__ import annotations

import json
import re
import sysconfig
from datetime import UTC, datetime
from pathlib import Path

import pytest

from counterseal.commands import _forge, _rego
from counterseal.manifest.digest import sha256
from counterseal.manifest.types import format_time
from counterseal.policy.gate.case import Case, Rules, encode_case, read_case
from counterseal.policy.gate.document import Document, Release
from simulators.changes import pull
from simulators.fake_forge import FakeForge
from simulators.plans import bucket, database, plan, provider, resource
from simulators.scan_bench import ScanBench

APPROVAL = {
    "groups": {"ops": {"accounts": [3]}},
    "classes": {"normal": {"stages": [{"name": "one", "groups": ["ops"]}]}},
    "environments": {"production": {"classes": ["normal"], "default": "normal"}},
    "freezes": [{"name": "november", "zone": "UTC", "from": "2026-11-20T00:00", "until": "2026-11-30T00:00"}],
}
CARDS = {
    "name": "cards",
    "class": "restricted",
    "tags": ["pci"],
    "stores": ["aws_*.cards"],
    "regions": ["eu-west-1"],
    "owner": "payments",
    "review-by": "2027-01-31",
    "legal-basis": "contract",
}
DATA = {"infrastructure": [{"files": ["plan.json"], "kind": "terraform-plan"}]}
HEAD = "package counterseal\nimport rego.v1\n"


@pytest.fixture
def bench(workspace, monkeypatch):
    forge = FakeForge(clock="2026-11-24T09:00:00Z")
    forge.add_pull(pull())
    monkeypatch.setattr(_forge, "open_forge", lambda *_: forge)
    site = Path(sysconfig.get_path("purelib"))

    def runner(_, *, named=None):
        from counterseal.checks.rego.evaluate import evaluate

        return lambda rules, files, document: evaluate(rules, files, document, lambda: site)

    monkeypatch.setattr(_rego, "runner", runner)
    made = ScanBench(workspace, forge, monkeypatch, "policy-gate")
    made.recorded = lambda *names: [lambda name=name: workspace.record(name) for name in names]
    return made


def gate(bench, rules, *, files=None, before=(), sections=None, **inputs):
    bench.whole_policy(gate=rules, **(sections or {}))
    return bench.files(files or {}).scan(before=before, **inputs)


def said(done):
    return [f"{one['rule']} {one.get('subject')}" for one in done.result["reasons"]]


def test_evidence_that_is_wanted_and_not_there_fails_and_is_on_record(bench):
    bench.forge.clock = format_time(datetime.now(UTC))
    rules = {"evidence": [{"record": "record:unit-tests"}]}
    done = gate(bench, rules)
    assert (done.code, said(done)) == (10, ["policy-gate record:unit-tests"])
    assert "there is no record record:unit-tests" in done.result["reasons"][0]["message"]
    assert (bench.record.outcome, bench.record.counts["rules"]) == ("failed", 1)
    done = gate(bench, rules, before=bench.recorded("unit-tests"))
    assert (done.code, done.outputs["rules"], done.outputs["outcome"]) == (0, "1", "passed")


def test_a_policy_without_a_section_has_nothing_to_judge_and_an_empty_one_does_not_pass(bench):
    bench.whole_policy()
    assert bench.files({}).scan().code == 3
    assert gate(bench, {}).code == 14


def test_a_store_in_the_wrong_region_fails_and_the_message_says_what_to_do(bench):
    bench.forge.put(".github/counterseal-data.yml", json.dumps({"version": 1, "sets": [CARDS]}))
    away = {"plan.json": json.dumps(plan(*bucket(), providers={"aws": provider("us-east-1")}))}
    done = gate(bench, {"data": DATA}, files=away)
    (reason,) = done.result["reasons"]
    assert (done.code, reason["subject"]) == (10, "aws_s3_bucket.cards")
    assert "may be in eu-west-1, and this is in us-east-1" in reason["message"]
    assert reason["remedy"].startswith("deploy it to one of: eu-west-1")
    assert gate(bench, {"data": DATA}, files={"plan.json": json.dumps(plan(*bucket()))}).code == 0
    assert gate(bench, {"data": DATA}, files={"plan.json": "{"}).code == 14


def test_the_classification_of_the_change_is_not_read(bench):
    bench.forge.put(".github/counterseal-data.yml", json.dumps({"version": 1, "sets": [CARDS]}))
    theirs = {**CARDS, "regions": ["us-east-1"]}
    away = {
        "plan.json": json.dumps(plan(*bucket(), providers={"aws": provider("us-east-1")})),
        ".github/counterseal-data.yml": json.dumps({"version": 1, "sets": [theirs]}),
    }
    assert gate(bench, {"data": DATA}, files=away).code == 10


def test_great_rights_need_the_named_approver(bench):
    bench.forge.put(".github/counterseal-data.yml", json.dumps({"version": 1, "sets": [CARDS]}))
    wide = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    files = {"plan.json": json.dumps(plan(database(), resource("aws_iam_policy.ops", {"policy": wide})))}
    sections = {"code": {"waivers": {"named": {"access": [3]}}}}
    waiver = {"kind": "access", "rule": "privilege", "subject": "aws_iam_policy.ops"}
    rules = {"data": DATA, "access": {}}
    bench.waive(kind="access", rule="privilege", subject="other")
    done = gate(bench, rules, files=files, sections=sections)
    assert (done.code, said(done)[0]) == (10, "policy-gate aws_iam_policy.ops")
    bench.waive(**waiver, approver=2)
    assert gate(bench, rules, files=files, sections=sections).code == 10
    bench.waive(**waiver, approver=3)
    done = gate(bench, rules, files=files, sections=sections)
    assert (done.code, done.outputs["waived"]) == (0, "1")
    assert [one.approver for one in bench.record.waivers] == ["account:3"]


def test_a_secret_in_the_commit_fails_and_is_not_told(bench):
    password = "tr0ub4dor&9-Zq!x"
    done = gate(bench, {"contents": {"detect": ["secret"]}}, files={"a.py": f'password = "{password}"\n'})
    assert (done.code, said(done)) == (10, ["policy-gate a.py:1"])
    kept = b"".join(
        path.read_bytes()
        for path in (bench.workspace.root / "counterseal-evidence").rglob("*")
        if path.is_file()
    )
    assert password.encode() not in kept
    assert password not in json.dumps(done.result) + done.errors
    assert gate(bench, {"contents": {"detect": ["secret"]}}, files={"a.py": "x = 1\n"}).code == 0


@pytest.mark.parametrize(
    "note", [["secret"], ["secret", "iban"], ["personal-data"], ["secret", "personal-data"]]
)
def test_what_is_only_noted_passes_and_the_gate_still_proves_itself(bench, note):
    rules = {"contents": {"detect": ["secret", "iban", "personal-data"], "note": note}}
    assert gate(bench, rules, files={"a.py": "x = 1\n"}).code == 0


def test_rules_in_rego_deny_warn_and_can_be_waived(bench):
    bench.forge.put(
        "rules/a.rego",
        HEAD
        + 'deny contains {"rule": "acme-7", "subject": "release", "message": "no"} if '
        + "{ input.release.event }\n"
        + 'warn contains "take care" if { true }',
    )
    rules = {"rego": {"files": ["rules/a.rego"]}}
    done = gate(bench, rules)
    assert (done.code, done.outputs["rego-rules"], said(done)) == (10, "2", ["policy-gate release"])
    bench.waive(kind="policy", rule="acme-7", subject="release")
    done = gate(bench, rules, sections={"code": {"waivers": {}}})
    assert (done.code, done.outputs["waived"]) == (0, "1")


@pytest.mark.parametrize(
    ("module", "code"),
    [
        (HEAD + 'deny contains "x" if { input.never }', 0),
        (HEAD + 'deny contains "x" if { lower_case(input.never) }', 10),
        (HEAD.replace("counterseal", "other") + 'deny contains "x" if { input.never }', 10),
        (HEAD + "deny contains 1 if { true }", 14),
    ],
)
def test_rules_in_rego_that_cannot_be_believed_are_no_pass(bench, module, code):
    bench.forge.put("rules/a.rego", module)
    assert gate(bench, {"rego": {"files": ["rules/a.rego"]}}).code == code


def test_a_module_of_the_change_is_not_read(bench):
    bench.forge.put("rules/a.rego", HEAD + 'deny contains "x" if { true }')
    theirs = {"rules/a.rego": HEAD + 'deny contains "x" if { input.never }'}
    assert gate(bench, {"rego": {"files": ["rules/a.rego"]}}, files=theirs).code == 10


def test_an_engine_that_is_asked_for_and_absent_fails_and_nothing_takes_its_place(bench):
    bench.forge.put("rules/a.rego", HEAD + 'deny contains "x" if { input.never }')
    opa = {"path": "/nowhere/opa", "sha256": "0" * 64}
    done = gate(bench, {"rego": {"files": ["rules/a.rego"], "engine": "opa", "opa": opa}})
    assert (done.code, "cannot be read" in done.result["reasons"][0]["message"]) == (10, True)


def test_a_freeze_stops_a_release_and_an_environment_has_to_be_named(bench):
    rules, sections = {"freezes": True}, {"approval": APPROVAL}
    assert gate(bench, rules, sections=sections, environment="production").code == 10
    assert gate(bench, rules, sections=sections).code == 14
    assert gate(bench, rules, sections=sections, environment="moon").code == 10
    bench.forge.clock = "2026-12-01T09:00:00Z"
    assert gate(bench, rules, sections=sections, environment="production").code == 0
    assert gate(bench, rules, sections=sections, environment="moon").code == 14


@pytest.mark.parametrize(
    ("number", "again", "code"),
    [("3", "carl", 0), ("1", "carl", 10), ("99", "carl", 14), ("3", "somebody", 14)],
)
def test_who_starts_a_release_has_no_part_in_the_change(bench, monkeypatch, number, again, code):
    monkeypatch.setenv("GITHUB_ACTOR_ID", number)
    monkeypatch.setenv("GITHUB_ACTOR", "carl")
    monkeypatch.setenv("GITHUB_TRIGGERING_ACTOR", again)
    assert gate(bench, {"separation": True}).code == code


def test_problems_of_earlier_stages_are_judged_again(bench):
    bench.forge.put(".github/counterseal-waivers.yml", json.dumps({"version": 1, "waivers": []}))
    lock = {
        "package-lock.json": json.dumps(
            {
                "lockfileVersion": 3,
                "packages": {"node_modules/a": {"version": "1.0.0", "license": "GPL-3.0-only"}},
            }
        )
    }
    code = {"sbom": {}, "licences": {"allow": ["MIT", "GPL-3.0-only"]}}
    run = bench.workspace.run
    earlier = [lambda: run("sbom", inventories="package-lock.json")]
    rules = {"licences": True, "components": [{"purl": "pkg:npm/a@*", "reason": "taken over"}]}
    done = gate(bench, rules, files=lock, before=earlier, sections={"code": code})
    assert (done.code, said(done)) == (10, ["policy-gate pkg:npm/a"])
    assert bench.record.counts["components"] == 1


def test_the_evidence_of_a_stage_that_was_changed_is_no_pass(bench):
    lock = {
        "package-lock.json": json.dumps(
            {"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}
        )
    }
    evidence = bench.workspace.root / "counterseal-evidence"

    def spoil():
        bench.workspace.run("sbom", inventories="package-lock.json")
        for path in (evidence / "blobs").iterdir():
            path.write_bytes(path.read_bytes() + b" ")

    done = gate(bench, {"severity": {}}, files=lock, before=[spoil], sections={"code": {"sbom": {}}})
    assert (done.code, "cannot be read" in done.result["reasons"][0]["message"]) == (14, True)


def test_a_record_of_another_commit_is_told(bench):
    done = gate(
        bench,
        {"severity": {}},
        before=[lambda: (bench.workspace.record(), bench.workspace.repository.commit("more"))],
    )
    assert (done.code, "not about what is released" in done.result["reasons"][0]["message"]) == (10, True)


def test_a_case_is_judged_again_by_the_policy_of_then_and_of_today(bench, tmp_path):
    bench.forge.clock = format_time(datetime.now(UTC))
    rules = {"evidence": [{"record": "record:unit-tests"}], "retention": {"days": 1}}
    keeps = {"evidence": {"retention": {"days": 30}}}
    done = gate(bench, rules, before=bench.recorded("unit-tests"), sections=keeps, case_out="case.json")
    assert (done.code, done.outputs["case"]) == (0, "case.json")
    run, root = bench.workspace.run, bench.workspace.root
    assert bench.exhibit("gate-case.json") == (root / "case.json").read_bytes()
    again = run("policy replay", case="case.json")
    assert (again.code, again.outputs["verdict"], again.outputs["verdict-now"]) == (0, "passed", "")
    stricter = {
        "version": 1,
        "gate": {**rules, "retention": {"days": 31}},
        "duties": {"identities": "p"},
        **keeps,
    }
    (root / "today.json").write_text(json.dumps(stricter))
    again = run("policy replay", case="case.json", policy_file="today.json")
    assert (again.code, again.outputs["verdict"], again.outputs["verdict-now"]) == (0, "passed", "failed")
    explained = run("policy explain", case="case.json")
    text = "\n".join(explained.result.get("text", "").splitlines()) or json.dumps(explained.result)
    assert explained.outputs["verdict"] == "passed"
    assert text


def test_a_verdict_that_does_not_follow_from_its_case_is_told(bench):
    gate(bench, {"evidence": [{"record": "record:unit-tests"}]}, case_out="case.json")
    path = bench.workspace.root / "case.json"
    case = json.loads(path.read_bytes())
    case["verdict"] = {**case["verdict"], "outcome": "passed", "blocking": []}
    path.write_text(json.dumps(case))
    done = bench.workspace.run("policy replay", case="case.json")
    assert (done.code, [one["subject"] for one in done.result["reasons"]][:2]) == (
        12,
        ["outcome", "blocking"],
    )


def test_a_case_of_many_components_is_kept_and_read(bench):
    gate(bench, {"severity": {}}, case_out="case.json")
    data = (bench.workspace.root / "case.json").read_bytes()
    assert read_case(data, "x").verdict.outcome == "passed"


def test_the_tests_of_the_policies_that_come_with_counterseal_pass(bench, monkeypatch):
    root = Path(__file__).resolve().parents[3]
    monkeypatch.chdir(root)
    done = bench.workspace.run(
        "policy test", policy_file="policies/counterseal.yml", tests="policies/tests.yml"
    )
    assert (done.code, done.outputs["failed"]) == (0, "0")
    assert int(done.outputs["ran"]) >= 16


def test_a_test_of_a_policy_that_fails_says_in_which_way(bench):
    root = bench.workspace.root
    (root / "p.json").write_text(json.dumps({"version": 1, "gate": {"evidence": [{"record": "sast"}]}}))
    wrong = {"name": "nothing on record", "expect": {"outcome": "passed"}}
    (root / "t.json").write_text(
        json.dumps({"version": 1, "tests": [wrong, {**wrong, "given": {"records": [{"stage": "sast"}]}}]})
    )
    done = bench.workspace.run("policy test", policy_file="p.json", tests="t.json")
    assert (done.code, done.outputs["ran"], done.outputs["failed"]) == (10, "2", "1")
    assert [one["message"] for one in done.result["reasons"]] == [
        "it is failed, not passed",
        "`evidence sast` blocks, which was not expected",
    ]


def test_all_four_code_gates_run_in_one_process(bench):
    today = format_time(datetime.now(UTC))
    bench.forge.clock = today
    advisory = {
        "id": "X-1",
        "modified": today,
        "affected": [{"package": {"ecosystem": "PyPI", "name": "other"}, "versions": ["1"]}],
    }
    files = {"app.py": "x = 1\n", "requirements.txt": "flask==3.0.0\n", "db/x.json": json.dumps(advisory)}
    sections = {
        "code": {
            "sast": {},
            "sca": {"inventories": ["requirements.txt"]},
            "sbom": {"inventories": ["requirements.txt"]},
        }
    }
    bench.whole_policy(
        gate={"evidence": [{"record": name} for name in ("sast", "sca", "sbom")], "severity": {}}, **sections
    )
    bench.files(files).event()
    done = bench.workspace.run("stages", stages="sast sca sbom policy-gate", database="db")
    told = {name: done.outputs[f"{name}-outcome"] for name in ("sast", "sca", "sbom", "policy-gate")}
    assert (done.code, set(told.values()), done.outputs["policy-gate-rules"]) == (0, {"passed"}, "2")
    done = bench.workspace.run("stages", stages="policy-gate sast", record_name="again")
    assert (done.code, done.outputs["stopped-at"]) == (0, "")


def test_a_binary_that_a_case_names_is_never_run(bench, monkeypatch):
    """A case is somebody else's file: what it names as opa could be anything on an auditor's machine."""
    monkeypatch.undo()
    mark = bench.workspace.home / "ran"
    binary = bench.workspace.home / "tool"
    binary.write_text(f"#!/bin/sh\ntouch {mark}\n")
    binary.chmod(0o755)
    opa = {"path": str(binary), "sha256": sha256(binary.read_bytes())}
    rules = {"version": 1, "gate": {"rego": {"files": ["a.rego"], "engine": "opa", "opa": opa}}}
    document = Document(now="2026-01-01T00:00:00Z", release=Release(repository="r", commit="0" * 40))
    files = {"a.rego": HEAD + 'deny contains "x" if { input.x }'}
    case = Case(document=document, rules=Rules(where="x", policy=json.dumps(rules), files=files))
    path = bench.workspace.home / "case.json"
    path.write_bytes(encode_case(case))
    for command in ("policy replay", "policy explain"):
        done = bench.workspace.run(command, case=str(path))
        assert (done.code, done.result["reasons"][0]["subject"]) == (2, "opa")
    assert not mark.exists()
    assert bench.workspace.run("policy replay", case=str(path), opa=str(binary)).code == 12
    assert mark.exists()


@pytest.mark.parametrize("people", ["named", "pseudonymous"])
@pytest.mark.parametrize(("actor", "code"), [(1, 10), (3, 0)])
def test_under_pseudonyms_the_case_comes_to_the_same_and_names_nobody(
    bench, monkeypatch, people, actor, code
):
    monkeypatch.setenv("COUNTERSEAL_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    for name, value in {"ACTOR": "somebody", "TRIGGERING_ACTOR": "somebody", "ACTOR_ID": actor}.items():
        monkeypatch.setenv(f"GITHUB_{name}", str(value))
    done = gate(bench, {"separation": True}, sections={"evidence": {"people": people}})
    assert done.code == code, done
    data = bench.exhibit("gate-case.json")
    case = read_case(data, "case")
    assert bool(re.search(rb"\b(ann|bob|carl)\b", data)) == (people == "named")
    assert len(case.document.release.participants) == 1
    (bench.workspace.home / "case.json").write_bytes(data)
    again = bench.workspace.run("policy replay", case=str(bench.workspace.home / "case.json"))
    assert again.code == 0, again
