"""Pages of a book of the store: what is entered, which page it is, and the page that it follows.

The name of an object is nobody's word: whoever can write into a store can copy a true page to another name.
So a page says itself where it belongs, in what is sealed.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.canonical import encode, parse
from counterseal.manifest.record import Digest
from counterseal.manifest.types import Name, Struct


class Page(Struct, frozen=True, kw_only=True):
    """One page.

    Attributes:
        book: the folder of the store that the page is in, such as `holds/<stream id>/<sequence>`.
        number: its number there, from 1.
        previous: the payload of the page before it, by its digest; absent on the first.
        says: the document that is entered.
    """

    book: Name
    number: Annotated[int, msgspec.Meta(ge=1, le=999_999)]
    previous: Digest | None = None
    says: dict[str, Any]


def encode_page(page: Page) -> bytes:
    """Return the canonical bytes of a page (RFC 8785)."""
    return encode(msgspec.to_builtins(page), where=page.book)


def read_page(data: bytes, where: str) -> Page:
    """Read a page.

    Raises:
        MalformedError: it is none.
        RuleBroken: it is not strict JSON.
    """
    try:
        return msgspec.convert(parse(data, where=where), Page)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"is no page of a book: {cause}"[:300], where=where) from cause
