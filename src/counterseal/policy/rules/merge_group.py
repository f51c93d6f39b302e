"""Merge groups: what the forge made of several pull requests is those pull requests, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from counterseal.host.text import one_line
from counterseal.policy.branch import Branch
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding, failed, inconclusive, noted
from counterseal.policy.forge import ForgeCommit
from counterseal.policy.rules.context import Context
from counterseal.policy.rules.gaps import unknown

ID: Final = "merge-group"
TITLE: Final = "Merge group"
WHY: Final = "A commit or an edit that belongs to none of the pull requests would go in with all of them."
REMEDY: Final = "take the pull requests out of the queue and queue them again"
SECTION: Final = None

_FETCH = "let the repository be checked out with its history and the heads of the pull requests"


def judge(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:  # noqa: ARG001
    """Judge the commits that the forge made for a merge group, and the tree that they come to.

    Args:
        change: the group's own commits; those of its pull requests are covered.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    if context.kind != "merge-group":
        return
    yield from unknown(ID, change, context, "commits")
    strangers = [commit for commit in change.commits if not _by_forge(commit)]
    for commit in strangers:
        shown = commit.message.partition("\n")[0][:120]
        message = f"{shown!r} belongs to no pull request of the group, and the forge has not signed it"
        yield failed(ID, message, subject=commit.id, remedy=REMEDY)
    if not change.commits and not context.covered:
        yield inconclusive(ID, "no commit of the group is known", subject=change.head)
    yield from _tree(change, context, certain=not strangers)


def _tree(change: ChangeFacts, context: Context, *, certain: bool) -> Iterator[Finding]:
    """Judge the tree; where git cannot make the merges here, the forge's signature on each has to do."""
    found = next((one for one in context.merges if one.commit == change.head), None)
    tip = next((commit for commit in change.commits if commit.id == change.head), None)
    if found is None or found.problem or tip is None:
        why = one_line(found.problem, limit=300) if found and found.problem else "nobody has merged them here"
        message = f"whether the group is no more than its pull requests was not recomputed: {why}"
        if certain and tip is not None:
            yield noted(ID, message, subject=change.head)
        else:
            yield inconclusive(ID, message, subject=change.head, remedy=_FETCH)
    elif found.conflict or found.tree != tip.tree:
        message = (
            f"the group has the tree {tip.tree}, and its pull requests make {found.tree or 'a conflict'}"
        )
        yield failed(ID, message, subject=change.head, remedy=REMEDY)


def _by_forge(commit: ForgeCommit) -> bool:
    state = commit.verification
    return state is not None and state.verified and state.by_forge
