"""The case of the policy gate: everything that its verdict was made from, and the verdict.

It is kept as evidence, and can be judged again from that alone: by the policy of then, or by the one of
today.
"""

from __future__ import annotations

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.canonical import encode, parse
from counterseal.manifest.record import Reason
from counterseal.manifest.types import Name, Outcome, Sha256, Text
from counterseal.policy.fact import Fact
from counterseal.policy.finding import Finding
from counterseal.policy.gate.document import Document
from counterseal.policy.problem import Problem

LIMIT = 64 * 1024 * 1024


class Said(Fact, frozen=True, kw_only=True):
    """A finding of what was observed, as the case keeps it.

    Attributes:
        outcome: what it came to.
        reason: why.
    """

    outcome: Outcome
    reason: Reason


class Rules(Fact, frozen=True, kw_only=True):
    """What a release was judged by, as it stood at the trusted ref.

    Attributes:
        where: where the policy was read.
        policy: its text.
        waivers: the text of the file of waivers; null where the policy names none.
        people: the text of the identity map; null where the policy names none.
        files: modules and data of rules in Rego, by their paths.
    """

    where: Text
    policy: str
    waivers: str | None = None
    people: str | None = None
    files: dict[str, str] = msgspec.field(default_factory=dict)


class Blocked(Fact, frozen=True, kw_only=True):
    """A problem that blocked, or that a waiver let through.

    Attributes:
        kind: what sort of problem it is.
        rule: the id of the rule that it breaks.
        subject: where it is.
        fingerprint: what tells it from every other problem.
        message: what it is.
    """

    kind: Name
    rule: Name
    subject: Name
    fingerprint: Sha256
    message: Text


class Verdict(Fact, frozen=True, kw_only=True):
    """What a case comes to.

    Attributes:
        outcome: the outcome.
        blocking: the problems that block.
        waived: the problems that a waiver let through.
        undetermined: what could not be determined, and demands that no problem speaks of.
        engine: the engine of the rules in Rego and its version; null where there are none.
    """

    outcome: Outcome
    blocking: tuple[Blocked, ...] = ()
    waived: tuple[Blocked, ...] = ()
    undetermined: tuple[Said, ...] = ()
    engine: Name | None = None


class Case(Fact, frozen=True, kw_only=True):
    """A case.

    Attributes:
        version: the version of this format.
        document: the document that was judged.
        observed: problems that detectors found in what is shipped or kept.
        said: what else was observed.
        rules: what it was judged by.
        verdict: what it came to; null before it is judged.
    """

    version: int = 1
    document: Document
    observed: tuple[Problem, ...] = ()
    said: tuple[Said, ...] = ()
    rules: Rules
    verdict: Verdict | None = None


def encode_case(case: Case) -> bytes:
    """Return the canonical bytes of a case (RFC 8785)."""
    return encode(msgspec.to_builtins(case), where="case")


def read_case(data: bytes, where: str) -> Case:
    """Read a case.

    Raises:
        MalformedError: it is none.
        RuleBroken: it is not strict JSON.
    """
    try:
        return msgspec.convert(parse(data, where=where, limit=LIMIT), Case)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"is no case: {cause}"[:300], where=where) from cause


def said(finding: Finding) -> Said:
    """Return a finding as a case keeps it."""
    return Said(outcome=finding.outcome, reason=finding.reason)


def differing(then: Verdict, again: Verdict) -> tuple[str, ...]:
    """Return the parts in which two verdicts differ; the version of an engine is not one of them."""
    names = ("outcome", "blocking", "waived", "undetermined")
    return tuple(name for name in names if getattr(then, name) != getattr(again, name))
