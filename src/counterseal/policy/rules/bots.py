"""Exemptions of machines. They follow the forge's own records, never a name, an address or a message."""

from __future__ import annotations

from collections.abc import Collection

from counterseal.policy.change import ChangeFacts
from counterseal.policy.forge import ForgeCommit, Push
from counterseal.policy.rules.context import Context


def belongs_to(change: ChangeFacts, context: Context, bots: Collection[int]) -> bool | None:
    """Tell whether a branch is one of these machines': they alone have pushed to it since it was made.

    Args:
        change: the change.
        context: what was observed beside it.
        bots: the numbers of the accounts.

    Returns:
        None when the forge does not tell everybody who has pushed.
    """
    if not bots:
        return False
    if any(context.missing(change, "pushes")):
        return None
    own = _since_creation(change)
    if not all(push.actor and push.actor.bot and push.actor.id in bots for push in own):
        return False
    return True if own and own[-1].kind == "branch_creation" else None


def made_by(commit: ForgeCommit, bots: Collection[int]) -> bool:
    """Tell whether a commit is one of these machines' by a signature that holds: its own, or the forge's."""
    state, author, committer = commit.verification, commit.author.account, commit.committer.account
    if state is None or not state.verified or author is None or not author.bot or author.id not in bots:
        return False
    return state.by_forge or (committer is not None and committer.id == author.id)


def _since_creation(change: ChangeFacts) -> list[Push]:
    """Return the movements of the branch, newest first, back to where it was made last."""
    own: list[Push] = []
    for push in change.pushes:
        if push.ref == change.head_ref:
            own.append(push)
            if push.kind == "branch_creation":
                break
    return own
