"""Where a change comes from: this repository or another one, told by numbers, never by names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from counterseal.policy.branch import Branch
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding, failed, noted
from counterseal.policy.rules.context import Context

ID: Final = "origin"
TITLE: Final = "Where it comes from"
WHY: Final = "Another repository has its own owners, its own protection and its own record of who pushed."
REMEDY: Final = "push the branch to this repository, under an account that may"
SECTION: Final = None


def judge(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:  # noqa: ARG001
    """Judge whether a pull request may come from the repository that it comes from.

    Args:
        change: the change.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    pull = change.pull_request
    if pull is None or pull.head_repository_id == change.repository_id:
        return
    number = pull.head_repository_id
    where = f"repository {number}" if number else "a repository that is gone"
    message = f"pull request {pull.number} comes from {where}, a fork"
    if policy.forks:
        yield noted(ID, message, subject=f"#{pull.number}")
    else:
        yield failed(ID, message, subject=f"#{pull.number}", remedy=REMEDY)
