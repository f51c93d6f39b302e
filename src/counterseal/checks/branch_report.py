"""What a reader sees of a branch policy run: one line a rule, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from counterseal.checks.branch_case import BranchCase, Judged
from counterseal.host.markdown import code, escape, table
from counterseal.host.text import one_line
from counterseal.manifest.types import Outcome
from counterseal.policy.finding import Finding
from counterseal.policy.rules import Verdict

MOST_SHOWN: Final = 3
"""How many findings of one rule are shown; the record has all."""

_WORDS = {Outcome.PASSED: "pass", Outcome.FAILED: "**fail**", Outcome.INCONCLUSIVE: "**inconclusive**"}


def headline(case: BranchCase, judged: Sequence[Judged], *, simulated: bool) -> str:
    """Return one sentence on what was judged.

    Args:
        case: the case.
        judged: what the rules say.
        simulated: whether it is only supposed.
    """
    names = ", ".join(one_line(one.subject.name, limit=100) for one in judged[:MOST_SHOWN])
    more = f" and {len(judged) - MOST_SHOWN} more" if len(judged) > MOST_SHOWN else ""
    what = f"{names}{more}" if judged else "no change"
    if case.failure:
        what = "the change could not be observed"
    return f"{'simulation: ' if simulated else ''}{what}, by the policy {_policy(case)}"


def summary(case: BranchCase, judged: Sequence[Judged], *, simulated: bool) -> str:
    """Return the table of every change as Markdown in which all foreign text is escaped.

    Args:
        case: the case.
        judged: what the rules say.
        simulated: whether it is only supposed.
    """
    parts = ["## Branch policy" + (" (simulation)" if simulated else "")]
    if case.failure:
        parts.append(f"**inconclusive**: {escape(case.failure.message)}")
    for one in judged:
        parts += [f"### {escape(one.subject.name)}", table(["rule", "outcome", "findings"], _rows(one))]
    parts.append(f"Policy: {escape(_policy(case))}")
    return "\n\n".join(parts) + "\n"


def _policy(case: BranchCase) -> str:
    digest = f" (sha256 {case.policy_digest[:12]})" if case.policy_digest else ""
    return f"{one_line(case.policy_where or 'of the facts', limit=200)}{digest}"


def _rows(judged: Judged) -> Iterator[list[str]]:
    for verdict in judged.verdicts:
        word = _WORDS[verdict.outcome] if verdict.stated else "not stated"
        yield [escape(verdict.rule.title), word, "<br>".join(_lines(verdict))]


def _lines(verdict: Verdict) -> Iterator[str]:
    for finding in verdict.findings[:MOST_SHOWN]:
        yield _line(finding)
    left = len(verdict.findings) - MOST_SHOWN
    if left > 0:
        yield f"and {left} more"


def _line(finding: Finding) -> str:
    reason = finding.reason
    subject = f"{code(reason.subject[:80])} " if reason.subject else ""
    remedy = f" — {escape(reason.remedy[:300])}" if reason.remedy else ""
    return f"{subject}{escape(reason.message[:500])}{remedy}"
