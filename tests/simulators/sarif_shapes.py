"""SARIF in the shapes in which scanners write it: where each puts severity, rules, paths, suppressions."""

from __future__ import annotations

import json
from typing import Any


def log(*runs: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"version": "2.1.0", "runs": list(runs), **more}).encode()


def run(name: str, rules=(), results=(), **more: Any) -> dict[str, Any]:
    return {"tool": {"driver": {"name": name, "rules": list(rules)}}, "results": list(results), **more}


def at(uri: str, line: int = 3, snippet: str | None = None, **where: Any) -> list[dict[str, Any]]:
    region: dict[str, Any] = {"startLine": line}
    if snippet:
        region["snippet"] = {"text": snippet}
    return [{"physicalLocation": {"artifactLocation": {"uri": uri, **where}, "region": region}}]


def codeql(severity: Any = "9.8", **result: Any) -> bytes:
    """CodeQL: rules in an extension, found by index and name; the score is a text on the rule."""
    rule = {
        "id": "py/sql-injection",
        "shortDescription": {"text": "SQL query built from user-controlled sources"},
        "properties": {
            "security-severity": severity,
            "tags": ["security", "external/cwe/cwe-089"],
            "precision": "high",
        },
    }
    found = {
        "ruleId": "py/sql-injection",
        "rule": {"id": "py/sql-injection", "index": 0, "toolComponent": {"index": 0}},
        "message": {"text": "This SQL query depends on a [user-provided value](1)."},
        "locations": at("src/db.py", 27, uriBaseId="%SRCROOT%"),
        "partialFingerprints": {"primaryLocationLineHash": "39fa2ee980eb94b0:1"},
        **result,
    }
    made = run("CodeQL", (), [found])
    made["tool"]["extensions"] = [{"name": "codeql/python-queries", "rules": [rule]}]
    made["originalUriBaseIds"] = {"%SRCROOT%": {"uri": "file:///work/"}}
    return log(made)


def semgrep(**result: Any) -> bytes:
    """Semgrep: no score; the level stands in the rule, the weakness in a sentence."""
    rule = {
        "id": "python.lang.security.audit.eval",
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["CWE-95: Improper Neutralization of Directives", "HIGH CONFIDENCE"]},
    }
    found = {
        "ruleId": rule["id"],
        "message": {"text": "eval of input"},
        "locations": at("app/run.py", 8, "eval(text)", uriBaseId="%SRCROOT%"),
        **result,
    }
    return log(run("Semgrep OSS", [rule], [found]))


def gosec() -> bytes:
    """gosec: numbers as tags, a score in the rule's properties."""
    rule = {
        "id": "G401",
        "name": "Use of weak cryptographic primitive",
        "properties": {"tags": ["security", "HIGH"]},
    }
    found = {
        "ruleId": "G401",
        "level": "error",
        "message": {"text": "md5"},
        "locations": at("main.go", 12, "md5.New()"),
    }
    return log(run("gosec", [rule], [found]))


def trivy(score: Any = "7.5") -> bytes:
    """Trivy: one rule an advisory, the score a text, locations that are lock files or images."""
    rule = {
        "id": "CVE-2023-0286",
        "name": "LanguageSpecificPackageVulnerability",
        "helpUri": "https://avd.aquasec.com/nvd/cve-2023-0286",
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "precision": "very-high",
            "security-severity": score,
            "tags": ["vulnerability", "HIGH"],
        },
    }
    found = {
        "ruleId": "CVE-2023-0286",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "Package: cryptography\nInstalled Version: 38.0.1"},
        "locations": at("requirements.txt", 1, uriBaseId="ROOTPATH"),
    }
    return log(run("Trivy", [rule], [found], originalUriBaseIds={"ROOTPATH": {"uri": "file:///repo/"}}))


def checkov() -> bytes:
    """Checkov: levels only, snippets, and null where there is nothing."""
    rule = {
        "id": "CKV_AWS_20",
        "helpUri": None,
        "defaultConfiguration": {"level": "error"},
        "properties": None,
    }
    found = {
        "ruleId": "CKV_AWS_20",
        "ruleIndex": 0,
        "level": "error",
        "attachments": [],
        "message": {"text": "S3 Bucket has an ACL defined which allows public READ access."},
        "locations": at("infra/main.tf", 4, 'acl = "public-read"'),
        "suppressions": None,
    }
    return log(run("Checkov", [rule], [found]))


