"""The changes of a release: what the commits since the previous one say about themselves.

Everything here is text that whoever commits has chosen. It is kept because a reader wants to see it, and
marked as text because it proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from counterseal.clients.git import Commit, GitRepository
from counterseal.manifest.release import Change, ChangeSet, Person, SignatureState

MAX_COMMITS = 5000
"""The most commits that one release lists; more cannot be read by a person and are reported as incomplete."""

_TICKET = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,8}\b")
_CO_AUTHOR = re.compile(r"^co-authored-by:[ \t]*(.+)$", re.IGNORECASE | re.MULTILINE)


def changes_since(repository: GitRepository, commit: str, previous: str | None) -> ChangeSet:
    """Return the changes between the previous release's commit and this one, and whether that is all of them.

    Args:
        repository: where both commits should be.
        commit: the commit that is released.
        previous: the commit of the previous release of the stream, None for the first.
    """
    if previous is None:
        first = repository.commits(commit, limit=1)
        note = "the first release of this stream: its history before this commit is not listed"
        return ChangeSet(complete=True, commits=_describe(first), note=note)
    if not repository.contains(previous, commit):
        reason = (
            "the history here is shallow" if repository.is_shallow() else "it is not an ancestor of this one"
        )
        return ChangeSet(complete=False, note=f"the previous release {previous} cannot be reached: {reason}")
    commits = repository.commits(commit, since=previous, limit=MAX_COMMITS + 1)
    if len(commits) > MAX_COMMITS:
        return ChangeSet(complete=False, note=f"more than {MAX_COMMITS} commits since the previous release")
    return ChangeSet(complete=True, commits=_describe(commits))


def describe(commit: Commit) -> Change:
    """Return what a commit says about itself."""
    title, _, _ = commit.message.strip().partition("\n")
    return Change(
        commit=commit.id,
        title=_clip(title),
        authors=_people([commit.author]),
        committers=_people([commit.committer]),
        co_authors=_people(_CO_AUTHOR.findall(commit.message)),
        tickets=tuple(dict.fromkeys(_TICKET.findall(title))),
        signature=SignatureState(state="unchecked" if commit.signed else "unsigned"),
    )


def _describe(commits: Sequence[Commit]) -> tuple[Change, ...]:
    return tuple(describe(commit) for commit in commits)


def _people(lines: Sequence[str]) -> tuple[Person, ...]:
    return tuple(Person(text=_clip(line.strip())) for line in dict.fromkeys(lines) if line.strip())


def _clip(text: str) -> str:
    return text[:1000]
