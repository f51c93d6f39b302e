"""Untrusted text on a page: every character is seen, none reorders or covers others, and few become links."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from counterseal.host.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

MAX_CHARACTERS = 600
"""How much of one text a page shows; the rest is in the manifest."""

_MAX_MARKS = 2  # more combining marks on one letter are drawn over the lines around it
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~@+-]+)+/?")


def show(value: object) -> object:
    """Return a value as it may stand between two tags; what is markup already stays as it is.

    Text is escaped, kept from changing the direction of its surroundings, and cut when it is long. Characters
    that cannot be seen are written as their escapes and set apart, so that a name cannot pretend to have one.
    """
    from markupsafe import Markup

    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    head, rest = value[:MAX_CHARACTERS], value[MAX_CHARACTERS:]
    text = Markup("").join(_pieces(head))
    if not head.isascii():
        text = Markup("<bdi>{}</bdi>").format(text)
    note = Markup(' <span class="cut">[cut here: {:,} more characters in the manifest]</span>')
    return text + note.format(len(rest)) if rest else text


def link_target(url: str, repository: str) -> str | None:
    """Return `url` if it may become a link: a plain http(s) address of the repository or something in it."""
    base = repository.rstrip("/")
    if url.rstrip("/") != base and not url.startswith(base + "/"):
        return None
    if len(url) > MAX_CHARACTERS or not _PLAIN_URL.fullmatch(url):
        return None
    if {".", ".."}.intersection(urlsplit(url).path.split("/")):
        return None
    return url


def _pieces(text: str) -> Iterator[str]:
    """Yield the characters of a text, with those that would not be seen as they are set apart."""
    from markupsafe import Markup

    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char).startswith("M") else 0
        seen = char.encode("unicode_escape").decode() if marks > _MAX_MARKS else visible(char)
        yield char if seen == char else Markup('<span class="escape">{}</span>').format(seen)


def plain(text: str) -> Markup:
    """Return text for a place where no markup can stand, such as a page's title; otherwise like `show`."""
    from markupsafe import escape

    return escape(visible(text[:MAX_CHARACTERS]))
