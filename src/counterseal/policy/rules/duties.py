"""Separation of duties over everybody who has touched the change so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from counterseal.policy.branch import Branch
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding
from counterseal.policy.rules.context import Context
from counterseal.policy.separation import RULE, judge_duties

ID: Final = RULE
TITLE: Final = "Separation of duties"
WHY: Final = "Nobody may make a change and let it through; who cannot be named may be anybody."
REMEDY: Final = "let somebody else do one of the two, or add them to the identity map"
SECTION: Final = None


def judge(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:  # noqa: ARG001
    """Judge whether everybody who touched a change is known, and kept apart as the policy states.

    Args:
        change: the change.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    if change.deleted or context.kind == "merge-group":
        return
    if change.pull_request is None and not change.commits and not any(context.missing(change, "commits")):
        return  # nothing was made here that is not judged elsewhere
    gaps = (*change.gaps, *context.gaps)
    yield from judge_duties(context.actors, context.identities, context.duties, gaps)
