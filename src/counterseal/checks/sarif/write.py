"""Writing SARIF 2.1.0: one run for each scanner, with all that GitHub's code scanning shows.

Facts of the forge: "SARIF support for code scanning" (docs.github.com). `security-severity` is a member
of the rule, so it is that of the rule's worst result; each result has its own level. Bytes depend on the
content alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from counterseal.manifest.record import Tool
from counterseal.policy.problem import Problem
from counterseal.policy.severity import Severity, worst

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.NONE: "none",
    Severity.UNKNOWN: "error",
}
# Where only a word is known: the middle of what the forge reads as that word.
_SCORES: Final = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.NONE: "0.0",
}
_MOST_TAGS: Final = 10
_URI = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")


@dataclass(frozen=True)
class About:
    """What a log file says of its problems besides what they say themselves.

    Attributes:
        waived: the words of the waiver that let a problem through, by its fingerprint.
        complete: whether every scanner has looked at everything.
        line_hash: returns the forge's fingerprint of a problem's line, where that is known.
    """

    waived: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    line_hash: Callable[[Problem], str | None] = lambda _: None


def write_sarif(problems: Iterable[Problem], tools: Sequence[Tool], about: About) -> bytes:
    """Return a log file.

    Args:
        problems: what was found.
        tools: the scanners that ran, also those that found nothing.
        about: what else there is to say.
    """
    by_tool = {
        name: list(found) for name, found in groupby(sorted(problems, key=_order), lambda one: one.tool)
    }
    versions = {tool.name: tool.version for tool in tools} | {
        name: None for name in by_tool if name not in {tool.name for tool in tools}
    }
    runs = [
        _run(Tool(name=name, version=versions[name]), by_tool.get(name, []), about)
        for name in sorted(versions)
    ]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}
    return json.dumps(log, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _order(problem: Problem) -> tuple[str, str, int, str, str]:
    return (problem.tool, problem.subject, problem.line or 0, problem.rule, problem.fingerprint)


def _run(tool: Tool, problems: list[Problem], about: About) -> dict[str, Any]:
    ids = sorted({problem.rule for problem in problems})
    of_rule: dict[str, list[Problem]] = {name: [] for name in ids}
    for problem in problems:
        of_rule[problem.rule].append(problem)
    driver: dict[str, Any] = {"name": tool.name, "rules": [_rule(name, of_rule[name]) for name in ids]}
    if tool.version:
        driver["version"] = tool.version
    index = {name: at for at, name in enumerate(ids)}
    results = [_result(one, index[one.rule], about) for one in problems]
    return {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": about.complete}],
        "columnKind": "utf16CodeUnits",
        "results": results,
    }


def _rule(name: str, problems: list[Problem]) -> dict[str, Any]:
    first, rating = problems[0], worst(tuple(problem.rating for problem in problems))
    weaknesses = sorted({number for problem in problems for number in problem.cwe})
    tags = ["security", *(f"external/cwe/cwe-{number:03d}" for number in weaknesses)]
    properties: dict[str, Any] = {"tags": tags[:_MOST_TAGS]}
    score = rating.score or _SCORES.get(rating.severity)
    if score is not None:
        properties["security-severity"] = score
    if first.confidence:
        properties["precision"] = first.confidence
    text = first.remedy or first.message
    rule: dict[str, Any] = {
        "id": name,
        "name": name,
        "shortDescription": {"text": first.message[:1000]},
        "fullDescription": {"text": first.message[:1000]},
        "help": {"text": text},
        "defaultConfiguration": {"level": _LEVELS[rating.severity]},
        "properties": properties,
    }
    if first.uri and _URI.fullmatch(first.uri):
        rule["helpUri"] = first.uri
    return rule


def _result(problem: Problem, index: int, about: About) -> dict[str, Any]:
    waiver, line_hash = about.waived.get(problem.fingerprint), about.line_hash(problem)
    prints = {"counterseal/v1": problem.fingerprint}
    if line_hash:
        prints["primaryLocationLineHash"] = line_hash
    result: dict[str, Any] = {
        "ruleId": problem.rule,
        "ruleIndex": index,
        "level": _LEVELS[problem.rating.severity],
        "message": {"text": problem.message},
        "locations": [_location(problem)],
        "partialFingerprints": prints,
        "suppressions": [*_suppressions(problem, waiver)],
    }
    if problem.introduced is not None:
        result["baselineState"] = "new" if problem.introduced else "unchanged"
    return result


def _location(problem: Problem) -> dict[str, Any]:
    from urllib.parse import quote

    return {
        "physicalLocation": {
            "artifactLocation": {
                "uri": quote(problem.subject.encode("utf-8", "surrogateescape"), safe="/@:+")
            },
            "region": {"startLine": problem.line or 1},
        }
    }


def _suppressions(problem: Problem, waiver: str | None) -> Iterable[dict[str, str]]:
    if problem.suppressed is not None:
        yield {"kind": "inSource", "justification": problem.suppressed}
    if waiver is not None:
        yield {"kind": "external", "status": "accepted", "justification": waiver}