def zizmor() -> bytes:
    """zizmor: logical locations beside physical ones, a kind, and a level of its own in the properties."""
    found = {
        "ruleId": "zizmor/template-injection",
        "kind": "fail",
        "level": "error",
        "message": {"text": "code injection via template expansion"},
        "locations": at(".github/workflows/ci.yml", 9),
        "properties": {"zizmor/confidence": "High"},
    }
    made = run("zizmor", [{"id": "zizmor/template-injection"}], [found])
    made["invocations"] = [{"executionSuccessful": True}]
    return log(made)


def eslint() -> bytes:
    """ESLint: paths are absolute file URIs, rules are found by index alone."""
    found = {
        "level": "warning",
        "ruleIndex": 0,
        "message": {"text": "Unexpected use of eval"},
        "locations": at("file:///work/web/a%20b.js", 2, index=0),
    }
    return log(
        run(
            "ESLint",
            [{"id": "no-eval"}],
            [found],
            artifacts=[{"location": {"uri": "file:///work/web/a%20b.js"}}],
        )
    )


def gitleaks() -> bytes:
    """gitleaks: a secret in a commit; the message is all that it says."""
    found = {
        "ruleId": "aws-access-token",
        "message": {"text": "aws-access-token has detected secret for file config.env."},
        "locations": at("config.env", 1, "AKIA****"),
        "partialFingerprints": {"commitSha": "a" * 40},
    }
    return log(run("gitleaks", [{"id": "aws-access-token"}], [found]))


def snyk(priority: Any = 8.1) -> bytes:
    """Snyk: the score is a number, on the result."""
    found = {
        "ruleId": "SNYK-PYTHON-DJANGO-1",
        "message": {"text": "SQL injection"},
        "locations": at("requirements.txt"),
        "properties": {"security-severity": priority},
    }
    return log(run("Snyk Open Source", [{"id": "SNYK-PYTHON-DJANGO-1"}], [found]))


def spotbugs() -> bytes:
    """SpotBugs: messages by id with arguments, logical locations, `note` as its level."""
    rule = {
        "id": "SQL_INJECTION",
        "messageStrings": {"default": {"text": "{0} passes a {1} to execute"}},
        "relationships": [],
    }
    found = {
        "ruleId": "SQL_INJECTION",
        "level": "note",
        "message": {"id": "default", "arguments": ["Dao.find", "String"]},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": "bank.Dao.find", "kind": "function"}]}],
    }
    return log(run("SpotBugs", [rule], [found]))


def msvc_suppressed(status: str | None = "accepted") -> bytes:
    """A compiler's analysis: a suppression with a state and a justification."""
    one = {"kind": "external", "justification": "constant"} | ({"status": status} if status else {})
    found = {
        "ruleId": "C6001",
        "level": "warning",
        "message": {"text": "uninitialized memory"},
        "locations": at("a.c"),
        "suppressions": [one],
    }
    return log(run("PREfast", [{"id": "C6001"}], [found]))


def bandit() -> bytes:
    """Bandit's own formatter: confidence and severity as properties, no score."""
    found = {
        "ruleId": "B602",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "subprocess call with shell=True identified"},
        "locations": at("src/a.py", 3, "subprocess.call(x, shell=True)"),
        "properties": {"issue_confidence": "HIGH", "issue_severity": "HIGH"},
    }
    rule = {"id": "B602", "properties": {"tags": ["security", "external/cwe/cwe-78"], "precision": "high"}}
    return log(run("Bandit", [rule], [found]))


def bearer() -> bytes:
    """Bearer: levels of its own in the level, a score nowhere, a fingerprint of its own."""
    found = {
        "ruleId": "python_lang_logger_leak",
        "level": "warning",
        "message": {"text": "Leakage of sensitive information in logger message"},
        "locations": at("app.py", 9),
        "partialFingerprints": {"primaryLocationLineHash": "4b3b_0"},
    }
    return log(run("Bearer", [{"id": "python_lang_logger_leak"}], [found]))


def njsscan() -> bytes:
    """njsscan: one run in which the tool states its version, levels and a CWE among the tags."""
    rule = {"id": "node_sqli", "properties": {"tags": ["CWE-89", "A1: Injection"]}}
    found = {"ruleId": "node_sqli", "level": "error", "message": {"text": "SQLi"}, "locations": at("a.js", 1)}
    made = run("nodejsscan", [rule], [found])
    made["tool"]["driver"]["version"] = "0.3.4"
    return log(made)


