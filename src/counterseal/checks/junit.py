"""JUnit XML: what a test run came to, counted from its cases and never from its own totals.

The file is written by the code under test, so it is read as hostile: no document type, no entities, no
namespaces, a size limit; one pass keeps nothing of it but names and counts; and whatever contradicts the
cases, the totals of a suite at any depth or a case's own attributes, is reported instead of believed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from counterseal.errors import MalformedError
from counterseal.manifest.record import Reason
from counterseal.manifest.types import Outcome

MAX_BYTES = 16 * 1024 * 1024
"""The largest report that is read, in bytes."""

_MOST_REASONS = 50
_STATES = ("passed", "failed", "errors", "skipped")

_SUITES = frozenset({"testsuites", "testsuite"})
_RESULTS = frozenset({"failure", "error", "skipped"})
# What Surefire says of a case that ran again: it failed each time, or it passed in the end.
_RERUNS = frozenset({"rerunFailure", "rerunError"})
_FLAKES = frozenset({"flakyFailure", "flakyError"})
_KNOWN = {tag.lower(): tag for tag in _SUITES | _RESULTS | _RERUNS | _FLAKES | {"testcase"}}

# The words of GoogleTest, CTest, Ginkgo, Behave and their like for `status` and `result`.
_RAN = frozenset({"run", "completed", "passed", "pass", "ok", "success", "succeeded", "successful"})
_DID_NOT_RUN = frozenset(
    {"notrun", "suppressed", "disabled", "skipped", "skip", "pending", "ignored", "untested", "undefined"}
)

# The totals of a suite, and the states of cases that they are about.
_TOTALS = (
    (("failures",), "failed"),
    (("errors",), "errors"),
    (("skipped", "disabled"), "skipped"),
    (("tests",), "tests"),
)


@dataclass(frozen=True)
class TestRun:
    """What the cases of one or more reports came to.

    Attributes:
        passed: the names of the cases that passed.
        failed: the names of the cases that failed.
        errors: the names of the cases that broke.
        skipped: the names of the cases that did not run.
        contradictions: where a report says something else than the results of its cases; the first fifty.
        flaky: the names of those passed cases that failed before they passed.
    """

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """The number of cases in each state, and of all."""
        counts = {state: len(getattr(self, state)) for state in _STATES}
        return counts | {"tests": sum(counts.values())}

    @property
    def outcome(self) -> Outcome:
        """Failed when a case did; inconclusive when nothing ran or the totals contradict; else passed."""
        if self.failed or self.errors:
            return Outcome.FAILED
        if not self.passed or self.contradictions:
            return Outcome.INCONCLUSIVE
        return Outcome.PASSED

    def reasons(self) -> tuple[Reason, ...]:
        """Return why the outcome is not passed, and which cases passed only when they ran again.

        At most fifty cases of each sort are named.
        """
        broken = [*self.failed, *self.errors]
        reasons = _named(broken, "test-passed", "the test did not pass", "more tests did not pass")
        if not self.passed and not broken:
            reasons.append(Reason(rule="tests-ran", message="no test ran, so there is nothing to judge"))
        reasons += _named(
            self.flaky,
            "test-steady",
            "the test failed before it passed",
            "more tests failed before they passed",
        )
        reasons += [Reason(rule="totals-agree", message=text) for text in self.contradictions[:_MOST_REASONS]]
        return tuple(reasons)


def read_reports(reports: Sequence[tuple[str, bytes]]) -> TestRun:
    """Return what several reports came to together.

    Args:
        reports: the name and the bytes of each.

    Raises:
        MalformedError: when one of them is not a JUnit report, or has an element in a namespace, one of
            JUnit's in other letters, or a case or suite inside a case.
    """
    found = _Found()
    for where, data in reports:
        _read(data, _Reader(where, found), where)
    return TestRun(
        **{state: tuple(names) for state, names in found.names.items()},
        contradictions=tuple(found.contradictions),
        flaky=tuple(found.flaky),
    )


def _named(names: Sequence[str], rule: str, message: str, more: str) -> list[Reason]:
    reasons = [Reason(rule=rule, subject=name, message=message) for name in names[:_MOST_REASONS]]
    if len(names) > _MOST_REASONS:
        reasons.append(Reason(rule=rule, message=f"{len(names) - _MOST_REASONS} {more}"))
    return reasons


def _read(data: bytes, reader: _Reader, where: str) -> None:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    if len(data) > MAX_BYTES:
        raise MalformedError(f"{len(data)} bytes are more than the {MAX_BYTES} that are read", where=where)
    parser = DefusedXMLParser(target=reader, forbid_dtd=True)
    try:
        parser.feed(data)
        parser.close()
    except DefusedXmlException as cause:
        raise MalformedError("a document type or entity is not accepted", where=where) from cause
    except (ParseError, ValueError, LookupError, RecursionError) as cause:
        raise MalformedError(f"not well-formed XML: {cause}", where=where) from cause


@dataclass
class _Found:
    """What all reports together show."""

    names: dict[str, list[str]] = field(default_factory=lambda: {state: [] for state in _STATES})
    flaky: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)

    def contradict(self, message: str) -> None:
        if len(self.contradictions) < _MOST_REASONS:
            self.contradictions.append(message)


@dataclass
class _Suite:
    """A suite that is still open: what it claims, and what its cases have shown so far."""

    claims: Mapping[str, str]
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class _Case:
    """A case that is still open: its attributes, and which of the known elements are in it."""

    attributes: Mapping[str, str]
    tags: set[str] = field(default_factory=set)


class _Reader:
    """What the XML parser calls for each element as it comes; no text and no tree is kept.

    The counts of a suite go up to the one around it when it ends, so every suite's totals are compared
    with all cases inside it, in one pass.
    """

    def __init__(self, where: str, found: _Found) -> None:
        self._where = where
        self._found = found
        self._suites: list[_Suite] = []
        self._case: _Case | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the start of an element."""
        known = tag if _KNOWN.get(tag.lower()) == tag else None
        if tag.startswith("{") or (known is None and tag.lower() in _KNOWN):
            self._refuse(f"an element {tag[:100]!r}, which is in a namespace or not in JUnit's own letters")
        if not self._suites and known not in _SUITES:
            self._refuse(f"the root element is {tag[:100]!r}, not a JUnit test suite")
        if known in _SUITES or known == "testcase":
            if self._case is not None:
                self._refuse(f"a {known} inside a case")
            kept = {name: attributes[name] for name in _KEPT if name in attributes}
            if known == "testcase":
                self._case = _Case(kept)
            else:
                self._suites.append(_Suite(kept))
        elif known is not None and self._case is not None:
            self._case.tags.add(known)
        elif known is not None:
            self._suite_result(known)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        if tag == "testcase":
            self._end_case()
        elif tag in _SUITES:
            suite = self._suites.pop()
            self._compare(suite)
            if self._suites:
                self._suites[-1].counts.update(suite.counts)

    def _refuse(self, message: str) -> NoReturn:
        raise MalformedError(message, where=self._where)

    def _suite_result(self, tag: str) -> None:
        """Count a result that a suite has outside its cases, as when its set-up broke."""
        state = "skipped" if tag == "skipped" else "errors"
        name = self._suites[-1].claims.get("name")
        self._found.names[state].append((name or "(unnamed suite)")[:1000])
        self._suites[-1].counts["failed" if tag == "failure" else state] += 1

    def _end_case(self) -> None:
        case, self._case = self._case, None
        if case is None:
            return
        state, name = _judge(case)
        words = [case.attributes.get(word, "").strip().lower() for word in ("status", "result")]
        if state == "passed" and _DID_NOT_RUN.intersection(words):
            state = "skipped"
        self._found.names[state].append(name)
        self._suites[-1].counts.update((state, "tests"))
        if state in {"failed", "errors"}:
            return
        if case.tags & _FLAKES and state == "passed":
            self._found.flaky.append(name)
        if case.tags & _RERUNS:
            self._contradict(f"a case failed when it ran again, and is {state}: {name[:100]!r}")
        for word in words:
            if word and word not in _RAN | _DID_NOT_RUN:
                self._contradict(f"a case is {word[:20]!r} in its own words, and {state}: {name[:100]!r}")

    def _compare(self, suite: _Suite) -> None:
        """Say where a suite claims more than its cases show: cases may have been cut off."""
        for attributes, state in _TOTALS:
            claimed = [suite.claims[name] for name in attributes if name in suite.claims]
            if not _at_most(claimed, suite.counts[state]):
                said = " and ".join(
                    f"{name}={suite.claims[name][:20]!r}" for name in attributes if name in suite.claims
                )
                self._contradict(f"a suite claims {said} and its cases show {suite.counts[state]}")

    def _contradict(self, message: str) -> None:
        self._found.contradict(f"{self._where}: {message}")


_KEPT = ("name", "classname", "status", "result", *(name for names, _ in _TOTALS for name in names))


def _judge(case: _Case) -> tuple[str, str]:
    """Return the state and the name of one case; the worst of several results counts."""
    from xml.etree.ElementTree import Element, SubElement

    from junitparser import Error, Failure, Skipped, TestCase

    element = Element("testcase", dict(case.attributes))
    for tag in case.tags & _RESULTS:
        SubElement(element, tag)
    read = TestCase.fromelem(element)  # type: ignore[no-untyped-call]
    kinds = {type(result) for result in read.result}
    ranking = ((Failure, "failed"), (Error, "errors"), (Skipped, "skipped"))
    state = next((word for kind, word in ranking if kind in kinds), "passed")
    name = "::".join(part for part in (read.classname, read.name) if part)
    return state, (name or "(unnamed)")[:1000]


def _at_most(claimed: Sequence[str], counted: int) -> bool:
    if not all(re.fullmatch(r"[0-9]{1,9}", one) for one in claimed):
        return False
    return sum(map(int, claimed)) <= counted
