"""The connections of pull requests and issues, whole."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from counterseal.clients.github import shapes_graphql as shapes
from counterseal.clients.github.graphql import Connection, walk
from counterseal.clients.github.repo import Repo

T = TypeVar("T")


def of_pull(
    repo: Repo,
    number: int,
    query: str,
    item: type[T],
    key: Callable[[T], Hashable],
    *,
    topic: str,
    first: Connection[T] | None = None,
) -> tuple[T, ...]:
    """Return all nodes of a connection of a pull request.

    Args:
        repo: the repository.
        number: the pull request's number.
        query: the query for one page.
        item: the structure of a node.
        key: what tells nodes apart.
        topic: what they are, for the error.
        first: the first page, where it is known already.

    Raises:
        Inconclusive: they cannot be proven to be all.
    """

    def more(cursor: str | None) -> Connection[T]:
        shape: type[shapes.PullPage[T]] = shapes.PullPage[item]  # type: ignore[valid-type]
        return repo.ask(query, shape, number=number, after=cursor).repository.pull_request.page

    return walk(first or more(None), more, topic=topic, key=key)


def of_issue(
    repo: Repo, number: int, query: str, item: type[T], key: Callable[[T], Hashable], *, topic: str
) -> tuple[T, ...]:
    """Return all nodes of a connection of an issue; see `of_pull`."""

    def more(cursor: str | None) -> Connection[T]:
        shape: type[shapes.IssuePage[T]] = shapes.IssuePage[item]  # type: ignore[valid-type]
        return repo.ask(query, shape, number=number, after=cursor).repository.issue.page

    return walk(more(None), more, topic=topic, key=key)
