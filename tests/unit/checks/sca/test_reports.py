"""Reports of other scanners of dependencies: what they tell, and when they may not tell everything."""

from __future__ import annotations

import json

import pytest

from counterseal.checks.sca.reports import read_report

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def cyclonedx(vulnerabilities, **more):
    parts = [{"type": "library", "bom-ref": "d", "purl": "pkg:pypi/django@3.2"}]
    tools = {"tools": {"components": [{"name": "trivy"}]}}
    whole = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": parts, "metadata": tools, **more}
    return json.dumps({**whole, "vulnerabilities": vulnerabilities}).encode()


def vulnerability(**more):
    return {"id": "CVE-2022-28346", "affects": [{"ref": "d"}], "description": "SQL injection", **more}


def npm(via, total=1, **more):
    listed = {"minimist": {"severity": "critical", "via": via, "range": "<0.2.1"}}
    counts = {"vulnerabilities": {"total": total}}
    return json.dumps(
        {"auditReportVersion": 2, "vulnerabilities": listed, "metadata": counts, **more}
    ).encode()


VIA = {
    "source": 1,
    "title": "Prototype Pollution",
    "url": "https://github.com/advisories/GHSA-vh95-rmgr-6w4m",
    "severity": "moderate",
    "cwe": ["CWE-1321"],
    "cvss": {"score": 5.6, "vectorString": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:L"},
    "range": "<0.2.1",
}


def test_a_cyclonedx_report_is_read_with_package_version_severity_and_weakness():
    more = {"ratings": [{"method": "CVSSv31", "vector": VECTOR}], "cwes": [89], "recommendation": "upgrade"}
    aliases = [{"id": "GHSA-2gwj-7jmv-h26r"}]
    (found,), findings = read_report(cyclonedx([vulnerability(references=aliases, **more)]), "x")
    assert findings == ()
    assert (found.subject, found.version, found.tool) == ("pkg:pypi/django", "3.2", "trivy")
    assert (found.rating.severity, found.rating.source) == ("critical", "trivy CVSSv31")
    assert (found.cwe, found.aliases, found.remedy) == ((89,), ("GHSA-2gwj-7jmv-h26r",), "upgrade")


@pytest.mark.parametrize(
    ("ratings", "severity"),
    [
        ([], "unknown"),
        ([{"severity": "high"}], "high"),
        ([{"severity": "unknown"}], "unknown"),
        ([{"score": 9.1}], "critical"),
        ([{"score": 99}], "unknown"),
        ([{"severity": "low"}, {"score": 7.0}], "high"),
        ([{"vector": "garbage", "severity": "medium"}], "medium"),
    ],
)
def test_the_worst_rating_counts_and_none_is_unknown(ratings, severity):
    (found,), _ = read_report(cyclonedx([vulnerability(ratings=ratings)]), "x")
    assert found.rating.severity == severity


def test_a_report_of_npm_audit_is_read():
    (found,), findings = read_report(npm([VIA, "other"]), "x")
    assert findings == ()
    assert (found.rule, found.subject, found.version) == ("GHSA-vh95-rmgr-6w4m", "pkg:npm/minimist", "<0.2.1")
    assert (found.rating.severity, found.cwe) == ("medium", (1321,))


def test_a_report_of_nothing_tells_nothing():
    assert read_report(cyclonedx([]), "x") == ((), ())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        cyclonedx(None),
        cyclonedx([{"id": "x"}]),
        cyclonedx([3]),
        npm([VIA], total=2),
        npm("x", total=0),
        b'{"error": {"code": "ENOLOCK"}}',
        b'{"auditReportVersion": 2, "vulnerabilities": {}}',
        b'{"auditReportVersion": 1}',
        cyclonedx([])[:-1],
    ],
)
def test_a_report_that_may_not_tell_everything_is_inconclusive(data):
    problems, findings = read_report(data, "x")
    assert problems == ()
    assert [one.outcome for one in findings] == ["inconclusive"]
