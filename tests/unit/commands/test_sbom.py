"""`sbom`: the inventory on record, its licences judged, and what is missing told."""

from __future__ import annotations

import json
import sysconfig

import pytest

from counterseal.checks.sbom.validate import faults_of
from counterseal.commands import _forge
from simulators.changes import pull
from simulators.fake_forge import FakeForge
from simulators.scan_bench import ScanBench

LICENCES = {"allow": ["MIT"]}


@pytest.fixture
def bench(workspace, monkeypatch):
    forge = FakeForge(clock="2026-11-24T09:00:00Z")
    forge.add_pull(pull())
    monkeypatch.setattr(_forge, "open_forge", lambda *_: forge)
    return ScanBench(workspace, forge, monkeypatch, "sbom")


def lock(licence="MIT", version="1.0.0"):
    told = {"version": version} | ({"license": licence} if licence else {})
    return {"package-lock.json": json.dumps({"lockfileVersion": 3, "packages": {"node_modules/a": told}})}


def sbom(bench, files, **inputs):
    return bench.files(files).scan(inventories="package-lock.json", **inputs)


def test_an_inventory_is_valid_and_on_record_and_the_same_twice(bench):
    done = sbom(bench, lock(), sbom_out="out/sbom.json")
    assert (done.code, done.outputs["components"], done.outputs["sbom"]) == (0, "1", "out/sbom.json")
    data = bench.exhibit("sbom.cdx.json")
    assert faults_of(data, "x") == ()
    assert (bench.workspace.root / "out" / "sbom.json").read_bytes() == data
    bench.scan(inventories="package-lock.json")
    assert bench.exhibit("sbom.cdx.json") == data


def test_a_licence_that_is_not_allowed_fails_and_a_waiver_lets_it_through(bench):
    bench.policy({}, licences=LICENCES, waivers={})
    bench.waive(kind="licence", rule="GPL-3.0-only", subject="pkg:npm/a", version="0.9.0")
    done = sbom(bench, lock("GPL-3.0-only"))
    assert (done.code, "is not allowed" in done.result["reasons"][0]["message"]) == (10, True)
    bench.waive(kind="licence", rule="GPL-3.0-only", subject="pkg:npm/a", version="1.0.0")
    assert bench.scan(inventories="package-lock.json").code == 0
    assert [one.id for one in bench.record.waivers] == ["GPL-3.0-only pkg:npm/a"]


@pytest.mark.parametrize(
    "licence", [None, "NOASSERTION", "MIT, Apache-2.0", "SEE LICENSE IN x", "", "LicenseRef-x"]
)
def test_a_licence_that_nobody_can_read_blocks_unless_the_policy_only_notes_it(bench, licence):
    bench.policy({}, licences=LICENCES)
    assert sbom(bench, lock(licence)).code == 10
    bench.policy({}, licences={**LICENCES, "unknown": "note"})
    assert bench.scan(inventories="package-lock.json").code == 0


def test_without_rules_for_licences_none_is_judged(bench):
    assert sbom(bench, lock("GPL-3.0-only")).code == 0


@pytest.mark.parametrize(
    ("files", "rules", "code"),
    [
        ({}, {}, 14),
        ({"package-lock.json": "{"}, {}, 14),
        (lock(), {"inventories": ["poetry.lock"]}, 14),
        (lock(), {"require": ["hashes"]}, 10),
        (lock(), {"require": ["licences"]}, 0),
        ({"package-lock.json": json.dumps({"lockfileVersion": 3, "packages": {}})}, {}, 14),
    ],
)
def test_what_is_missing_or_cannot_be_read_is_no_pass(bench, files, rules, code):
    bench.policy(rules)
    assert sbom(bench, files).code == code


def test_what_is_installed_is_held_against_what_is_locked(bench):
    folder = sysconfig.get_path("purelib")
    assert sbom(bench, lock(), site_packages=folder).code == 0
    assert int(bench.record.counts["components"]) > 50
    event_words = "sbom --complete"
    bench.workspace.forget()
    done = bench.workspace.run(event_words, inventories="package-lock.json", site_packages=folder)
    assert done.code == 10
    assert "no inventory lists it" in json.dumps(done.result["reasons"])
    bench.workspace.forget()
    assert bench.workspace.run(event_words, inventories="package-lock.json").code == 14


def test_what_changed_since_the_release_before_is_evidence(bench):
    sbom(bench, lock(), sbom_out="before.json")
    sbom(bench, lock(version="2.0.0"), previous="before.json")
    assert json.loads(bench.exhibit("sbom-changes.json"))["updated"] == ["pkg:npm/a: 1.0.0 -> 2.0.0"]
    (bench.workspace.root / "before.json").write_text("{}")
    assert sbom(bench, lock(), previous="before.json").code not in (0, 10)


def test_without_a_part_for_it_there_is_nothing_to_judge(bench):
    bench.forge.put(".github/counterseal.yml", "version: 1\ncode: {}\n")
    assert sbom(bench, lock()).code == 3


def test_the_inventory_is_a_statement_about_the_commit_too(bench):
    assert sbom(bench, lock()).code == 0
    (reference,) = bench.record.statements
    assert reference.predicate_type == "https://cyclonedx.org/bom"
    path = bench.workspace.root / "counterseal-evidence" / "statements" / f"{reference.payload.sha256}.json"
    assert json.loads(path.read_bytes())["predicate"] == json.loads(bench.exhibit("sbom.cdx.json"))
