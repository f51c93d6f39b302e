"""The pull requests in a merge group, and those that brought a commit in.

A group is walked down from its head, each step the part of one pull request. What a commit's message says is
not believed, and neither is the name of a branch alone: by merging, the head of the pull request must be a
parent; by squashing, its part is one commit; by rebasing, it has as many as the pull request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from counterseal.clients.github import connections, pulls, queries
from counterseal.clients.github import shapes_graphql as graphql
from counterseal.clients.github import shapes_rest as rest
from counterseal.clients.github.comparison import compare
from counterseal.clients.github.merge_queue import Entry, entries, rebases
from counterseal.clients.github.pages import collect
from counterseal.clients.github.repo import Repo
from counterseal.errors import Inconclusive
from counterseal.policy.pull_request import PullRequest

_Group = Mapping[str, tuple[str, ...]]
"""The commits of a group, each with its parents."""


@dataclass(frozen=True)
class _Step:
    """The part of a group that came from one pull request, or from several that share a commit."""

    numbers: tuple[int, ...]
    commits: frozenset[str]
    onto: str


def of_commit(repo: Repo, commit: str) -> tuple[int, ...]:
    """Return the merged pull requests that brought a commit in.

    Raises:
        Missing: there is no such commit, or it is hidden.
        Inconclusive: they cannot be proven to be all.
    """
    return tuple(item.number for item in _associated(repo, commit) if item.merged_at is not None)


def of_group(repo: Repo, base: str, head: str) -> tuple[int, ...]:
    """Return every pull request in a merge group, in the order in which they are merged.

    Args:
        repo: the repository.
        base: the commit that the group is built on.
        head: its newest commit.

    Raises:
        Inconclusive: a commit of the group belongs to none, or a pull request has moved on since.
    """
    way = compare(repo, base, head)
    if way.status != "ahead":
        raise Inconclusive("this is not a merge group: its head is not ahead of its base", where=head)
    group = {item.sha: tuple(parent.sha for parent in item.parents) for item in way.commits}
    branches = entries(repo)
    numbers: dict[int, None] = {}
    left, tip = set(group), head
    while tip in group:
        step = _step(repo, group, branches.get(tip, []), tip)
        numbers |= dict.fromkeys(step.numbers)
        left -= step.commits
        tip = step.onto
    if left:
        raise _stray(min(left))
    return tuple(reversed(numbers))


def _step(repo: Repo, group: _Group, claims: list[Entry], tip: str) -> _Step:
    """Return the part whose newest commit is `tip`.

    Where several branches claim it, all of their pull requests have to stand for it, and the walk goes on
    with the shortest part, so that none can swallow another.
    """
    steps = [_claimed(repo, group, claim, tip) for claim in claims]
    if steps:
        numbers = tuple(number for step in steps for number in step.numbers)
        shortest = min(steps, key=lambda step: len(step.commits))
        return _Step(numbers, shortest.commits, shortest.onto)
    if len(group[tip]) > 1:
        return _merged(group, tip, _heading(repo, group[tip][1]), group[tip][1])
    return _Step(tuple(_holding(repo, tip)), frozenset({tip}), _first_parent(group, tip))


def _claimed(repo: Repo, group: _Group, claim: Entry, tip: str) -> _Step:
    """Return the part that a branch of the queue claims for its pull request, if that can be so."""
    pull = pulls.pull_request(repo, claim.number)
    where = f"#{claim.number}"
    if pull.base_ref != claim.base or pull.state == "closed":
        raise Inconclusive(f"pull request {claim.number} is not, or no longer, for {claim.base}", where=where)
    if len(group[tip]) > 1:
        if pull.head not in group[tip][1:]:
            raise Inconclusive(f"pull request {claim.number} has moved on since it was queued", where=where)
        return _merged(group, tip, (claim.number,), pull.head)
    chain = _chain(group, tip, claim.onto)
    if len(chain) > 1 and not _rebased(repo, claim, pull, len(chain)):
        raise Inconclusive("it cannot be told which pull requests these commits are from", where=tip)
    return _Step((claim.number,), frozenset(chain), _first_parent(group, chain[-1]))


def _rebased(repo: Repo, claim: Entry, pull: PullRequest, count: int) -> bool:
    """Return whether so many commits are what rebasing a pull request gives."""
    return pull.commit_count == count and rebases(repo, claim.base)


def _merged(group: _Group, tip: str, numbers: tuple[int, ...], head: str) -> _Step:
    """Return the part of a merge commit: itself, and all that the head which it merged leads to."""
    return _Step(numbers, frozenset({tip, *_reachable(group, head)}), _first_parent(group, tip))


def _chain(group: _Group, tip: str, onto: str) -> list[str]:
    """Return the commits from a tip down to the one that it was built on, each with one parent."""
    chain = [tip]
    while (parent := _first_parent(group, chain[-1])) in group and parent != onto:
        if len(group[parent]) > 1:
            raise Inconclusive("it cannot be told which pull requests these commits are from", where=parent)
        chain.append(parent)
    return chain


def _first_parent(group: _Group, commit: str) -> str:
    return group[commit][0] if group[commit] else ""


def _reachable(group: _Group, start: str) -> set[str]:
    """Return the commits of the group that lead to one of them."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        commit = waiting.pop()
        if commit in group and commit not in found:
            found.add(commit)
            waiting += group[commit]
    return found


def _heading(repo: Repo, commit: str) -> tuple[int, ...]:
    """Return the pull requests whose head a commit is now."""
    numbers = [item.number for item in _associated(repo, commit) if item.state == "open"]
    found = tuple(number for number in numbers if pulls.pull_request(repo, number).head == commit)
    if not found:
        raise _stray(commit)
    return found


def _holding(repo: Repo, commit: str) -> list[int]:
    """Return the pull requests that have a commit in them now."""
    numbers = [item.number for item in _associated(repo, commit)]
    holding = [number for number in numbers if commit in _ids(repo, number)]
    if not holding:
        raise _stray(commit)
    return holding


def _stray(commit: str) -> Inconclusive:
    remedy = "if the merge queue has dropped this group meanwhile, nothing needs doing"
    return Inconclusive(
        "this commit of the merge group belongs to no pull request", where=commit, remedy=remedy
    )


def _associated(repo: Repo, commit: str) -> tuple[rest.PullOfCommit, ...]:
    path = repo.path("commits", commit, "pulls")
    return collect(repo.session, path, rest.PullOfCommit, topic="pull requests", key=lambda item: item.number)


def _ids(repo: Repo, number: int) -> set[str]:
    query, item = queries.PULL_COMMIT_IDS, graphql.PullCommitId
    found = connections.of_pull(repo, number, query, item, lambda one: one.commit.oid, topic="commits")
    return {one.commit.oid for one in found}
