"""Gaps: what could not be found out makes the rules that depend on it inconclusive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from counterseal.host.text import one_line
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding, inconclusive
from counterseal.policy.rules.context import Context

REMEDY: Final = "run this again, with a token that may see it"


def unknown(rule: str, change: ChangeFacts, context: Context, *topics: str) -> Iterator[Finding]:
    """Yield an inconclusive finding for every gap of some topics.

    Args:
        rule: the rule that depends on them.
        change: the change.
        context: what was observed beside it.
        topics: the topics of the gaps that matter to the rule.
    """
    for gap in context.missing(change, *topics):
        message = f"{gap.topic}: {one_line(gap.message, limit=1000)}"
        yield inconclusive(rule, message, subject=gap.subject, remedy=REMEDY)
