"""Lists that are asked for page by page, with GitHub's limits and cursors."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from counterseal.sandbox.graphql.refusals import Refusal

LARGEST_PAGE = 100
_PREFIX = "cursor:v2:"

Node = dict[str, Any]
T = TypeVar("T")


def connection(
    name: str, load: Callable[[], Sequence[T]], make: Callable[[T], Node | None]
) -> Callable[..., Node]:
    """Return the resolver of a list.

    Args:
        name: the list's name, for errors.
        load: gives all items in their order.
        make: gives the node of an item; called for the items of the page alone.
    """

    def resolve(_info: object, first: int | None = None, after: str | None = None, **_more: object) -> Node:
        size = _size(name, first)
        items = load()
        start = 0 if after is None else _position(after)
        page = items[start : start + size]
        return {
            "totalCount": len(items),
            "nodes": lambda _info: [make(item) for item in page],
            "pageInfo": _page_info(start, len(page), len(items)),
        }

    return resolve


def cursor(position: int) -> str:
    """Return the cursor of an item.

    Args:
        position: the item's place, counted from 1.
    """
    return base64.b64encode(f"{_PREFIX}{position}".encode()).decode()


def _size(name: str, first: int | None) -> int:
    """Return how many items a page has.

    Raises:
        Refusal: the size is not stated, or is out of bounds.
    """
    if first is None:
        sentence = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise Refusal("MISSING_PAGINATION_BOUNDARIES", sentence)
    if first > LARGEST_PAGE:
        sentence = (
            f"Requesting {first} records on the `{name}` connection exceeds the `first` limit of 100 records."
        )
        raise Refusal("EXCESSIVE_PAGINATION", sentence)
    if first < 0:
        raise Refusal("ARGUMENT_ERROR", f"`first` on the `{name}` connection cannot be less than zero.")
    return first


def _position(after: str) -> int:
    """Return the place after which a page begins.

    Raises:
        Refusal: the cursor is none of ours.
    """
    try:
        text = base64.b64decode(after, validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith(_PREFIX) or not text.removeprefix(_PREFIX).isdecimal():
        raise Refusal("INVALID_CURSOR_ARGUMENTS", f"`{after}` does not appear to be a valid cursor.")
    return int(text.removeprefix(_PREFIX))


def _page_info(start: int, size: int, total: int) -> Node:
    """Return where a page lies in its list."""
    return {
        "startCursor": cursor(start + 1) if size else None,
        "endCursor": cursor(start + size) if size else None,
        "hasPreviousPage": start > 0,
        "hasNextPage": start + size < total,
    }
