"""Any file as evidence: a control record of what it shows, how long that holds, and what it was made with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from counterseal.checks.junit import TestRun
from counterseal.errors import UsageError
from counterseal.manifest.record import (
    CONTROL_RECORD,
    ControlRecord,
    EvidenceReference,
    Origin,
    Reason,
    StatementReference,
    Tool,
    Validity,
    Waiver,
    in_force,
)
from counterseal.manifest.statement import Statement, subject_of_commit
from counterseal.manifest.types import Outcome, format_time

TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"

_MOST_NAMES = 1000
_DURATION = re.compile(r"([1-9][0-9]{0,4})([dh])")
_UNITS = {"d": "days", "h": "hours"}


@dataclass(frozen=True)
class Facts:
    """What the evidence shows.

    Attributes:
        outcome: what it came to.
        counts: figures by name.
        reasons: why the outcome is not passed.
        statements: the same facts in standard predicates.
    """

    outcome: Outcome
    counts: dict[str, int] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    statements: tuple[StatementReference, ...] = ()


@dataclass(frozen=True)
class Observation:
    """What a stage saw, before it is written down.

    Attributes:
        stage: the stage that looked.
        name: which of the stage's records this is.
        kind: what sort of evidence it is.
        origin: the commit and run it belongs to.
        facts: what the evidence shows.
        evidence: the files it rests on.
        tool: the program that produced the evidence.
        validity: how long it may be relied on.
        waivers: the problems that were let through.
    """

    stage: str
    name: str
    kind: str
    origin: Origin
    facts: Facts
    evidence: tuple[EvidenceReference, ...] = ()
    tool: Tool | None = None
    validity: Validity | None = None
    waivers: tuple[Waiver, ...] = ()

    def write(self, now: datetime) -> Statement:
        """Return the control record of this observation; evidence that is out of date has failed."""
        outcome, reasons = self.facts.outcome, self.facts.reasons
        if self.validity is not None and (stale := staleness(self.validity, now)) is not None:
            outcome, reasons = Outcome.FAILED, (*reasons, stale)
        record = ControlRecord(
            stage=self.stage,
            name=self.name,
            kind=self.kind,
            outcome=outcome,
            created_at=format_time(now),
            origin=self.origin,
            counts=self.facts.counts,
            reasons=reasons,
            evidence=self.evidence,
            statements=self.facts.statements,
            tool=self.tool,
            validity=self.validity,
            waivers=self.waivers,
        )
        subject = subject_of_commit(self.origin.repository, self.origin.commit)
        return Statement((subject,), CONTROL_RECORD, record)


def staleness(validity: Validity, now: datetime) -> Reason | None:
    """Return why evidence of this validity cannot be relied on now, or None."""
    moment = format_time(now)
    if in_force(validity, moment):
        return None
    message = f"the evidence is valid from {validity.not_before} to {validity.not_after}, and it is {moment}"
    return Reason(rule="evidence-valid", message=message, remedy="produce the evidence again")


def validity_period(issued: str, until: str, lasting: str, now: datetime) -> Validity | None:
    """Return the period that a user stated, or None when nothing was stated.

    Args:
        issued: when the evidence was produced (a date or RFC 3339 time); now when empty.
        until: when it ends (a date counts to its last second), or empty.
        lasting: how long it lasts: `365d` or `12h`, or empty.
        now: the present moment.

    Raises:
        UsageError: when the text is no time or duration, both ends were stated, or the period is empty.
    """
    if until and lasting:
        raise UsageError("state either an end or a duration, not both", where="valid-until, valid-for")
    start = _moment(issued, "issued-at", "00:00:00") if issued else now
    if not until and not lasting:
        if issued:
            raise UsageError("issued-at needs valid-until or valid-for beside it", where="issued-at")
        return None
    end = _moment(until, "valid-until", "23:59:59") if until else _after(start, lasting)
    if end < start:
        raise UsageError("the validity ends before it begins", where="valid-until")
    return Validity(not_before=format_time(start), not_after=format_time(end))


def parse_tool(text: str) -> Tool | None:
    """Return the tool that `name version` names, or None for an empty text."""
    name, _, version = text.partition(" ")
    return Tool(name=name, version=version.strip() or None) if name else None


def test_result_statement(run: TestRun, origin: Origin, evidence: Sequence[EvidenceReference]) -> Statement:
    """Return the in-toto test-result (v0.1) of a test run, with at most a thousand names of each kind."""
    words = {Outcome.PASSED: "PASSED", Outcome.FAILED: "FAILED", Outcome.INCONCLUSIVE: "FAILED"}
    predicate: dict[str, Any] = {
        "result": words[run.outcome],
        "configuration": [
            {"name": file.name, "mediaType": file.media_type, "digest": {"sha256": file.digest.sha256}}
            for file in evidence
        ],
        "passedTests": list(run.passed[:_MOST_NAMES]),
        "failedTests": [*run.failed, *run.errors][:_MOST_NAMES],
    }
    return Statement((subject_of_commit(origin.repository, origin.commit),), TEST_RESULT, predicate)


def _after(start: datetime, lasting: str) -> datetime:
    try:
        return start + _duration(lasting)
    except OverflowError as cause:
        raise UsageError("the validity ends after the year 9999", where="valid-for") from cause


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is not a duration such as 365d or 12h", where="valid-for")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _moment(text: str, where: str, time_of_day: str) -> datetime:
    """Return a moment from an RFC 3339 time or a date in UTC."""
    whole = text if "T" in text else f"{text}T{time_of_day}Z"
    try:
        moment = datetime.fromisoformat(whole)
    except ValueError as cause:
        raise UsageError(f"{text!r} is neither a date nor an RFC 3339 time", where=where) from cause
    if moment.tzinfo is None:
        raise UsageError(f"{text!r} has no time zone", where=where)
    try:
        return moment.astimezone(UTC)
    except OverflowError as cause:
        raise UsageError(f"{text!r} is outside the years 1 to 9999 in UTC", where=where) from cause
