"""History: protected branches and tags only grow, and a change is seen whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from counterseal.host.text import one_line
from counterseal.policy.branch import Branch
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding, failed, inconclusive, noted
from counterseal.policy.rules.context import Context
from counterseal.policy.rules.gaps import unknown

ID: Final = "history"
TITLE: Final = "History"
WHY: Final = (
    "What was approved, built and released must stay findable, and nothing may hide in what is not seen."
)
REMEDY: Final = "put the branch or tag back where it was, and protect it against force pushes and deletion"
SECTION: Final = None

_TAGS = "refs/tags/"


def judge(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:
    """Judge how a change moved its branch, and whether its commits are known.

    Args:
        change: the change.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    if context.kind == "merge-group":
        return
    if change.pull_request is None:
        yield from _movement(change, policy, context)
    if not change.deleted:
        yield from unknown(ID, change, context, "commits", "head")
        yield from _size(change, policy)
        yield from _pull_commits(change) if change.pull_request else _push_commits(change, context)


def _movement(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:
    shown = one_line(change.base_ref, limit=300)
    tag = change.base_ref.startswith(_TAGS)
    if change.deleted:
        yield from _if_protected(f"{shown} was deleted", change, context, tag=tag)
    elif not policy.force_push and tag and not change.created:
        yield failed(ID, f"the tag {shown} was moved", subject=change.base_ref, remedy=REMEDY)
    elif not policy.force_push and change.forced:
        yield from _if_protected(f"{shown} was rewritten by a forced push", change, context, tag=tag)


def _if_protected(message: str, change: ChangeFacts, context: Context, *, tag: bool) -> Iterator[Finding]:
    if tag or context.protected:
        yield failed(ID, message, subject=change.base_ref, remedy=REMEDY)
    elif context.protected is None:
        message += ", and whether it is protected is not known"
        yield inconclusive(ID, message, subject=change.base_ref, remedy=REMEDY)
    else:
        yield noted(ID, message, subject=change.base_ref)


def _size(change: ChangeFacts, policy: Branch) -> Iterator[Finding]:
    if len(change.commits) > policy.most_commits:
        message = f"the change has {len(change.commits)} commits; at most {policy.most_commits} are allowed"
        yield failed(ID, message, subject=change.head, remedy="split the change")


def _pull_commits(change: ChangeFacts) -> Iterator[Finding]:
    pull = change.pull_request
    if pull is None:
        return
    subject, known = f"#{pull.number}", len(change.commits)
    if pull.commit_count == 0 and not known:
        yield failed(ID, "the pull request has no commit, so there is nothing to judge", subject=subject)
    elif known < pull.commit_count:
        message = f"the pull request has {pull.commit_count} commits, and {known} of them are known"
        yield inconclusive(ID, message, subject=subject, remedy="run this again")
    elif change.head not in {commit.id for commit in change.commits}:
        message = "the newest commit is not among those that are known"
        yield inconclusive(ID, message, subject=change.head, remedy="run this again")


def _push_commits(change: ChangeFacts, context: Context) -> Iterator[Finding]:
    if change.commits or context.covered or change.created or change.forced:
        return
    if change.base_ref.startswith(_TAGS):
        return  # it may stand on a commit that was judged before
    message = "no commit is known of what was pushed, so nothing of it was judged"
    yield inconclusive(ID, message, subject=change.head, remedy="run this again")
