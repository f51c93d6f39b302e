"""`sast`: what is found, which policy judges it, whose waivers hold, and what stays as evidence."""

from __future__ import annotations

import base64
import json
import os
import sys
import tempfile
from pathlib import Path

import pytest

from counterseal.checks.sast import scanners
from counterseal.checks.sast.built_in import prefix_of
from counterseal.commands import _forge
from counterseal.host.install import Installer
from simulators.changes import pull
from simulators.fake_forge import FakeForge
from simulators.sarif_shapes import at, codeql, log, run, semgrep
from simulators.scan_bench import ScanBench

SHELL = "import subprocess\ndef f(x):\n    subprocess.call(x, shell=True)\n"


@pytest.fixture
def bench(workspace, monkeypatch):
    forge = FakeForge(clock="2026-11-24T09:00:00Z")
    forge.add_pull(pull())
    monkeypatch.setattr(_forge, "open_forge", lambda *_: forge)
    return ScanBench(workspace, forge, monkeypatch, "sast")


def test_clean_code_passes_and_is_on_record(bench):
    done = bench.code(app="x = 1\n").scan()
    assert (done.code, done.outputs["problems"], done.outputs["blocking"]) == (0, "0", "0")
    assert (bench.record.stage, bench.record.outcome, bench.record.tool.name) == ("sast", "passed", "bandit")
    assert {one.name for one in bench.record.evidence} == {
        "sast-problems.json",
        "sast.sarif",
        "counterseal.yml",
    }
    assert bench.record.counts["files"] == 1


def test_a_weakness_fails_and_says_where_what_and_what_to_do(bench):
    done = bench.code(app=SHELL).scan()
    assert done.code == 10
    (reason,) = done.result["reasons"]
    assert (reason["rule"], reason["subject"]) == ("sast", "app.py:3")
    assert "shell=True" in reason["message"]
    assert "waiver" in reason["remedy"]


def test_the_policy_of_the_change_is_not_read(bench):
    bench.code(app=SHELL)
    (bench.workspace.root / ".github").mkdir(exist_ok=True)
    (bench.workspace.root / ".github" / "counterseal.yml").write_text(
        "version: 1\ncode: {sast: {python: false}}\n"
    )
    assert bench.scan().code == 10


def test_without_a_part_for_it_there_is_nothing_to_judge(bench):
    bench.forge.put(".github/counterseal.yml", "version: 1\n")
    assert bench.code(app=SHELL).scan().code == 3
    bench.forge.put(".github/counterseal.yml", "version: 1\ncode: {}\n")
    assert bench.scan().code == 3


def fingerprint_of(bench, rule="B602"):
    bench.scan()
    return next(one["fingerprint"] for one in bench.problems() if one["rule"] == rule)


def test_a_waiver_lets_one_through_and_stands_in_the_record(bench):
    bench.policy({}, waivers={})
    bench.waive(fingerprint="0" * 64)
    mark = fingerprint_of(bench.code(app=SHELL))
    bench.waive(fingerprint=mark)
    done = bench.scan()
    assert (done.code, done.outputs["waived"]) == (0, "1")
    (waiver,) = bench.record.waivers
    assert (waiver.approver, waiver.ticket, waiver.reason) == ("account:3", "SEC-1", "w-1: constant")
    assert "counterseal-waivers.yml" in {one.name for one in bench.record.evidence}
    results = json.loads(bench.exhibit("sast.sarif"))["runs"][0]["results"]
    (shell,) = [one["suppressions"] for one in results if one["ruleId"] == "B602"]
    assert [one["justification"] for one in shell] == ["w-1: constant"]


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"expires": "2026-11-24", "granted": "2026-10-01"}, 0, ""),
        ({"expires": "2026-11-23", "granted": "2026-10-01"}, 10, "expired"),
        ({"approver": 1}, 10, "took part in this change"),
        ({"approver": 9}, 10, "identity map"),
        ({"fingerprint": "1" * 64}, 10, "fits nothing"),
    ],
)
def test_a_waiver_that_does_not_hold_lets_nothing_through(bench, change, code, message):
    bench.policy({}, waivers={})
    bench.waive(fingerprint="0" * 64)
    mark = fingerprint_of(bench.code(app=SHELL))
    bench.waive(**{"fingerprint": mark, **change})
    done = bench.scan()
    assert done.code == code
    assert message in json.dumps([one.message for one in bench.record.reasons])


