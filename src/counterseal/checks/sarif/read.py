"""Reading SARIF: from a file of any scanner to problems, and to whatever keeps the report from being whole.

The file is mapped, not loaded, and results are decoded one by one, so that memory grows with the number
of problems alone. A report of which it is not sure that the scan finished is *inconclusive*: absent or
null results, no run, an invocation without success, an error that the tool reports about itself,
properties in other files.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from counterseal.checks.sarif.model import Invocation, Log, Result, Rule, Run, Text
from counterseal.checks.sarif.places import Places
from counterseal.checks.sarif.rules import Rules, confidence_of, rating_of, weaknesses_of
from counterseal.checks.sarif.strict import repeated_name
from counterseal.host.text import one_line
from counterseal.manifest import record
from counterseal.policy.finding import Finding, inconclusive, noted
from counterseal.policy.problem import Kind, Problem, counted, fingerprint

RULE: Final = "sarif"
"""The rule under which findings about a report are told."""

MOST_BYTES: Final = 1024 * 1024 * 1024
"""The largest report that is read, in bytes."""

MOST_RESULTS: Final = 200_000
"""How many results of one report are read; with more the report is inconclusive."""

MOST_BROKEN: Final = 100
"""How many results that cannot be read are told of one run, before the rest is not looked at."""

_LOG = msgspec.json.Decoder(Log)
_RESULT = msgspec.json.Decoder(Result)
_CHUNK: Final = 1 << 20
_REMEDY = "run the scanner again, and see that it finishes"
_PLACE = re.compile(r"\{([0-9]{1,3})\}")  # replaced in one pass: an argument may hold such a place itself
_FINE = frozenset({"pass", "notApplicable", "informational"})


@dataclass(frozen=True)
class SarifReport:
    """What a report says.

    Attributes:
        problems: everything that its results say is wrong, suppressed results too.
        findings: why the report is not whole, and what of it was passed over.
        tools: the scanners that wrote it.
    """

    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    tools: tuple[record.Tool, ...] = ()


def read_sarif(path: Path, name: str, *, kind: Kind = "code", root: str = "") -> SarifReport:
    """Read a report; whatever is wrong with it becomes a finding, never an error and never a pass.

    Args:
        path: the file.
        name: what it is called in findings.
        kind: what sort of problems it tells of.
        root: the absolute path of the repository where the scanner ran, with a slash at its end.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if not 0 < size <= MOST_BYTES:
                return _broken(name, "the report is empty" if not size else f"larger than {MOST_BYTES} bytes")
            # Never closed by hand: results that are not decoded yet point into it.
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as cause:
        return _broken(name, f"the report cannot be read: {cause}")
    try:
        _require_text(data)
        log = _LOG.decode(data)
        twice = repeated_name(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as cause:
        return _broken(name, f"not SARIF 2.1.0: {one_line(str(cause), limit=300)}")
    if twice is not None:
        return _broken(name, f"not SARIF 2.1.0: {one_line(twice, limit=100)!r} occurs twice in an object")
    return _report(log, name, kind, root)


def _require_text(data: memoryview) -> None:
    """Refuse what is not UTF-8: the decoder does not look at what it passes over.

    Raises:
        UnicodeDecodeError: it is not.
    """
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), _CHUNK):
        decoder.decode(bytes(data[start : start + _CHUNK]))
    decoder.decode(b"", final=True)


def _report(log: Log, name: str, kind: Kind, root: str) -> SarifReport:
    if log.version != "2.1.0":
        return _broken(name, f"SARIF {one_line(log.version, limit=20)!r} instead of 2.1.0")
    if not log.runs:
        return _broken(name, "the report has no run")
    problems: list[Problem] = []
    findings = [*_elsewhere(log, name)]
    for run in log.runs:
        findings += _unfinished(run, name)
        room = MOST_RESULTS - len(problems)
        found, more = _results(run, name, kind, root, room)
        problems += found
        findings += more
    tools = tuple(dict.fromkeys(_tool(run) for run in log.runs))
    return SarifReport(counted(problems), tuple(dict.fromkeys(findings)), tools)


def _elsewhere(log: Log, name: str) -> Iterator[Finding]:
    outside = any(run.external_property_file_references for run in log.runs or ())
    if outside or log.inline_external_properties:
        yield inconclusive(RULE, "parts of the report are external properties", subject=name, remedy=_REMEDY)


def _unfinished(run: Run, name: str) -> Iterator[Finding]:
    """Yield why a run may have ended before it had looked at everything."""
    tool = one_line(run.tool.driver.name, limit=100)
    if run.results is None:
        yield inconclusive(RULE, f"{tool} has produced no results at all", subject=name, remedy=_REMEDY)
    converted = [run.conversion.invocation] if run.conversion and run.conversion.invocation else []
    for invocation in (*(run.invocations or ()), *converted):
        if _failed(invocation):
            yield inconclusive(RULE, f"{tool} does not say that it succeeded", subject=name, remedy=_REMEDY)
        told = (invocation.tool_execution_notifications, invocation.tool_configuration_notifications)
        for one in (one for group in told for one in group or () if one.level == "error"):
            text = one_line(_plain(one.message), limit=300)
            yield inconclusive(RULE, f"{tool} reports an error: {text}", subject=name, remedy=_REMEDY)


