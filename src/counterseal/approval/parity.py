"""Parity: our verdict beside that of a change advisory board, until the two have agreed for long enough."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from counterseal.approval.model import ChangeRecord, Decision, State
from counterseal.approval.record import outcome_of
from counterseal.manifest.types import Count, Name, Outcome, Struct, Text
from counterseal.policy.approval import Parity

Verdict = Literal["approved", "denied", "open"]

_BOARDS: dict[str, Verdict] = {
    "approved": "approved",
    "rejected": "denied",
    "cancelled": "denied",
    "pending": "open",
}
_WAITING = frozenset({"quorum-missing", "quorum-unreachable", "approval-lapsed"})
"""The rules that say no more than that our people have not decided."""


class Disagreement(Struct, frozen=True, kw_only=True):
    """A change about which we and the board do not say the same.

    Attributes:
        key: the board's change record; absent where there is none.
        ours: what we say.
        boards: what the board says.
        message: both, in one sentence.
    """

    ours: Verdict
    boards: Verdict
    message: Text
    key: Name | None = None


class Tally(Struct, frozen=True, kw_only=True):
    """How often we and the board agree.

    Attributes:
        compared: how many changes were compared.
        agreed: in how many both said the same.
        we_alone_approved: in how many the board did not approve what we did.
        board_alone_approved: in how many we did not approve what the board did.
        otherwise: in how many one denied and the other had not decided.
    """

    compared: Count = 0
    agreed: Count = 0
    we_alone_approved: Count = 0
    board_alone_approved: Count = 0
    otherwise: Count = 0


def compare(decision: Decision, record: ChangeRecord | None) -> Disagreement | None:
    """Return how our verdict differs from the board's; None when it does not.

    Our verdict is that of our people: what they would have said without any board.
    """
    ours, boards = _ours(decision), _BOARDS[record.verdict] if record else "open"
    if ours == boards:
        return None
    key = record.key if record else None
    return Disagreement(ours=ours, boards=boards, key=key, message=f"we say {ours}, the board says {boards}")


def tally(found: Iterable[Disagreement | None]) -> Tally:
    """Return how often we and the board agree.

    Args:
        found: what `compare` said, for each change.
    """
    listed = tuple(found)
    differing = [one for one in listed if one]
    ours = sum(one.ours == "approved" for one in differing)
    boards = sum(one.boards == "approved" for one in differing)
    return Tally(
        compared=len(listed),
        agreed=len(listed) - len(differing),
        we_alone_approved=ours,
        board_alone_approved=boards,
        otherwise=len(differing) - ours - boards,
    )


def settle(decision: Decision, record: ChangeRecord | None, parity: Parity | None) -> Outcome:
    """Return what may be acted on while we are compared with a board.

    Where the board's verdict decides, it takes the place of our people's approval and of nothing else: a
    denial, a changed binding, a freeze, a debt, a used approval and a gap stop a change as they always do.

    Args:
        decision: our decision, made under a class that needs a change record.
        record: the board's.
        parity: the policy's section; None where nothing is compared.
    """
    outcome = outcome_of(decision)
    if parity is None or parity.binding != "board" or outcome is not Outcome.FAILED:
        return outcome
    only_waiting = decision.state is State.PENDING and not (_rules(decision) - _WAITING)
    is_approved = record is not None and record.verdict == "approved"
    return Outcome.PASSED if only_waiting and is_approved else outcome


def _ours(decision: Decision) -> Verdict:
    rules = _rules(decision)
    if "denied" in rules:
        return "denied"
    rest = {rule for rule in rules if not rule.startswith("change-record-")}
    passed = bool(decision.stages) and all(stage.passed for stage in decision.stages)
    board_alone = decision.state in {State.PENDING, State.DENIED} and not rest
    if passed and (decision.lets_through or (decision.certain and board_alone)):
        return "approved"
    return "denied" if decision.state in {State.DENIED, State.REVOKED, State.EXPIRED} and rest else "open"


def _rules(decision: Decision) -> set[str]:
    """Return the rules that speak about the change; those about single events are left out."""
    return {reason.rule for reason in decision.reasons if not reason.rule.startswith("event-")}