def test_a_changed_line_is_no_longer_waived(bench):
    bench.policy({}, waivers={})
    bench.waive(fingerprint="0" * 64)
    bench.waive(fingerprint=fingerprint_of(bench.code(app=SHELL)))
    assert bench.scan().code == 0
    assert bench.code(app=SHELL.replace("call(x", "call(y")).scan().code == 10
    assert bench.code(app=SHELL + "    subprocess.call(x, shell=True)\n").scan().code == 10


def test_a_waiver_that_the_change_brings_is_not_read(bench):
    bench.policy({}, waivers={})
    bench.waive(fingerprint="0" * 64)
    mark = fingerprint_of(bench.code(app=SHELL))
    own = bench.workspace.root / ".github" / "counterseal-waivers.yml"
    own.parent.mkdir(exist_ok=True)
    own.write_text(bench.waive(fingerprint=mark))
    bench.waive(fingerprint="0" * 64)
    assert bench.scan().code == 10


def test_a_waiver_file_that_is_missing_or_spoilt_is_an_error_and_no_pass(bench):
    bench.policy({}, waivers={})
    assert bench.code(app="x = 1\n").scan().code == 2
    bench.forge.put(".github/counterseal-waivers.yml", "version: 1\nwaivers: [{}]\n")
    assert bench.scan().code not in (0, 10)


# -- reports and scanners -------------------------------------------------------------------------------


def test_reports_of_other_scanners_are_judged_like_our_own(bench):
    (bench.workspace.home / "codeql.sarif").write_bytes(codeql())
    done = bench.code(app="x = 1\n").scan(sarif=f"codeql={bench.workspace.home / 'codeql.sarif'}")
    assert done.code == 10
    assert "py/sql-injection (critical)" in done.result["reasons"][0]["message"]
    assert "codeql.sarif" in {one.name for one in bench.record.evidence}


@pytest.mark.parametrize(
    "data",
    [None, b"", b"{}", log(run("T", [], [], invocations=[{"executionSuccessful": False}])), log()],
    ids=["missing", "empty", "nothing", "unsuccessful", "no run"],
)
def test_a_report_that_is_not_whole_is_no_pass(bench, data):
    path = bench.workspace.home / "r.sarif"
    if data is not None:
        path.write_bytes(data)
    done = bench.code(app="x = 1\n").scan(sarif=f"other={path}")
    assert (done.code, bench.record.outcome) == (14, "inconclusive")


def test_a_report_that_the_policy_expects_and_nobody_gives_is_no_pass(bench):
    bench.policy({"reports": ["codeql"]})
    done = bench.code(app="x = 1\n").scan()
    assert (done.code, done.result["reasons"][0]["subject"]) == (14, "codeql")
    (bench.workspace.home / "c.sarif").write_bytes(semgrep(level="note"))
    assert bench.scan(sarif=f"codeql={bench.workspace.home / 'c.sarif'}").code == 0


@pytest.mark.parametrize("words", ["codeql", "=x.sarif", "a="])
def test_a_report_has_a_name_and_a_path(bench, words):
    assert bench.code(app="x = 1\n").scan(sarif=words).code == 2


def test_the_copy_for_the_forge_is_written_without_what_was_waived(bench):
    bench.policy({}, waivers={})
    bench.waive(fingerprint="0" * 64)
    mark = fingerprint_of(bench.code(app=SHELL))
    bench.waive(fingerprint=mark)
    done = bench.scan(sarif_out="out/sast.sarif")
    assert done.outputs["sarif"] == "out/sast.sarif"
    results = json.loads((bench.workspace.root / "out" / "sast.sarif").read_text())["runs"][0]["results"]
    assert [one["ruleId"] for one in results] == ["B404"]


WORKFLOW = """on: issue_comment
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.event.comment.body }}"
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Let every lock be installed already: a folder in which a test puts programs."""
    site = tmp_path / "site"
    (site / "bin").mkdir(parents=True)
    monkeypatch.setattr(Installer, "ensure", lambda *_: (site, True))

    def program(name, text):
        path = site / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    return program


def test_zizmor_looks_at_the_workflows_and_its_exit_code_decides_nothing(bench, installed):
    real = Path(sys.executable).parent / "zizmor"
    installed("zizmor", f'#!/bin/sh\nexec {real} "$@"\n')
    bench.policy({"scanners": [{"name": "zizmor"}]})
    flows = bench.workspace.root / ".github" / "workflows"
    flows.mkdir(parents=True)
    (flows / "ci.yml").write_text(WORKFLOW)
    done = bench.code(app="x = 1\n").scan()
    assert done.code == 10
    assert "template-injection" in json.dumps(done.result["reasons"])
    root = bench.workspace.root
    (root / "zizmor.yml").write_text("rules: {template-injection: {disable: true}}\n")
    (root / ".gitignore").write_text(".github/workflows/\n")
    (flows / "ci.yml").write_text(WORKFLOW.replace('}}"', '}}" # zizmor: ignore[template-injection]'))
    again = bench.code(app="x = 1\n\n").scan()
    assert again.code == 10
    assert "template-injection" in json.dumps(again.result["reasons"])