def _failed(invocation: Invocation) -> bool:
    """Tell whether an invocation does not say that it succeeded, as it has to (3.20.14)."""
    stopped = (
        invocation.process_start_failure_message,
        invocation.exit_signal_name,
        invocation.exit_signal_number,
    )
    return invocation.execution_successful is not True or any(one is not None for one in stopped)


def _results(run: Run, name: str, kind: Kind, root: str, room: int) -> tuple[list[Problem], list[Finding]]:
    rules, places = Rules(run), Places(run, root)
    problems: list[Problem] = []
    findings: list[Finding] = []
    passed_over = 0
    for at, raw in enumerate(run.results or ()):
        if len(problems) >= room or len(findings) >= MOST_BROKEN:
            findings.append(inconclusive(RULE, f"more than {MOST_RESULTS} results", subject=name))
            break
        try:
            result = _RESULT.decode(raw)
            problem = None if _passes(result) else _problem(result, rules, places, run, kind)
        except (msgspec.MsgspecError, ValueError, RecursionError) as cause:
            message = f"result {at} cannot be read: {one_line(str(cause), limit=200)}"
            findings.append(inconclusive(RULE, message, subject=name, remedy=_REMEDY))
            continue
        if problem is None:
            passed_over += 1
        else:
            problems.append(problem)
    if passed_over:
        message = f"{passed_over} results say that nothing is wrong, or that it is gone"
        findings.append(noted(RULE, message, subject=name))
    return problems, findings


def _passes(result: Result) -> bool:
    """Tell whether a result says that nothing is wrong, or that it is gone."""
    return result.kind in _FINE or result.baseline_state == "absent"


def _problem(result: Result, rules: Rules, places: Places, run: Run, kind: Kind) -> Problem:
    tool = run.tool.driver.name or "unnamed"
    rule = rules.of(result)
    identity = (rules.id_of(result) or "(no rule)")[:1024]
    subject, line, snippet = places.of(result)
    message = _message(result, rule)
    return Problem(
        kind=kind,
        tool=tool[:1024],
        rule=identity,
        message=message,
        rating=rating_of(result, rules, tool),
        subject=subject,
        fingerprint=fingerprint(kind, tool, identity, subject, *_content(result, snippet, message)),
        line=line,
        confidence=confidence_of(rule),
        cwe=weaknesses_of(result, rule),
        introduced=True if result.baseline_state == "new" else None,
        suppressed=_suppressed(result),
        remedy=_help(rule),
        uri=(rule.help_uri or None) and rule.help_uri[:1024] if rule else None,
    )


def _content(result: Result, snippet: str | None, message: str) -> tuple[str, ...]:
    """Return what a result is bound to: the code it shows, else the tool's fingerprints, else its words."""
    if snippet and snippet.strip():
        return ("snippet", " ".join(snippet.split()))
    if result.partial_fingerprints:
        return ("tool", *(f"{key}={value}" for key, value in sorted(result.partial_fingerprints.items())))
    return ("message", message)


def _suppressed(result: Result) -> str | None:
    """Return why a result is suppressed: every suppression is accepted, or says no status (3.27.23)."""
    given = result.suppressions
    if not given or any(one.status not in (None, "accepted") for one in given):
        return None
    words = (one.justification or f"suppressed {one.kind or ''}".strip() for one in given)
    return "; ".join(words)[:16384]


def _message(result: Result, rule: Rule | None) -> str:
    message = result.message
    text = _plain(message)
    if not text and message and message.id and rule:
        text = _plain((rule.message_strings or {}).get(message.id))
    arguments = (message.arguments if message else None) or ()
    if arguments:
        text = _PLACE.sub(lambda found: _argument(arguments, int(found[1]))[:1000], text[:4000])
    described = _plain(rule.short_description) or _plain(rule.full_description) if rule else ""
    return (text or described or "(the scanner says nothing)")[:4000]


def _argument(arguments: Sequence[str], at: int) -> str:
    return arguments[at] if at < len(arguments) else ""


def _help(rule: Rule | None) -> str | None:
    text = _plain(rule.help) if rule else ""
    return text.strip().partition("\n\n")[0][:1000] or None


def _plain(text: Text | None) -> str:
    return (text.text or text.markdown or "") if text else ""


def _tool(run: Run) -> record.Tool:
    driver = run.tool.driver
    version = driver.semantic_version or driver.version
    return record.Tool(name=(driver.name or "unnamed")[:1024], version=(version or "")[:1024] or None)


def _broken(name: str, message: str) -> SarifReport:
    return SarifReport(findings=(inconclusive(RULE, message, subject=name[:1024], remedy=_REMEDY),))
