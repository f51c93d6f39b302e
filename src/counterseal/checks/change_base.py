"""The code before a change: from which commit on everything is new."""

from __future__ import annotations

from counterseal.clients.git import GitRepository
from counterseal.clients.git_tree import CommitFiles
from counterseal.errors import Inconclusive
from counterseal.host.event import Event


def base_commit(event: Event | None, repository: GitRepository) -> str | None:
    """Return the commit that a change starts from; None where that is not known, and all of it is new.

    It is where the history of the checkout leaves that of the pull request's base, the commit that a merge
    group is built on, or the one on which a branch stood before a push.

    Args:
        event: the event; None outside a runner.
        repository: the checkout, with enough history to reach that commit.
    """
    if event is None:
        return None
    known = event.base if event.name != "push" else event.before
    if known is None:
        return None
    try:
        head, _ = repository.head()
        base = repository.merge_base(known, head)
    except Inconclusive:
        return None
    return base if base != head else None


def files_before(event: Event | None, repository: GitRepository) -> CommitFiles | None:
    """Return the files as they were before a change; None where that cannot be read."""
    base = base_commit(event, repository)
    if base is None:
        return None
    try:
        return CommitFiles(repository, base)
    except Inconclusive:
        return None
