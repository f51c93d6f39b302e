"""JUnit XML: what a test run came to, counted from its cases and never from its own totals.

The file is written by the code under test, so it is read as hostile: no document type, no entities, a size
limit; and totals that contradict the cases are reported instead of believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterseal.errors import MalformedError
from counterseal.manifest.record import Reason
from counterseal.manifest.types import Outcome

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 64 * 1024 * 1024
"""The largest report that is read, in bytes."""

_MOST_REASONS = 50
_STATES = ("passed", "failed", "errors", "skipped")


@dataclass(frozen=True)
class TestRun:
    """What the cases of one or more reports came to.

    Attributes:
        passed: the names of the cases that passed.
        failed: the names of the cases that failed.
        errors: the names of the cases that broke.
        skipped: the names of the cases that did not run.
        contradictions: where a report's totals say something else than its cases.
    """

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()

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
        """Return why the outcome is not passed; at most fifty failing cases are named."""
        broken = [*self.failed, *self.errors]
        reasons = [
            Reason(rule="test-passed", subject=name, message="the test did not pass") for name in broken
        ]
        if len(reasons) > _MOST_REASONS:
            more = Reason(
                rule="test-passed", message=f"{len(reasons) - _MOST_REASONS} more tests did not pass"
            )
            reasons = [*reasons[:_MOST_REASONS], more]
        if not self.passed and not broken:
            reasons.append(Reason(rule="tests-ran", message="no test ran, so there is nothing to judge"))
        reasons += [Reason(rule="totals-agree", message=text) for text in self.contradictions[:_MOST_REASONS]]
        return tuple(reasons)


def read_reports(reports: Sequence[tuple[str, bytes]]) -> TestRun:
    """Return what several reports came to together.

    Args:
        reports: the name and the bytes of each.

    Raises:
        MalformedError: when one of them is not a JUnit report.
    """
    names: dict[str, list[str]] = {state: [] for state in _STATES}
    contradictions: list[str] = []
    for where, data in reports:
        root = _root(data, where)
        for element in root.iter("testcase"):
            state, name = _case(element)
            names[state].append(name)
        for element in (root, *root) if root.tag == "testsuites" else (root,):
            contradictions += _contradictions(element, where)
    return TestRun(
        **{state: tuple(found) for state, found in names.items()}, contradictions=tuple(contradictions)
    )


def _root(data: bytes, where: str) -> Element:
    import defusedxml.ElementTree as SafeTree
    from defusedxml import DefusedXmlException

    if len(data) > MAX_BYTES:
        raise MalformedError(f"{len(data)} bytes are more than the {MAX_BYTES} that are read", where=where)
    try:
        root: Element = SafeTree.fromstring(data, forbid_dtd=True)
    except DefusedXmlException as cause:
        raise MalformedError("a document type or entity is not accepted", where=where) from cause
    except (SafeTree.ParseError, ValueError, LookupError, RecursionError) as cause:
        raise MalformedError(f"not well-formed XML: {cause}", where=where) from cause
    if root.tag not in {"testsuites", "testsuite"}:
        raise MalformedError(f"the root element is {root.tag[:100]!r}, not a JUnit test suite", where=where)
    return root


def _case(element: Element) -> tuple[str, str]:
    """Return the state and the name of one case; the worst of several results counts."""
    from junitparser import Error, Failure, Skipped, TestCase

    case = TestCase.fromelem(element)  # type: ignore[no-untyped-call]
    kinds = {type(result) for result in case.result}
    ranking = ((Failure, "failed"), (Error, "errors"), (Skipped, "skipped"))
    state = next((word for kind, word in ranking if kind in kinds), "passed")
    name = "::".join(part for part in (case.classname, case.name) if part)
    return state, (name or "(unnamed)")[:1000]


def _contradictions(suite: Element, where: str) -> Iterator[str]:
    """Say where a suite claims more than its cases show: cases may have been cut off."""
    states = [_case(element)[0] for element in suite.iter("testcase")]
    for attribute, state in (("failures", "failed"), ("errors", "errors"), ("tests", None)):
        claimed = suite.get(attribute)
        counted = len(states) if state is None else states.count(state)
        if claimed is not None and not _at_most(claimed, counted):
            yield f"{where}: a suite claims {attribute}={claimed[:20]!r} and its cases show {counted}"


def _at_most(claimed: str, counted: int) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", claimed) is not None and int(claimed) <= counted
