"""Replaying: a decision is kept with all that it was made from, and can be made again from that alone."""

from __future__ import annotations

import msgspec

from counterseal.approval.decide import decide
from counterseal.approval.model import Case, Decision
from counterseal.errors import MalformedError
from counterseal.manifest.canonical import encode, parse
from counterseal.manifest.types import parse_time
from counterseal.policy.approval_check import check_approval


def encode_case(case: Case) -> bytes:
    """Return the canonical bytes of a case, which are kept as evidence.

    Raises:
        MalformedError: when it holds something that has no canonical form.
    """
    return encode(msgspec.to_builtins(case), where="case")


def read_case(data: bytes, where: str) -> Case:
    """Read a case.

    Args:
        data: the bytes.
        where: what they are, for the error.

    Raises:
        MalformedError: when they are no case, or its policy makes no sense.
        RuleBroken: when they are not strict JSON, or a time is none of the calendar.
    """
    try:
        case = msgspec.convert(parse(data, where=where), Case)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"is no case: {cause}"[:300], where=where) from cause
    for path, message in check_approval(case.policy):
        raise MalformedError(f"policy.{path}: {message}", where=where)
    for moment in (case.now, case.request.requested_at):
        parse_time(moment, where=where)
    return case


def replay(case: Case) -> Decision:
    """Return the decision, made again."""
    return decide(case.request, case.request_id, case.events, case.policy, case.duties, case.facts, case.now)


def differs(case: Case) -> tuple[str, ...]:
    """Return the fields in which the decision on record is not what the case comes to."""
    again = replay(case)
    return tuple(
        name for name in Decision.__struct_fields__ if getattr(case.decision, name) != getattr(again, name)
    )
