"""The changes of a release: what the commits since the previous one say about themselves.

Everything here is text that whoever commits has chosen. It is kept because a reader wants to see it, and
marked as text because it proves nothing. It is bounded, so that no commit can make a release's manifest
larger than what is accepted, and what was left out is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice

import msgspec

from counterseal.clients.git import Commit, GitRepository, History
from counterseal.manifest.release import Change, ChangeSet, Person, SignatureState
from counterseal.manifest.types import format_time

MAX_COMMITS = 5000
"""The most commits that one release lists; more cannot be read by a person and are reported as incomplete."""

MAX_NAMED = 50
"""The most co-authors, and the most tickets, that are listed of one commit."""

MAX_BYTES = 4 * 1024 * 1024
"""The most that the listed commits take as JSON; a manifest may have 16 MiB."""

_TICKET = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,8}\b")
_CO_AUTHOR = re.compile(r"^co-authored-by:[ \t]*(.+)$", re.IGNORECASE | re.MULTILINE)
_TEXT = 1000
_NAMED_IN_NOTE = 5


def changes_since(repository: GitRepository, commit: str, previous: str | None) -> ChangeSet:
    """Return the changes between the previous release's commit and this one, and whether that is all of them.

    Args:
        repository: where both commits should be.
        commit: the commit that is released.
        previous: the commit of the previous release of the stream, None for the first.
    """
    if previous is None:
        first = repository.history(commit, limit=1)
        return _listed(
            first, "the first release of this stream: its history before this commit is not listed"
        )
    if not repository.contains(previous, commit):
        reason = (
            "the history here is shallow" if repository.is_shallow() else "it is not an ancestor of this one"
        )
        return ChangeSet(complete=False, note=f"the previous release {previous} cannot be reached: {reason}")
    history = repository.history(commit, since=previous, limit=MAX_COMMITS)
    if history.more:
        return ChangeSet(complete=False, note=f"more than {MAX_COMMITS} commits since the previous release")
    return _listed(history, None)


def describe(commit: Commit) -> Change:
    """Return what a commit says about itself, as far as it is listed."""
    return Change(
        commit=commit.id,
        title=_clip(_title(commit)),
        authors=_people([commit.author]),
        committers=_people([commit.committer]),
        co_authors=_people(_co_authors(commit)),
        tickets=tuple(_tickets(commit)[:MAX_NAMED]),
        signature=SignatureState(state="unchecked" if commit.signed else "unsigned"),
        authored_at=_claimed(commit.authored_at),
        committed_at=_claimed(commit.claimed_at),
    )


def _claimed(seconds: int) -> str | None:
    """Return a moment that a commit claims; None where it claims none."""
    return format_time(datetime.fromtimestamp(seconds, UTC)) if seconds else None


def _listed(history: History, note: str | None) -> ChangeSet:
    changes = tuple(describe(commit) for commit in history.commits)
    fitting = _fitting(changes)
    gaps = [
        _gap("the history here is shallow or lacks commits", history.missing),
        _gap(f"more than {MAX_NAMED} people or tickets in one commit", _overlong(history.commits)),
        _gap("too much text to list every commit, from", [one.commit for one in changes[fitting:]]),
    ]
    notes = [part for part in (note, *gaps) if part]
    complete = not any(gaps)
    return ChangeSet(complete=complete, commits=changes[:fitting], note="; ".join(notes) or None)


def _fitting(changes: Sequence[Change]) -> int:
    """Return how many of the changes fit into what a release may list."""
    size = 0
    for count, change in enumerate(changes):
        size += len(msgspec.json.encode(change)) + 1
        if size > MAX_BYTES:
            return count
    return len(changes)


def _overlong(commits: Iterable[Commit]) -> list[str]:
    return [one.id for one in commits if max(len(_co_authors(one)), len(_tickets(one))) > MAX_NAMED]


def _gap(what: str, commits: Sequence[str]) -> str | None:
    """Return a line on what is not listed and where, or None when nothing is left out."""
    if not commits:
        return None
    more = f" and {len(commits) - _NAMED_IN_NOTE} more" if len(commits) > _NAMED_IN_NOTE else ""
    return f"{what}: {', '.join(islice(commits, _NAMED_IN_NOTE))}{more}"


def _title(commit: Commit) -> str:
    return commit.message.strip().partition("\n")[0]


def _co_authors(commit: Commit) -> list[str]:
    return list(dict.fromkeys(_CO_AUTHOR.findall(commit.message)))


def _tickets(commit: Commit) -> list[str]:
    return list(dict.fromkeys(_TICKET.findall(_title(commit))))


def _people(lines: Sequence[str]) -> tuple[Person, ...]:
    found = dict.fromkeys(_clip(line.strip()) for line in lines if line.strip())
    return tuple(Person(text=text) for text in islice(found, MAX_NAMED))


def _clip(text: str) -> str:
    return text[:_TEXT]
