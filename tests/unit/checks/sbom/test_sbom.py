"""SBOMs: what is written is valid, complete and the same twice; what no schema sees is seen."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.checks.inventory.found import component
from counterseal.checks.inventory.read import read_file
from counterseal.checks.sbom.compare import Difference, difference, missing_from, wanting
from counterseal.checks.sbom.validate import MOST_TOLD, faults_of
from counterseal.checks.sbom.write import Release, write_sbom
from counterseal.policy.code.sbom import Sbom

RELEASE = Release(
    "payments", "https://github.example/acme/payments", "c" * 40, "2026-11-27T00:00:00Z", "0.1.0"
)
SHA = "sha256:" + "ab" * 32
PARTS = (
    component(
        "PyPI", "django", "4.2", licence="BSD-3-Clause", hashes=(SHA,), requires=("pkg:pypi/sqlparse@0.5",)
    ),
    component("PyPI", "sqlparse", "0.5", licence="some words of ours", supplier="Andi"),
    component("npm", "@scope/a", "1.0.0", scope="development"),
    component("PyPI", "payments", "1.0", own=True),
)


def written(parts=PARTS, version="1.6"):
    return json.loads(write_sbom(parts, RELEASE, version))


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_what_is_written_is_valid_and_the_same_twice_in_any_order(version):
    data = write_sbom(PARTS, RELEASE, version)
    assert faults_of(data, "x") == ()
    assert write_sbom(reversed(PARTS), RELEASE, version) == data
    assert json.loads(data)["specVersion"] == version


def test_every_component_has_what_is_known_of_it():
    first, *_ = written()["components"][1:]
    assert first == {
        "type": "library",
        "bom-ref": "pkg:pypi/django@4.2",
        "name": "django",
        "version": "4.2",
        "purl": "pkg:pypi/django@4.2",
        "scope": "required",
        "hashes": [{"alg": "SHA-256", "content": "ab" * 32}],
        "licenses": [{"expression": "BSD-3-Clause"}],
    }


def test_the_graph_has_a_root_and_leads_nowhere_else():
    needs = {one["ref"]: one["dependsOn"] for one in written()["dependencies"]}
    root = f"{RELEASE.uri}@{RELEASE.commit}"
    assert needs[root] == ["pkg:npm/%40scope/a@1.0.0", "pkg:pypi/django@4.2", "pkg:pypi/payments@1.0"]
    assert needs["pkg:pypi/django@4.2"] == ["pkg:pypi/sqlparse@0.5"]


def test_another_content_has_another_serial_number():
    assert written()["serialNumber"] != written(PARTS[:2])["serialNumber"]


PACKAGES = st.builds(
    component,
    st.sampled_from(["PyPI", "npm", "crates.io"]),
    st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True),
    st.from_regex(r"[0-9]\.[0-9]{1,2}", fullmatch=True),
    hashes=st.sampled_from([(), (SHA,)]),
    licence=st.sampled_from([None, "MIT", "MIT OR ISC"]),
    scope=st.sampled_from(["required", "optional", "development"]),
)


@given(st.lists(PACKAGES, max_size=6, unique_by=lambda one: one.purl))
@settings(deadline=None)
def test_what_is_written_is_read_again(parts):
    found = read_file("x.json", write_sbom(parts, RELEASE, "1.6"))
    assert found.findings == ()
    assert [(one.purl, one.hashes, one.licence, one.scope) for one in found.components] == [
        (one.purl, one.hashes, one.licence, one.scope) for one in sorted(parts, key=lambda one: one.purl)
    ]


def spoilt(change):
    document = written()
    change(document)
    return faults_of(json.dumps(document).encode(), "x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["dependencies"][1]["dependsOn"].append("pkg:pypi/gone@1"), "leads nowhere"),
        (lambda d: d["dependencies"].append({"ref": "gone"}), "leads nowhere"),
        (lambda d: d["components"][0].update(purl="nonsense"), "no package URL"),
        (lambda d: d["components"][0].update(purl="pkg:npm/%40scope/a@9"), "is of the version 9"),
        (lambda d: d["components"][1].update(licenses=[{"expression": "MIT/BSD"}]), "no SPDX expression"),
        (lambda d: d.update(specVersion="1.5"), "names the schema"),
        (lambda d: d.update(specVersion="9.9"), "is not known"),
        (lambda d: d["components"].append(dict(d["components"][0])), "twice"),
        (lambda d: d["components"][0].pop("name"), "name"),
        (lambda d: d["components"][0].update(type="thing"), "thing"),
        (lambda d: d.update(serialNumber="1"), "serialNumber"),
        (lambda d: d["metadata"].update(timestamp="yesterday"), "timestamp"),
        (lambda d: d["components"][1]["hashes"][0].update(content="xyz"), "hashes"),
        (lambda d: d.pop("bomFormat"), "not a CycloneDX document"),
    ],
)
def test_what_is_wrong_with_a_document_is_told_also_where_its_schema_is_content(change, message):
    assert any(message in one.reason.message for one in spoilt(change))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b'{"bomFormat":"CycloneDX"}'])
def test_what_is_no_document_has_a_fault_and_raises_nothing(data):
    assert [one.outcome for one in faults_of(data, "x")][:1] == ["failed"]


def test_faults_have_an_end():
    many = spoilt(lambda d: d["dependencies"].extend({"ref": f"gone-{at}"} for at in range(100)))
    assert len(many) == MOST_TOLD


# -- comparing ------------------------------------------------------------------------------------------


def test_what_is_installed_and_not_listed_and_the_other_way_round_has_failed():
    django, sqlparse, _, own = PARTS
    told = list(missing_from([django, own], [sqlparse]))
    assert [(one.outcome, one.reason.subject) for one in told] == [
        ("failed", "pkg:pypi/sqlparse@0.5"),
        ("failed", "pkg:pypi/django@4.2"),
    ]
    assert list(missing_from([django], [django])) == []


def test_what_the_policy_demands_of_every_component_that_ships_is_counted():
    told = {
        one.reason.subject: one.reason.message
        for one in wanting(PARTS, Sbom(require=("hashes", "suppliers", "licences")))
    }
    assert told["hashes"].startswith("1 of 2 components")
    assert told["suppliers"].endswith("such as pkg:pypi/django@4.2")
    assert told["licences"].endswith("such as pkg:pypi/sqlparse@0.5")


def test_what_changed_since_the_release_before_is_told():
    before = [component("PyPI", "a", "1"), component("PyPI", "b", "1")]
    after = [component("PyPI", "b", "2"), component("PyPI", "c", "1")]
    assert difference(before, after) == Difference(("pkg:pypi/c",), ("pkg:pypi/a",), ("pkg:pypi/b: 1 -> 2",))
