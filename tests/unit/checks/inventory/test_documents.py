"""Documents that other tools wrote: held to the faults of our own, whichever format they have."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest

from counterseal.checks.inventory.read import read_file

SHA = "ab" * 32
BOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "components": [
        {
            "type": "library",
            "bom-ref": "a",
            "name": "a",
            "version": "1",
            "purl": "pkg:npm/a@1",
            "licenses": [{"expression": "MIT"}],
        },
        {"type": "library", "bom-ref": "b", "name": "b", "version": "2", "purl": "pkg:npm/b@2"},
    ],
    "dependencies": [{"ref": "a", "dependsOn": ["b"]}],
}
SPDX = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "x",
    "packages": [
        {"SPDXID": "SPDXRef-app", "name": "app", "versionInfo": "1"},
        {
            "SPDXID": "SPDXRef-a",
            "name": "a",
            "versionInfo": "1",
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": "MIT OR Apache-2.0",
            "supplier": "Organization: Acme (a@example.com)",
            "checksums": [{"algorithm": "SHA256", "checksumValue": SHA.upper()}],
            "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/%40scope/a@1"}],
        },
        {
            "SPDXID": "SPDXRef-b",
            "name": "b",
            "licenseConcluded": "ISC",
            "licenseDeclared": "MIT",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:pypi/B_b@2"}],
        },
        {
            "SPDXID": "SPDXRef-t",
            "name": "t",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:maven/org.t/t@3"}],
        },
    ],
    "relationships": [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-app",
        },
        {"spdxElementId": "SPDXRef-a", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-b"},
        {
            "spdxElementId": "SPDXRef-t",
            "relationshipType": "TEST_DEPENDENCY_OF",
            "relatedSpdxElement": "SPDXRef-app",
        },
    ],
}


def read(document):
    return read_file("bom.json", json.dumps(document).encode())


def outcomes(document, change):
    spoilt = deepcopy(document)
    change(spoilt)
    return {one.outcome for one in read(spoilt).findings}


def test_a_document_of_cyclonedx_that_is_right_has_no_finding():
    assert read(BOM).findings == ()
    assert [one.purl for one in read(BOM).components] == ["pkg:npm/a@1", "pkg:npm/b@2"]


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_every_version_is_held_to_its_own_schema(version):
    plain = {**BOM, "specVersion": version}
    assert read(plain).findings == ()
    assert outcomes(plain, lambda d: d["components"][0].update(type="thing")) == {"failed"}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda d: d["dependencies"][0]["dependsOn"].append("gone"), "failed"),
        (lambda d: d["dependencies"].append({"ref": "gone"}), "failed"),
        (lambda d: d["components"][0].update(purl="pkg:npm/a@9"), "failed"),
        (lambda d: d["components"][0].update(licenses=[{"expression": "MIT/BSD"}]), "failed"),
        (lambda d: d["components"][1].update({"bom-ref": "a"}), "failed"),
        (lambda d: d.update(serialNumber="1"), "failed"),
        (lambda d: d.update({"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json"}), "failed"),
        (lambda d: d.update(compositions=[{"aggregate": "incomplete", "assemblies": ["a"]}]), "inconclusive"),
        (lambda d: d.update(specVersion="9.9"), "inconclusive"),
        (lambda d: d.update(specVersion=["1.5"]), "inconclusive"),
    ],
)
def test_a_foreign_inventory_is_held_to_the_faults_of_our_own(change, outcome):
    assert outcomes(BOM, change) == {outcome}


def test_a_purl_that_is_none_is_no_pass():
    assert "failed" in outcomes(BOM, lambda d: d["components"][0].update(purl="nonsense"))


def test_a_document_of_spdx_is_read():
    found = read(SPDX)
    assert found.findings == ()
    told = {one.purl: one for one in found.components}
    assert set(told) == {"pkg:npm/%40scope/a@1", "pkg:pypi/b-b@2", "pkg:maven/org.t/t@3"}
    a = told["pkg:npm/%40scope/a@1"]
    assert (a.licence, a.supplier, a.hashes, a.requires) == (
        "MIT OR Apache-2.0",
        "Acme",
        (f"sha256:{SHA}",),
        ("pkg:pypi/b-b@2",),
    )
    assert told["pkg:pypi/b-b@2"].licence == "ISC"
    assert (told["pkg:maven/org.t/t@3"].name, told["pkg:maven/org.t/t@3"].scope) == ("org.t:t", "development")


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (
            lambda d: d["relationships"].append({**d["relationships"][1], "relatedSpdxElement": "SPDXRef-x"}),
            "failed",
        ),
        (lambda d: d["packages"][1].update(SPDXID="SPDXRef-b"), "failed"),
        (lambda d: d["packages"][1].update(licenseConcluded="MIT/BSD"), "failed"),
        (lambda d: d["packages"][1]["externalRefs"][0].update(referenceLocator="nonsense"), "failed"),
        (lambda d: d["packages"][1].update(externalRefs=[]), "inconclusive"),
        (
            lambda d: d["packages"][1]["externalRefs"][0].update(referenceLocator="pkg:oci/x@1"),
            "inconclusive",
        ),
        (lambda d: d["packages"][2]["externalRefs"][0].update(referenceLocator="pkg:pypi/b"), "inconclusive"),
        (lambda d: d.update(spdxVersion="SPDX-9"), "inconclusive"),
        (lambda d: d.update({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}), "inconclusive"),
        (lambda d: d.pop("packages"), "inconclusive"),
        (lambda d: d["packages"][1].pop("SPDXID"), "inconclusive"),
        (lambda d: d["relationships"][0].pop("relationshipType"), "inconclusive"),
    ],
)
def test_a_document_of_spdx_that_is_wrong_is_no_pass(change, outcome):
    assert outcomes(SPDX, change) == {outcome}


@pytest.mark.parametrize("spelling", ["zope.interface", "Zope_Interface", "zope-interface"])
def test_a_document_names_a_package_as_a_lock_does(spelling):
    listed = [{"type": "library", "name": spelling, "purl": f"pkg:pypi/{spelling}@7.2"}]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": listed}
    (told,) = read_file("bom.json", json.dumps(document).encode()).components
    (locked,) = read_file(
        "requirements.txt", f"{spelling}==7.2 --hash=sha256:{'0' * 64}\n".encode()
    ).components
    assert (
        (told.purl, told.name)
        == (locked.purl, locked.name)
        == ("pkg:pypi/zope-interface@7.2", "zope-interface")
    )
