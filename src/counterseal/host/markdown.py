"""Untrusted text inside GitHub Markdown: shown as written, and nothing more.

A stranger's text must not become HTML, a link, an image, a mention, a reference to an issue, emphasis, or a
new row of a table (GitHub Flavored Markdown, sections 2.5 "Entity and numeric character references", 4.10
"Tables", 6.9 "Autolinks").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from counterseal.host.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# ASCII punctuation becomes a numeric reference, which Markdown never takes for syntax. A hyphen or a dot may
# stay where it can begin neither a list, a line nor a host name.
_PUNCTUATION = re.compile(r"[!-,/:-@\[-`{-~]|\.(?=\S)|(?<=\d)\.|-(?=-)|^[-.]")
# GitHub looks for mentions, references, addresses and emoji in what Markdown made of the text, in which a
# numeric reference is a character again. A zero-width space stops it.
_MEANINGFUL = re.compile(r"@(?=\w)|#(?=\w)|(?<=[gG][hH])-(?=\d)|:(?=//|[\w+-]+:)|(?<=www)\.", re.IGNORECASE)
_BREAK = "&#8203;"


def escape(text: str) -> str:
    """Return `text` as one line of Markdown that is shown exactly as it is, in a paragraph or a cell."""
    line = visible(text).strip()
    breaks = {match.end() for match in _MEANINGFUL.finditer(line)}
    escaped = {match.start() for match in _PUNCTUATION.finditer(line)}
    return "".join(
        (_BREAK if index in breaks else "") + (f"&#{ord(char)};" if index in escaped else char)
        for index, char in enumerate(line)
    )


def code(text: str) -> str:
    """Return `text` as one line in a fixed-width font: digests, paths, names."""
    return f"<code>{escape(text)}</code>"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table of cells that are already Markdown (use `escape` or `code` for each)."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
