"""The verdict about a case: what the engine decided, with what a board's decision changes of it."""

from __future__ import annotations

from counterseal.approval.model import Case, State
from counterseal.approval.parity import compare, settle
from counterseal.approval.record import outcome_of
from counterseal.errors import ApprovalMissing, Inconclusive
from counterseal.manifest.record import Reason
from counterseal.manifest.types import Outcome

_CODES = {
    Outcome.PASSED: 0,
    Outcome.FAILED: ApprovalMissing.exit_code,
    Outcome.INCONCLUSIVE: Inconclusive.exit_code,
}
_DEFINITE = {State.DENIED, State.REVOKED}


def outcome(case: Case) -> Outcome:
    """Return what a case comes to; where the policy lets a board decide, with what the board says."""
    rules = case.policy.classes.get(case.request.change_class)
    if rules is None or not rules.change_record:
        return outcome_of(case.decision)
    return settle(case.decision, case.facts.change_record, case.policy.parity)


def exit_code(case: Case) -> int:
    """Return the exit code of a command that tells a case."""
    return _CODES[outcome(case)]


def lets_through(case: Case) -> bool:
    """Tell whether something may be deployed on the strength of a case."""
    return outcome(case) is Outcome.PASSED


def is_settled(case: Case) -> bool:
    """Tell whether people may be told of it: it is certain, or a no that no missing fact could change."""
    return case.decision.certain or case.decision.state in _DEFINITE


def word(case: Case) -> str:
    """Return the word for a case, as decisions on record are named by: a state, `board` or `unsure`."""
    if not is_settled(case):
        return "unsure"
    by_board = lets_through(case) and not case.decision.lets_through
    return "board" if by_board else str(case.decision.state)


def reasons(case: Case) -> tuple[Reason, ...]:
    """Return why a case comes to what it comes to, and how a board's verdict differs from ours."""
    found = compare(case.decision, case.facts.change_record) if case.policy.parity else None
    if found is None:
        return case.decision.reasons
    return (*case.decision.reasons, Reason(rule="parity", message=found.message, subject=found.key))