def checkov_script(sarif, beside):
    return (
        "#!/bin/sh\n"
        'for word in "$@"; do case "$last" in --output-file-path) places="$word";; esac; last="$word"; done\n'
        f"printf '%s' '{sarif}' > \"${{places%%,*}}\"\n"
        f"printf '%s' '{beside}' > \"${{places##*,}}\"\n"
    )


DATABASE = """resource "aws_db_instance" "d" {
  #checkov:skip=CKV_AWS_16: no
  publicly_accessible = true
}
"""
SEEN = {"summary": {"parsing_errors": 0, "resource_count": 2}, "results": {"parsing_errors": []}}


def checkov(bench, installed, *rules, beside=SEEN, **scanner):
    """Let a stand-in for Checkov find problems of some rules, in its own words, and scan."""
    places = at(prefix_of(bench.workspace.root, Path(tempfile.gettempdir()) / "x") + "infra/main.tf")
    found = [
        {"ruleId": one, "level": "error", "message": {"text": one}, "locations": places} for one in rules
    ]
    text = json.dumps(beside) if not isinstance(beside, str) else beside
    report = log(run("Checkov", [{"id": one} for one in rules], found)).decode()
    installed("checkov", checkov_script(report, text))
    bench.policy({"scanners": [{"name": "checkov", **scanner}]})
    return bench.code(app="x = 1\n").scan()


def test_what_checkov_finds_has_no_severity_and_blocks_unless_the_policy_says_how_bad_it_is(bench, installed):
    done = checkov(bench, installed, "CKV_AWS_16")
    assert (done.code, [one["rating"]["severity"] for one in bench.problems()]) == (10, ["unknown"])
    assert [one["subject"] for one in bench.problems()] == ["infra/main.tf"]
    done = checkov(bench, installed, "CKV_AWS_16", severities={"CKV_AWS_16": "low"})
    assert (done.code, [one["rating"]["source"] for one in bench.problems()]) == (0, ["policy"])
    done = checkov(bench, installed, "CKV_AWS_16", severities={"CKV_AWS_1?": "critical", "CKV_*": "low"})
    assert (done.code, [one["rating"]["severity"] for one in bench.problems()]) == (10, ["critical"])


@pytest.mark.parametrize(
    "beside",
    [
        {"summary": {"parsing_errors": 1, "resource_count": 2}, "results": {"parsing_errors": ["a.tf"]}},
        {"summary": {"parsing_errors": 1, "resource_count": 2}},
        {"passed": 0, "failed": 0, "parsing_errors": 0, "resource_count": 0},
        "",
        "[]x",
        [{"summary": {}}],
    ],
)
def test_what_checkov_could_not_look_at_is_no_pass(bench, installed, beside):
    assert checkov(bench, installed, beside=beside).code == 14


def test_checkov_itself_reads_no_settings_of_the_tree_and_tells_what_it_cannot_parse(bench, monkeypatch):
    site = os.environ.get("CHECKOV_SITE")
    if not site:
        pytest.skip("CHECKOV_SITE names no folder in which locks/checkov.txt is installed")
    monkeypatch.setattr(Installer, "ensure", lambda *_: (Path(site), True))
    bench.policy({"scanners": [{"name": "checkov"}]})
    files = {
        "infra/main.tf": DATABASE,
        ".checkov.yaml": "skip-check: [CKV_AWS_17]\n",
        "app.py": "x = 1\n",
    }
    done = bench.files(files).scan()
    told = {one["rule"]: one for one in bench.problems()}
    assert done.code == 10
    assert {"CKV_AWS_16", "CKV_AWS_17"} <= set(told)
    assert told["CKV_AWS_16"]["suppressed"]
    assert {one["subject"] for one in told.values()} == {"infra/main.tf"}
    bench.files({"infra/bad.tf": 'resource "aws_s3_bucket" {{{'}).scan()
    assert "checkov could not parse it" in json.dumps([one.message for one in bench.record.reasons])


