"""What a reader sees of a scan: the figures, every blocking problem, and what was let through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from counterseal.checks.scan import Judged
from counterseal.host.markdown import code, escape, table
from counterseal.policy.problem import Problem
from counterseal.policy.severity import Severity

MOST_SHOWN: Final = 50
"""How many problems the summary shows; the evidence has all."""


def headline(stage: str, judged: Judged) -> str:
    """Return one sentence on what was found."""
    counts = judged.gated.counts
    waived = f", {counts['waived']} let through by waivers" if counts["waived"] else ""
    return f"{stage}: {counts['problems']} problems, {counts['blocking']} of them block{waived}"


def summary(stage: str, judged: Judged, policy: str) -> str:
    """Return the page of a scan as Markdown in which all foreign text is escaped.

    Args:
        stage: the stage.
        judged: what it comes to.
        policy: where the policy was read.
    """
    parts = [f"## {escape(stage)}: {judged.outcome}", escape(headline(stage, judged))]
    if judged.gated.blocking:
        rows = map(_row, judged.gated.blocking[:MOST_SHOWN])
        parts.append(table(["severity", "rule", "where", "what", "what to do"], rows))
    left = len(judged.gated.blocking) - MOST_SHOWN
    if left > 0:
        parts.append(f"{left} more are in the evidence.")
    if judged.gated.waivers:
        rows_waived = ([code(one.id), escape(one.reason), one.expires_at] for one in judged.gated.waivers)
        parts.append("Let through:\n\n" + table(["problem", "waiver", "until"], rows_waived))
    parts += _remarks(judged)
    parts.append(f"Policy: {escape(policy)}")
    return "\n\n".join(parts) + "\n"


def _row(problem: Problem) -> list[str]:
    place = f"{problem.subject}:{problem.line}" if problem.line else problem.subject
    version = f" {problem.version}" if problem.version else ""
    severity = "not published" if problem.rating.severity is Severity.UNKNOWN else problem.rating.severity
    remedy = f"update to {', '.join(problem.fixed[:3])}" if problem.fixed else (problem.remedy or "")
    return [
        str(severity),
        code(problem.rule),
        code(f"{place}{version}"[:200]),
        escape(problem.message[:500]),
        escape(remedy[:300]),
    ]


def _remarks(judged: Judged) -> Iterator[str]:
    left = len(judged.remarks) - MOST_SHOWN
    if left > 0:
        yield f"{left} more remarks are in the record."
    for finding in judged.remarks[:MOST_SHOWN]:
        reason = finding.reason
        subject = f"{code(reason.subject[:200])} " if reason.subject else ""
        remedy = f" ({escape(reason.remedy[:300])})" if reason.remedy else ""
        yield f"{finding.outcome}: {subject}{escape(reason.message[:500])}{remedy}"
