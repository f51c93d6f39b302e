"""`sca`: what is found against real advisories, and that nothing passes when it cannot be told."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from packaging.version import InvalidVersion, Version

from counterseal.checks.inventory.found import component
from counterseal.checks.sca.match import Urgency, problems_of
from counterseal.checks.sca.opinion import second_opinion, served
from counterseal.checks.sca.sources import ask_database, ask_service
from counterseal.clients.advisory_db import open_database
from counterseal.clients.http import JsonService
from counterseal.clients.osv import OsvService
from counterseal.commands import _forge
from counterseal.errors import Inconclusive
from counterseal.policy.advisory import Advisory
from simulators.changes import pull
from simulators.fake_forge import FakeForge
from simulators.osv import OsvWeb
from simulators.sarif_shapes import trivy
from simulators.scan_bench import ScanBench

SAMPLE = Path(__file__).resolve().parents[2] / "advisories" / "sample.zip"
DATABASE = open_database(SAMPLE)
NOW = f"{DATABASE.modified[:10]}T23:59:59Z"  # on the day of the newest of them
VULNERABLE, CLEAN = "requests==2.19.1\n", "requests==2.99.0\n"


@pytest.fixture
def bench(workspace, monkeypatch):
    forge = FakeForge(clock=NOW)
    forge.add_pull(pull())
    monkeypatch.setattr(_forge, "open_forge", lambda *_: forge)
    return ScanBench(workspace, forge, monkeypatch, "sca")


@pytest.fixture
def web():
    with OsvWeb(DATABASE) as served:
        yield served


def offline(bench, text, **inputs):
    bench.files({"requirements.txt": text})
    return bench.scan(inventories="requirements.txt", database=str(SAMPLE), **inputs)


def test_dependencies_without_advisories_pass_and_the_database_is_on_record(bench):
    done = offline(bench, CLEAN)
    assert (done.code, bench.record.counts["components"]) == (0, 1)
    advisories = json.loads(bench.exhibit("sca-components.json"))["advisories"]
    assert advisories == {
        "source": "database",
        "digest": DATABASE.digest,
        "modified": DATABASE.modified,
        "records": 132,
    }
    assert [one.predicate_type for one in bench.record.statements] == [
        "https://in-toto.io/attestation/vulns/v0.2"
    ]


def test_a_vulnerable_pin_fails_and_says_which_version_mends_it(bench):
    done = offline(bench, VULNERABLE)
    assert done.code == 10
    reason = done.result["reasons"][0]
    assert reason["subject"] == "pkg:pypi/requests"
    assert "requests 2.19.1" in reason["message"]
    assert reason["remedy"].startswith("update to 2.20.0;")
    told = {one["rule"]: one for one in bench.problems()}
    assert all(one["version"] == "2.19.1" for one in told.values())


def test_without_a_published_severity_it_blocks_unless_the_policy_says_otherwise(bench):
    bench.policy({"block": "critical", "unknown": "note"})
    assert offline(bench, "rsa==4.0\n").code == 0
    assert {one["rating"]["severity"] for one in bench.problems()} == {"unknown"}
    bench.policy({"block": "critical"})
    assert bench.scan(inventories="requirements.txt", database=str(SAMPLE)).code == 10


def test_a_waiver_is_for_one_version(bench):
    bench.policy({}, waivers={})
    wanted = {"kind": "dependency", "rule": "CVE-2024-6221", "subject": "pkg:pypi/flask-cors"}
    bench.waive(**wanted, version="4.0.1")
    assert offline(bench, "flask-cors==4.0.2\n").code == 10
    bench.waive(**wanted, version="4.0.2")
    assert offline(bench, "flask-cors==4.0.2\n").code == 0
    assert [one.id for one in bench.record.waivers] == ["CVE-2024-6221 pkg:pypi/flask-cors"]
    assert offline(bench, "flask-cors==4.0.1\n").code == 10


@pytest.mark.parametrize(
    ("text", "rules", "message"),
    [
        ("requests>=2\n", {}, "not pinned"),
        ("requests @ https://example.org/r.whl\n", {}, "not pinned"),
        ("", {}, "no component at all"),
        (CLEAN, {"inventories": ["poetry.lock"]}, "no file matches"),
        (CLEAN, {"max-database-age-days": 1, "epss-above": 5}, "no scores"),
    ],
)
def test_what_cannot_be_looked_up_is_no_pass(bench, text, rules, message):
    bench.policy(rules)
    done = offline(bench, text)
    assert (done.code, message in json.dumps(done.result["reasons"])) == (14, True)


def test_an_old_database_is_no_pass(bench):
    moment = datetime.fromisoformat(NOW) + timedelta(days=9)
    bench.forge.clock = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    done = offline(bench, CLEAN)
    assert done.code == 14
    assert "9 days old" in done.result["reasons"][0]["message"]
    bench.policy({"max-database-age-days": 30})
    assert bench.scan(inventories="requirements.txt", database=str(SAMPLE)).code == 0


def test_an_ecosystem_of_which_nothing_is_known_is_no_pass(bench):
    lock = {"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}
    bench.files({"package-lock.json": json.dumps(lock)})
    done = bench.scan(inventories="package-lock.json", database=str(SAMPLE))
    assert done.code == 14
    assert "no record of the ecosystem npm" in done.result["reasons"][0]["message"]


@pytest.mark.parametrize("database", ["none", "empty"])
def test_a_database_that_is_not_there_is_no_pass(bench, tmp_path, database):
    (tmp_path / "empty").mkdir()
    bench.files({"requirements.txt": CLEAN})
    assert bench.scan(inventories="requirements.txt", database=str(tmp_path / database)).code == 14


def test_without_any_inventory_there_is_no_pass(bench):
    assert bench.code(app="x = 1\n").scan(database=str(SAMPLE)).code == 14


def test_the_firms_own_packages_are_told_apart(bench):
    bench.policy({"own": ["requests"]})
    assert offline(bench, VULNERABLE).code == 0
    assert bench.record.counts["components"] == 0


# -- a service ------------------------------------------------------------------------------------------


def online(bench, web, text=VULNERABLE):
    bench.files({"requirements.txt": text})
    return bench.scan(inventories="requirements.txt", osv_url=web.url)


def test_a_service_says_the_same_as_the_database(bench, web):
    assert online(bench, web).code == 10
    told = bench.problems()
    offline(bench, VULNERABLE)
    assert bench.problems() == told


def test_every_page_is_followed(bench, web):
    web.page = 1
    assert online(bench, web, "pyyaml==3.10\n").code == 10
    paged = bench.problems()
    assert len(paged) > 1
    offline(bench, "pyyaml==3.10\n")
    assert bench.problems() == paged


@pytest.fixture
def _at_once(monkeypatch):
    monkeypatch.setitem(JsonService.__init__.__kwdefaults__, "sleep", lambda _: None)
    monkeypatch.setitem(JsonService.__init__.__kwdefaults__, "seconds", 1.0)


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("text", [VULNERABLE, CLEAN], ids=["vulnerable", "clean"])
@pytest.mark.parametrize(
    "fault", [500, 503, 404, 401, "html", "truncated", "cut", "slow", "drip", "huge", "redirect"]
)
def test_a_service_that_is_down_slow_cut_short_or_answers_garbage_is_no_pass(bench, web, fault, text):
    web.always, web.where = fault, f"{web.url}/v1/querybatch"
    assert online(bench, web, text).code == 14


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: {},
        lambda _: {"results": None},
        lambda _: {"results": []},
        lambda _: {"results": [None]},
        lambda _: {"results": [{"vulns": None}]},
        lambda _: {"results": [{"vulns": [{}]}]},
        lambda _: {"results": [{}, {}]},
        lambda _: {"results": [{"vulns": [{"id": "X-404"}]}]},
        lambda _: {"results": [{"next_page_token": "again"}]},
        lambda _: [],
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_no_pass(bench, web, spoil):
    web.spoil = spoil
    assert online(bench, web, CLEAN).code == 14


@pytest.mark.usefixtures("_at_once")
def test_another_record_than_was_asked_for_is_no_pass(bench, web):
    web.spoil = lambda answer: {**answer, "id": "GHSA-other"} if "id" in answer else answer
    assert online(bench, web).code == 14


@pytest.mark.usefixtures("_at_once")
def test_nobody_listens(bench):
    bench.files({"requirements.txt": CLEAN})
    assert bench.scan(inventories="requirements.txt", osv_url="http://127.0.0.1:1").code == 14


def test_a_service_is_asked_by_https_or_on_this_machine(bench):
    bench.files({"requirements.txt": CLEAN})
    done = bench.scan(inventories="requirements.txt", osv_url="http://osv.example")
    assert (done.code, done.result["reasons"][0]["subject"]) == (2, "osv-url")


# -- against pip-audit ----------------------------------------------------------------------------------


def is_version(text):
    try:
        return bool(Version(text))
    except InvalidVersion:
        return False


def pins():
    """Return a version of every package that its advisories list, and one that is newer than all of them."""
    bad, good = [], []
    for (ecosystem, name), records in sorted(DATABASE.by_package.items()):
        valid = [one for one in records if not one.withdrawn]
        listed = [version for one in valid for part in one.affected for version in part.versions]
        ordered = sorted(filter(is_version, listed), key=Version)
        if ordered:
            bad.append(component(ecosystem, name, ordered[0]))
            good.append(component(ecosystem, name, "9999.0"))
    return bad, good


def test_of_real_packages_the_vulnerable_are_found_and_the_others_are_not():
    bad, good = pins()
    assert len(bad) >= 30
    known = ask_database(DATABASE, [*bad, *good], NOW, 7)
    found, findings = problems_of([*bad, *good], known, Urgency())
    assert findings == []
    affected = {(one.subject, one.version) for one in found}
    assert affected >= {(one.purl.partition("@")[0], one.version) for one in bad}
    open_ended = {subject for subject, version in affected if version == "9999.0"}
    unmended = {
        f"pkg:pypi/{name}"
        for (_, name), records in DATABASE.by_package.items()
        for one in records
        for part in one.affected
        for spread in part.ranges
        if spread.type == "ECOSYSTEM"
        and not {event.fixed or event.last_affected for event in spread.events} - {None}
    }
    assert open_ended <= unmended
    print(f"{len(bad)} vulnerable found, {len(good) - len(open_ended)} clean ones clean")


def test_pip_audit_finds_nothing_that_we_do_not_find():
    bad, good = pins()
    components = [one for pair in zip(bad, good, strict=True) for one in pair][:80:2] + good[:30]
    components = list({one.name: one for one in components}.values())
    known = ask_database(DATABASE, components, NOW, 7)
    found, _ = problems_of(components, known, Urgency())
    with served(DATABASE) as address:
        assert list(second_opinion(components, found, address)) == []
        one_less = [one for one in found if one.subject != found[0].subject]
        told = list(second_opinion(components, one_less, address))
    assert {one.outcome for one in told} == {"inconclusive"}
    assert "nobody else does" in told[0].reason.message


def test_pip_audit_that_cannot_tell_is_told():
    (told,) = second_opinion([component("PyPI", "requests", "2.19.1")], [], "http://127.0.0.1:1")
    assert (told.outcome, "cannot tell" in told.reason.message) == ("inconclusive", True)


def test_the_second_opinion_is_part_of_the_scan(bench):
    bench.policy({"second-opinion": True})
    assert offline(bench, CLEAN).code == 0


# -- urgency, VEX, what is new, and other reports -------------------------------------------------------

CVE = "CVE-2018-18074"


def test_what_is_exploited_is_critical_whatever_its_score(bench):
    bench.policy({"block": "critical", "unknown": "note"})
    assert offline(bench, VULNERABLE).code == 0
    catalogue = bench.workspace.home / "kev.json"
    catalogue.write_text(json.dumps({"count": 1, "vulnerabilities": [{"cveID": CVE}]}))
    assert offline(bench, VULNERABLE, exploited_list=str(catalogue)).code == 10
    urgent = next(one for one in bench.problems() if one["blocks"])
    assert urgent["rating"]["source"] == f"known exploited: {CVE}"
    catalogue.write_text(json.dumps({"count": 2, "vulnerabilities": [{"cveID": CVE}]}))
    assert offline(bench, CLEAN, exploited_list=str(catalogue)).code not in (0, 10)


def test_what_will_probably_be_exploited_is_critical(bench):
    bench.policy({"block": "critical", "unknown": "note", "epss-above": 50})
    scores = bench.workspace.home / "epss.csv.gz"
    text = f"#model:v1\ncve,epss,percentile\n{CVE},{{}},0.9\n"
    scores.write_bytes(gzip.compress(text.format("0.49").encode()))
    assert offline(bench, VULNERABLE, epss_scores=str(scores)).code == 0
    scores.write_bytes(gzip.compress(text.format("0.51").encode()))
    assert offline(bench, VULNERABLE, epss_scores=str(scores)).code == 10
    scores.write_bytes(b"\x1f\x8bnonsense")
    assert offline(bench, CLEAN, epss_scores=str(scores)).code not in (0, 10)


def vex(product="pkg:pypi/requests@2.19.1", status="not_affected", **more):
    statement = {"vulnerability": {"name": CVE}, "products": [{"@id": product}], "status": status, **more}
    return json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "statements": [statement]})


def cyclonedx_vex(state="not_affected", **more):
    found = {"id": CVE, "affects": [{"ref": "r"}], "analysis": {"state": state, **more}}
    parts = [{"type": "library", "bom-ref": "r", "purl": "pkg:pypi/requests@2.19.1"}]
    return json.dumps({"bomFormat": "CycloneDX", "components": parts, "vulnerabilities": [found]})


@pytest.mark.parametrize(
    ("document", "left"),
    [
        (vex(justification="vulnerable_code_not_in_execute_path"), 0),
        (vex(status="fixed"), 0),
        (vex(status="affected"), 1),
        (vex(status="under_investigation"), 1),
        (vex("pkg:pypi/requests@2.19.0", justification="x"), 1),
        (vex("pkg:pypi/requests", justification="x"), 1),
        (cyclonedx_vex(justification="code_not_reachable"), 0),
        (cyclonedx_vex("in_triage"), 1),
        (cyclonedx_vex("false_positive", justification="x"), 1),
    ],
)
def test_a_believed_statement_clears_the_very_vulnerability_and_version_that_it_names(bench, document, left):
    bench.policy({"vex": ["vex.json"]})
    bench.forge.put("vex.json", document)
    offline(bench, VULNERABLE)
    assert len([one for one in bench.problems() if one["blocks"] and CVE in one["aliases"]]) == left
    assert "vex.json" in {one.name for one in bench.record.evidence}


@pytest.mark.parametrize("document", [vex(), vex(status="fine"), cyclonedx_vex(), "{}", "[]", "{", "null"])
def test_a_document_that_is_no_vex_is_an_error_and_no_pass(bench, document):
    bench.policy({"vex": ["vex.json"]})
    bench.forge.put("vex.json", document)
    assert offline(bench, CLEAN).code not in (0, 10)


def test_a_vex_document_of_the_change_is_not_read(bench):
    bench.policy({"vex": ["vex.json"]})
    bench.files({"vex.json": vex(justification="x")})
    assert offline(bench, VULNERABLE).code == 2


def test_what_was_there_before_the_change_is_told_apart(bench):
    bench.policy({"introduced-only": True})
    bench.files({"requirements.txt": VULNERABLE})
    base = bench.workspace.repository.git("rev-parse", "HEAD")
    bench.files({"requirements.txt": VULNERABLE + "rsa==4.0\n"})
    event = bench.workspace.home / "event.json"
    bench.scan(inventories="requirements.txt", database=str(SAMPLE))
    event.write_text(json.dumps({"pull_request": {"number": 12, "base": {"sha": base}}}))
    bench.workspace.forget()
    done = bench.workspace.run("sca", inventories="requirements.txt", database=str(SAMPLE))
    assert done.code == 10
    assert {one["subject"] for one in done.result["reasons"]} == {"pkg:pypi/rsa"}


def test_reports_of_other_scanners_of_dependencies_are_judged(bench):
    (bench.workspace.home / "trivy.sarif").write_bytes(trivy())
    done = offline(bench, CLEAN, dependency_sarif=f"trivy={bench.workspace.home / 'trivy.sarif'}")
    assert done.code == 10
    assert {one["kind"] for one in bench.problems()} == {"dependency"}
    (bench.workspace.home / "trivy.sarif").write_bytes(b"")
    assert offline(bench, CLEAN, dependency_sarif=f"trivy={bench.workspace.home / 'trivy.sarif'}").code == 14


def test_reports_in_json_are_judged_and_one_that_is_not_there_is_no_pass(bench):
    path = bench.workspace.home / "grype.json"
    document = json.loads(cyclonedx_vex("exploitable"))
    path.write_text(json.dumps(document))
    assert offline(bench, CLEAN, dependency_reports=f"grype={path}").code == 10
    assert "grype.json" in {one.name for one in bench.record.evidence}
    path.unlink()
    assert offline(bench, CLEAN, dependency_reports=f"grype={path}").code == 14


def test_records_that_name_each_other_are_one_vulnerability():
    package = {"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1"]}
    about = tuple(
        msgspec.convert({"id": name, "aliases": ["CVE-1"], "affected": [package]}, Advisory)
        for name in ("PYSEC-1", "GHSA-1")
    )
    part = component("PyPI", "a", "1")
    known = ask_database(DATABASE, [part], NOW, 7)
    known = type(known)({part.purl: about}, known.other)
    (found,) = problems_of([part], known, Urgency())[0]
    assert (found.rule, found.aliases) == ("GHSA-1", ("CVE-1", "PYSEC-1"))


def test_a_service_has_no_answer_for_nothing(web):
    assert ask_service(OsvService(JsonService(web.url, None)), web.url, []).about == {}
    with pytest.raises(Inconclusive):
        OsvService(JsonService(web.url, None)).records(["X-404"])


def test_the_code_gates_run_in_one_process_and_are_sealed_with_the_release(bench):
    rules = {"sast": {}, "sca": {"inventories": ["requirements.txt"]}, "sbom": {}}
    policy = {"version": 1, "code": rules, "evidence": {"expect": ["sast", "sca", "sbom"]}}
    bench.forge.put(".github/counterseal.yml", json.dumps(policy))
    bench.files({"requirements.txt": CLEAN, "app.py": "x = 1\n"})
    bench.event()
    space = bench.workspace
    words = {"store": str(space.store), "key": space.key, "trust": str(space.trust), "out": "copies"}
    done = space.run(
        "stages",
        stages="sast sca sbom evidence-upload",
        inventories="requirements.txt",
        database=str(SAMPLE),
        sarif_out="sast.sarif",
        sbom_out="sbom.json",
        environment="production",
        **words,
    )
    assert done.result["reasons"] == []
    assert (done.code, done.outputs["stopped-at"]) == (0, "")
    assert {name: done.outputs[f"{name}-outcome"] for name in rules} == dict.fromkeys(rules, "passed")
    assert space.verify().code == 0