def test_a_script_that_says_it_is_python_is_looked_at(bench):
    done = bench.files(
        {"bin/tool": "#!/usr/bin/env python3\n" + SHELL, "bin/other": "#!/bin/sh\n", "x.pyw": SHELL}
    ).scan()
    assert (done.code, {one["subject"] for one in bench.problems()}) == (10, {"bin/tool", "x.pyw"})


def test_a_repository_that_is_mounted_is_told_unless_the_policy_leaves_it_out(bench):
    bench.code(app="x = 1\n")
    oid = bench.workspace.repository.git("rev-parse", "HEAD")
    bench.workspace.repository.git("update-index", "--add", "--cacheinfo", f"160000,{oid},vendor/other")
    bench.workspace.repository.git("commit", "-q", "--no-gpg-sign", "-m", "mount")
    assert bench.scan().code == 14
    bench.policy({"exclude": ["vendor/**"]})
    assert bench.scan().code == 0


SCRIPTS = {
    "dies": "#!/bin/sh\nkill -9 $$\n",
    "says nothing": "#!/bin/sh\nexit 0\n",
    "fails": "#!/bin/sh\necho broken >&2\nexit 1\n",
    "writes half": '#!/bin/sh\necho \'{"version":"2.1.0","runs":[\'\n',
    "did not finish": "#!/bin/sh\necho '"
    + log(run("T", [], [], invocations=[{"executionSuccessful": False}])).decode()
    + "'\n",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_scanner_that_does_not_finish_is_no_pass_whatever_it_ends_with(bench, installed, name):
    installed("zizmor", SCRIPTS[name])
    bench.policy({"scanners": [{"name": "zizmor"}]})
    assert bench.code(app="x = 1\n").scan().code == 14


def test_a_scanner_that_is_not_installed_or_names_no_program_is_no_pass(bench, installed):
    bench.policy({"scanners": [{"name": "other", "lock": "locks/o.txt", "command": ["../x"]}]})
    bench.forge.put("locks/o.txt", "other==1\n")
    assert bench.code(app="x = 1\n").scan().code == 14


def test_a_scanner_sees_nothing_of_the_jobs_environment(bench, installed, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    clean = log(run("T", [], [])).decode()
    installed("other", f"#!/bin/sh\nenv > {bench.workspace.home}/env\necho '{clean}' > \"$2\"\n")
    bench.policy(
        {"scanners": [{"name": "other", "lock": "locks/o.txt", "command": ["other", "-o", "{out}"]}]}
    )
    bench.forge.put("locks/o.txt", "other==1\n")
    assert bench.code(app="x = 1\n").scan().code == 0
    seen = (bench.workspace.home / "env").read_text()
    assert "secret" not in seen
    assert "GITHUB" not in seen


def test_a_scanner_that_takes_too_long_is_killed_and_is_no_pass(bench, installed, monkeypatch):
    installed("zizmor", "#!/bin/sh\nsleep 60\n")
    real = scanners.subprocess.Popen.wait

    def hurry(process, timeout=None):
        return real(process, min(timeout, 0.2) if timeout else None)

    monkeypatch.setattr(scanners.subprocess.Popen, "wait", hurry)
    bench.policy({"scanners": [{"name": "zizmor"}]})
    done = bench.code(app="x = 1\n").scan()
    assert done.code == 14
    assert "took longer" in done.result["reasons"][0]["message"]


def test_a_rehearsal_needs_no_forge(bench, monkeypatch):
    def none(*_):
        raise AssertionError

    monkeypatch.setattr(_forge, "open_forge", none)
    policy = bench.workspace.home / "p.yml"
    policy.write_text("version: 1\ncode: {sast: {}}\n")
    assert bench.code(app=SHELL).scan(policy_file=str(policy)).code == 10


def test_the_forge_is_asked_with_the_token_of_the_job_and_no_other(workspace, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/payments")
    done = workspace.run("sast")
    assert (done.code, done.result["reasons"][0]["subject"]) == (2, "GITHUB_TOKEN")


def test_a_waiver_stands_in_the_manifest_of_the_release_and_the_store_verifies(bench):
    bench.policy({}, waivers={})
    bench.waive(fingerprint="0" * 64)
    bench.waive(fingerprint=fingerprint_of(bench.code(app=SHELL)))
    bench.scan()
    done = bench.workspace.upload(out="copies")
    assert done.code == 0
    bundle = json.loads(Path(done.outputs["bundle"]).read_text())
    manifest = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    (record,) = manifest["predicate"]["candidate"]["records"]
    assert [one["id"] for one in record["waivers"]] == ["B602 app.py"]
    assert bench.workspace.verify().code == 0
