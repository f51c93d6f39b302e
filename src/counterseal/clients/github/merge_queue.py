"""The branches of a merge queue, and how it merges.

The queue builds a branch for each pull request that it takes in, on top of the one before:
`gh-readonly-queue/<base>/pr-<number>-<commit it was built on>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from counterseal.clients.github import shapes_rest as rest
from counterseal.clients.github.pages import bodies, collect, length
from counterseal.clients.github.reading import read
from counterseal.clients.github.repo import Repo

_BRANCH = re.compile(
    r"refs/heads/gh-readonly-queue/(.+)/pr-([1-9][0-9]{0,9})-([0-9a-f]{40}(?:[0-9a-f]{24})?)"
)


@dataclass(frozen=True)
class Entry:
    """A branch of the queue.

    Attributes:
        base: the branch that is merged into.
        number: the pull request that it was built for.
        onto: the commit that it was built on.
    """

    base: str
    number: int
    onto: str


def entries(repo: Repo) -> dict[str, list[Entry]]:
    """Return the branches of all queues by their newest commit.

    Raises:
        Inconclusive: they cannot be seen.
    """
    path = repo.path("git", "matching-refs", "heads", "gh-readonly-queue") + "/"
    found: dict[str, list[Entry]] = {}
    for body in bodies(repo.session, path, length, topic="queue", size=None):
        for item in read(body, list[rest.Ref], f"GET {path}"):
            if match := _BRANCH.fullmatch(item.ref):
                entry = Entry(match[1], int(match[2]), match[3])
                found.setdefault(item.object.sha, []).append(entry)
    return found


def rebases(repo: Repo, base: str) -> bool:
    """Return whether the queue of a branch surely merges by rebasing.

    Raises:
        Inconclusive: the rules of the branch cannot be seen.
    """
    path = repo.path("rules", "branches", base)
    rules = collect(repo.session, path, rest.Rule, topic="rules", key=str)
    methods = {(rule.parameters or {}).get("merge_method") for rule in rules if rule.type == "merge_queue"}
    return methods == {"REBASE"}
