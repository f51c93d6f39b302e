"""Merges inside a change: what a merge commit adds of its own was written by whoever merged, and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from counterseal.policy.branch import Branch
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding, failed, inconclusive, noted
from counterseal.policy.forge import ForgeCommit
from counterseal.policy.rules.context import Context, MergeTree

ID: Final = "update-merges"
TITLE: Final = "Merges inside the change"
WHY: Final = "A merge in the web interface is signed by the forge, whatever somebody wrote into it by hand."
REMEDY: Final = "rebase instead, or merge locally and sign the merge"
SECTION: Final = None

_FETCH = "let the repository be checked out with its history (fetch-depth: 0) and the pull request's commits"
_TWO = 2


def judge(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:
    """Judge the merge commits of a change by what git makes of the same merge without anybody's help.

    Args:
        change: the change.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    if context.kind == "merge-group":
        return
    rules = policy.signatures
    relied_on = rules is not None and rules.web_flow == "merges"
    for commit in change.commits:
        if len(commit.parents) > 1:
            yield from _merge(commit, mechanical(commit, context), relied_on=relied_on)


def merged_by_forge(commit: ForgeCommit) -> bool:
    """Tell whether the forge itself made a merge, by its own signature; its name alone proves nothing."""
    state = commit.verification
    return state is not None and state.verified and state.by_forge and len(commit.parents) == _TWO


def mechanical(commit: ForgeCommit, context: Context) -> bool | None:
    """Tell whether a merge is what git makes of it by itself; None when nobody could find out."""
    found = _found(commit, context)
    if found is None or found.problem:
        return None
    return found.tree == commit.tree and not found.conflict


def _found(commit: ForgeCommit, context: Context) -> MergeTree | None:
    return next((one for one in context.merges if one.commit == commit.id), None)


def _merge(commit: ForgeCommit, same: bool | None, *, relied_on: bool) -> Iterator[Finding]:
    shown = commit.message.partition("\n")[0][:120]
    if same is None and relied_on and merged_by_forge(commit):
        message = f"whether this merge has edits of its own cannot be known here: {shown!r}"
        yield inconclusive(ID, message, subject=commit.id, remedy=_FETCH)
    elif same is None:
        message = f"whether this merge has edits of its own was not found out: {shown!r}"
        yield noted(ID, message, subject=commit.id)
    elif not same and merged_by_forge(commit):
        message = f"this merge was made in the web interface and has edits that nobody signed: {shown!r}"
        yield failed(ID, message, subject=commit.id, remedy=REMEDY)
    elif not same:
        message = f"this merge has edits of its own, to be reviewed as any other commit: {shown!r}"
        yield noted(ID, message, subject=commit.id)