def kics() -> bytes:
    """KICS: several results of one rule, a level for each, taxonomies beside the rules."""
    rule = {
        "id": "e592a0c5",
        "defaultConfiguration": {"level": "error"},
        "relationships": [{"target": {"id": "CAT009", "toolComponent": {"name": "Categories"}}}],
    }
    found = {
        "ruleId": "e592a0c5",
        "ruleIndex": 0,
        "kind": "fail",
        "message": {"text": "S3 without encryption"},
    }
    return log(
        run("KICS", [rule], [{**found, "locations": at("s3.tf", 1)}], taxonomies=[{"name": "Categories"}])
    )


def spotbugs_taxa() -> bytes:
    """SpotBugs with Find Security Bugs: the weakness as a relationship to a taxonomy."""
    rule = {"id": "XSS", "relationships": [{"target": {"id": "79", "toolComponent": {"name": "CWE"}}}]}
    found = {"ruleId": "XSS", "level": "error", "message": {"text": "XSS"}, "locations": at("A.java", 1)}
    return log(run("SpotBugs", [rule], [found]))


def checkmarx() -> bytes:
    """A converted report: the invocation of the converter succeeded, results by rule reference alone."""
    found = {
        "rule": {"id": "SQL_Injection"},
        "level": "error",
        "message": {"text": "SQL"},
        "locations": at("B.java", 1),
    }
    made = run("Checkmarx", [{"id": "SQL_Injection"}], [found])
    made["conversion"] = {"tool": {"driver": {"name": "c"}}, "invocation": {"executionSuccessful": True}}
    return log(made)


SHAPES: dict[str, tuple[bytes, str, str, str]] = {
    "codeql": (codeql(), "py/sql-injection", "critical", "src/db.py"),
    "semgrep": (semgrep(), "python.lang.security.audit.eval", "high", "app/run.py"),
    "gosec": (gosec(), "G401", "high", "main.go"),
    "trivy": (trivy(), "CVE-2023-0286", "high", "requirements.txt"),
    "checkov": (checkov(), "CKV_AWS_20", "high", "infra/main.tf"),
    "zizmor": (zizmor(), "zizmor/template-injection", "high", ".github/workflows/ci.yml"),
    "eslint": (eslint(), "no-eval", "medium", "web/a b.js"),
    "gitleaks": (gitleaks(), "aws-access-token", "medium", "config.env"),
    "snyk": (snyk(), "SNYK-PYTHON-DJANGO-1", "high", "requirements.txt"),
    "spotbugs": (spotbugs(), "SQL_INJECTION", "low", "bank.Dao.find"),
    "prefast": (msvc_suppressed(), "C6001", "medium", "a.c"),
    "bandit": (bandit(), "B602", "high", "src/a.py"),
    "bearer": (bearer(), "python_lang_logger_leak", "medium", "app.py"),
    "njsscan": (njsscan(), "node_sqli", "high", "a.js"),
    "kics": (kics(), "e592a0c5", "high", "s3.tf"),
    "spotbugs, weaknesses": (spotbugs_taxa(), "XSS", "high", "A.java"),
    "checkmarx, converted": (checkmarx(), "SQL_Injection", "high", "B.java"),
    "codeql, a number": (codeql(9.0), "py/sql-injection", "critical", "src/db.py"),
    "codeql, 8.9": (codeql("8.9"), "py/sql-injection", "high", "src/db.py"),
    "codeql, no number": (codeql("high"), "py/sql-injection", "unknown", "src/db.py"),
    "codeql, beyond the scale": (codeql("11"), "py/sql-injection", "unknown", "src/db.py"),
    "codeql, not a number": (codeql("NaN"), "py/sql-injection", "unknown", "src/db.py"),
    "trivy, none": (trivy("0.0"), "CVE-2023-0286", "none", "requirements.txt"),
    "semgrep, own level": (semgrep(level="note"), "python.lang.security.audit.eval", "low", "app/run.py"),
    "semgrep, of a later standard": (
        semgrep(level="catastrophe"), "python.lang.security.audit.eval", "unknown", "app/run.py",
    ),
    "semgrep, for people": (
        semgrep(kind="review", level="none"), "python.lang.security.audit.eval", "unknown", "app/run.py",
    ),
}  # fmt: skip
"""By name: a report with one result, and the rule, severity and place that it tells of."""
