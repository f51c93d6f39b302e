"""Listings of the REST interface, to the end or not at all ("Using pagination in the REST API")."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from requests.utils import parse_header_links

from counterseal.clients.github.failures import incomplete
from counterseal.clients.github.reading import read
from counterseal.clients.github.session import Answer, Session

T = TypeVar("T")
PAGE = 100
"""How many items are asked for at a time: the most that the forge gives."""

MOST = 100
"""How many pages one listing may have."""


def bodies(
    session: Session,
    path: str,
    count: Callable[[object], int],
    *,
    topic: str,
    query: Mapping[str, object] | None = None,
    size: int | None = PAGE,
) -> Iterator[object]:
    """Yield the answer of each page.

    Args:
        session: where to ask.
        path: the path of the listing.
        count: tells how many items an answer has.
        topic: what is listed, for the error.
        query: further parameters.
        size: how many items are asked for at a time; None where that cannot be said.

    Raises:
        Inconclusive: a page that was announced is empty, the next one is not further on, there are too many,
            or one cannot be had.
    """
    answer = session.get(path, {**(query or {}), **({"per_page": size} if size else {})})
    yield answer.body
    seen: set[str] = set()
    for _ in range(MOST):
        url = _next(answer)
        if url is None:
            return
        if url in seen or not _advances(url, len(seen) + 2):
            raise incomplete(topic, "the next page is not further on")
        seen.add(url)
        answer = session.follow(url)
        if count(answer.body) == 0:
            raise incomplete(topic, "a page that was announced is empty")
        yield answer.body
    raise incomplete(topic, f"it has more than {MOST} pages")


def collect(
    session: Session,
    path: str,
    item: type[T],
    *,
    topic: str,
    key: Callable[[T], Hashable],
    query: Mapping[str, object] | None = None,
    total: int | None = None,
) -> tuple[T, ...]:
    """Return all items of a listing that is a plain array.

    Args:
        session: where to ask.
        path: the path of the listing.
        item: the structure of an item.
        topic: what is listed, for the error.
        key: what tells items apart.
        query: further parameters.
        total: how many there have to be, where that is known.

    Raises:
        Inconclusive: it is not complete, or not what its description says.
    """
    pages = bodies(session, path, length, topic=topic, query=query)
    items = tuple(one for body in pages for one in read(body, list[item], f"GET {path}"))  # type: ignore[valid-type]
    check(items, key, topic=topic, total=total)
    return items


def check(items: Iterable[T], key: Callable[[T], Hashable], *, topic: str, total: int | None = None) -> None:
    """Refuse a listing in which something stands twice, or that has another number of items than announced.

    Raises:
        Inconclusive: it is refused.
    """
    keys = [key(item) for item in items]
    if len(set(keys)) != len(keys):
        raise incomplete(topic, "something stands in it twice, so it changed while it was read")
    if total is not None and total != len(keys):
        raise incomplete(topic, f"it has {len(keys)} of {total}")


def length(body: object) -> int:
    """Return how many items an answer has that is a plain array."""
    return len(body) if isinstance(body, list) else 0


def _next(answer: Answer) -> str | None:
    links = parse_header_links(answer.headers.get("link", ""))
    return next((link["url"] for link in links if link.get("rel") == "next"), None)


def _advances(url: str, page: int) -> bool:
    """Return whether an address is of the page expected; listings with cursors have no page numbers."""
    numbers = parse_qs(urlsplit(url).query).get("page")
    return numbers is None or numbers == [str(page)]
