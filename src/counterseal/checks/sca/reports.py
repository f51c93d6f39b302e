"""Reports of other scanners of dependencies in JSON: CycloneDX with vulnerabilities, and `npm audit`.

Trivy, Grype and others write the first. A report that does not say that it looked is *inconclusive*: without
its list, with an error in the place of one, or with other numbers than it announces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from counterseal.checks.inventory.documents import Unreadable, read_json
from counterseal.checks.sca.sources import RULE
from counterseal.host.text import one_line
from counterseal.policy.advisory import score_of
from counterseal.policy.finding import Finding, inconclusive
from counterseal.policy.problem import Problem, fingerprint
from counterseal.policy.severity import UNRATED, Rating, Severity, severity_of_score, worst

_WORDS: Final = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "moderate": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "info": Severity.NONE,
    "none": Severity.NONE,
}
_ID: Final = re.compile(r"(GHSA(-[0-9a-z]{4}){3}|CVE-[0-9]{4}-[0-9]{4,})")


def read_report(data: bytes, name: str) -> tuple[tuple[Problem, ...], tuple[Finding, ...]]:
    """Return what a report tells, and why it may not tell everything.

    Args:
        data: its bytes.
        name: what it is called.
    """
    try:
        document = read_json(data)
        if document.get("bomFormat") == "CycloneDX":
            return tuple(_cyclonedx(document, name)), ()
        if document.get("auditReportVersion") == 2:  # noqa: PLR2004 - the version of npm 7 and newer
            return tuple(_npm(document)), ()
        message = "neither CycloneDX nor the report of npm audit"
        if "error" in document:
            message = f"the scanner failed: {document['error']}"
    except Unreadable as cause:
        message = str(cause)
    except (AttributeError, TypeError, KeyError, ValueError) as cause:
        message = f"not as its format says: {cause!r}"
    remedy = "run the scanner again, and see that it finishes"
    return (), (inconclusive(RULE, one_line(message, limit=500), subject=name[:1000], remedy=remedy),)


def _cyclonedx(document: dict[str, Any], name: str) -> Iterator[Problem]:
    if not isinstance(document.get("vulnerabilities"), list):
        raise Unreadable("it has no list of vulnerabilities, not even an empty one")
    purls = {one.get("bom-ref"): one.get("purl") for one in _every(document.get("components", []))}
    tools = document.get("metadata", {}).get("tools", {})
    tool = next(iter(_names(tools)), name)
    for one in document["vulnerabilities"]:
        rating = worst(tuple(_ratings(one.get("ratings", []), tool)))
        others = [str(other["id"]) for other in one.get("references", []) if "id" in other]
        for affected in one["affects"]:
            subject, _, version = str(purls.get(affected["ref"]) or affected["ref"]).partition("@")
            yield _problem(
                tool, str(one["id"]), subject, version, rating,
                text=str(one.get("description") or one.get("detail") or "(the report says nothing)"),
                aliases=others, cwe=one.get("cwes", []), remedy=one.get("recommendation"),
            )  # fmt: skip


def _npm(document: dict[str, Any]) -> Iterator[Problem]:
    listed = document["vulnerabilities"]
    announced = document["metadata"]["vulnerabilities"]["total"]
    if len(listed) != announced:
        raise Unreadable(f"it announces {announced} vulnerable packages, and lists {len(listed)}")
    for package, told in listed.items():
        for via in told["via"]:
            if isinstance(via, dict):  # a text names another package of this list, which tells it itself
                found = _ID.search(str(via.get("url", "")))
                yield _problem(
                    "npm audit", found[0] if found else f"npm-{via['source']}", f"pkg:npm/{package}",
                    str(via.get("range") or told.get("range") or "*"), _of_npm(via),
                    text=str(via.get("title") or "(the report says nothing)"),
                    cwe=[int(text[4:]) for text in via.get("cwe", []) if text.startswith("CWE-")],
                )  # fmt: skip


def _problem(  # noqa: PLR0913 - what a problem has
    tool: str,
    rule: str,
    subject: str,
    version: str,
    rating: Rating,
    *,
    text: str,
    aliases: Iterable[str] = (),
    cwe: Iterable[int] = (),
    remedy: object = None,
) -> Problem:
    return Problem(
        kind="dependency",
        tool=tool[:1024],
        rule=rule[:1024],
        message=f"{subject} {version}: {one_line(text, limit=500)}",
        rating=rating,
        subject=(subject or "(no package)")[:1024],
        fingerprint=fingerprint("dependency", tool, subject, version, rule),
        version=(version or "unknown")[:1024],
        aliases=tuple(dict.fromkeys(one[:1024] for one in aliases if one != rule)),
        cwe=tuple(sorted({int(number) for number in cwe})),
        remedy=one_line(str(remedy), limit=500) if remedy else None,
    )


def _ratings(listed: Iterable[dict[str, Any]], tool: str) -> Iterator[Rating]:
    for one in listed:
        yield _rating(
            one.get("vector"), one.get("score"), one.get("severity"), f"{tool} {one.get('method', '')}"
        )


def _of_npm(via: dict[str, Any]) -> Rating:
    cvss = via.get("cvss") or {}
    return _rating(cvss.get("vectorString"), cvss.get("score") or None, via.get("severity"), "npm audit")


def _rating(vector: object, score: object, word: object, source: str) -> Rating:
    """Return a rating: by its vector, else by its score, else by its word."""
    source = source.strip()[:1024]
    found = score_of(vector) if isinstance(vector, str) else None
    if found is None and isinstance(score, int | float) and not isinstance(score, bool):
        found = float(score)
    if found is not None:
        try:
            shown = str(vector)[:1024] if vector else None
            return Rating(severity=severity_of_score(found), source=source, score=f"{found:g}", vector=shown)
        except ValueError:
            return UNRATED
    known = _WORDS.get(str(word).casefold())
    return Rating(severity=known, source=source) if known else UNRATED


def _names(tools: Any) -> Iterator[str]:
    """Yield the names of the tools that wrote a document, in either of the forms that CycloneDX knows."""
    listed = tools.get("components", []) if isinstance(tools, dict) else tools
    yield from (str(one["name"]) for one in listed if isinstance(one, dict) and one.get("name"))


def _every(components: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    waiting = list(components)
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.get("components", [])
