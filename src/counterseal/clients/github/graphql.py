"""Queries of the GraphQL interface, and its connections to the end or not at all.

A query is a constant of `queries`; whatever varies is a variable.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

import msgspec

from counterseal.clients.github.failures import Absent, Forbidden, Missing, incomplete
from counterseal.clients.github.pages import check
from counterseal.clients.github.reading import read
from counterseal.clients.github.session import Session
from counterseal.errors import Inconclusive
from counterseal.host.text import one_line

T = TypeVar("T")
MOST = 10_000
"""How many items one connection may have."""

_FORBIDDEN = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES", "SAML_FAILURE"})


class PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Whether a connection goes on, and from where."""

    has_next_page: bool
    end_cursor: str | None = None


class Connection(msgspec.Struct, Generic[T], frozen=True, rename="camel"):
    """One page of a connection."""

    total_count: int
    nodes: list[T]
    page_info: PageInfo


class _Error(msgspec.Struct, frozen=True):
    message: str
    type: str | None = None
    path: list[str | int] | None = None


def ask(session: Session, query: str, shape: type[T], **variables: object) -> T:
    """Send a query and return its data as the structure that it must be.

    Raises:
        Absent: something below a repository that the forge shows is not there.
        Missing: something is not there, or hidden.
        Forbidden: the token may not see it.
        Inconclusive: any other error; also one that comes beside data.
    """
    body = session.ask(query, variables).body
    if not isinstance(body, dict):
        raise Inconclusive("the forge's answer is not what its description says", where="GraphQL")
    if errors := body.get("errors"):
        raise _failure(read(errors, list[_Error], "GraphQL"), body.get("data"))
    return read(body.get("data"), shape, "GraphQL")


def walk(
    first: Connection[T],
    more: Callable[[str], Connection[T]],
    *,
    topic: str,
    key: Callable[[T], Hashable],
) -> tuple[T, ...]:
    """Return all nodes of a connection.

    Args:
        first: its first page.
        more: returns the page after a cursor.
        topic: what is listed, for the error.
        key: what tells nodes apart.

    Raises:
        Inconclusive: its total changes, a cursor does not move on, a page is empty, something stands twice,
            or the nodes are not as many as announced.
    """
    nodes, page, cursors = list(first.nodes), first, set[str]()
    if first.total_count > MOST:
        raise incomplete(topic, f"there are more than {MOST}")
    while page.page_info.has_next_page:
        cursor = page.page_info.end_cursor
        if cursor is None or cursor in cursors or not page.nodes or len(nodes) > first.total_count:
            raise incomplete(topic, "the next page is not further on")
        cursors.add(cursor)
        page = more(cursor)
        if page.total_count != first.total_count:
            raise incomplete(topic, "its total changed while it was read")
        nodes += page.nodes
    check(nodes, key, topic=topic, total=first.total_count)
    return tuple(nodes)


def _failure(errors: list[_Error], data: object) -> Inconclusive:
    """Return the error for the errors of an answer; the gravest kind counts."""
    kinds = {error.type for error in errors}
    said = one_line("; ".join(error.message for error in errors), limit=300)
    if kinds & _FORBIDDEN:
        return Forbidden(f"not permitted to this token ({said})", where="GraphQL")
    if kinds != {"NOT_FOUND"}:
        return Inconclusive(f"the forge does not answer the query ({said})", where="GraphQL")
    seen = isinstance(data, Mapping) and data.get("repository") is not None
    kind = Absent if seen and all(len(error.path or ()) > 1 for error in errors) else Missing
    return kind(f"not there, or hidden from this token ({said})", where="GraphQL")
