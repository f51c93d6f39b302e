"""Text that is safe to print on a terminal or in a workflow log.

Whatever a stranger can choose (a file name, a branch, a test's message) may hold terminal escapes, characters
that reorder a line, or a workflow command. The runner reads both stdout and stderr and takes a line for a
command when, trimmed, it starts with `::`, or when `##[` occurs anywhere in it (actions/runner,
`ActionCommand.TryParseV2` and `TryParse`). Nothing that passes through here can do any of that.
"""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Controls, formatting (bidi, zero width), surrogates, private use, unassigned, line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_OLD_COMMAND = "##["
_COMMAND = "::"


def visible(text: str) -> str:
    """Return `text` with every character that cannot be seen, or that breaks a line, written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(char) if unicodedata.category(char) in _INVISIBLE else char for char in text)


def one_line(text: str, *, limit: int | None = None) -> str:
    """Return `text` as one line that a terminal shows as it is and the runner never takes for a command.

    Args:
        text: any text, hostile or not.
        limit: the greatest length of the answer in characters; what is cut off is marked with `…`.
    """
    line = visible(text).replace(_OLD_COMMAND, "##\\[")
    if line.strip().startswith(_COMMAND):
        line = "\\" + line.lstrip()
    if limit is not None and len(line) > limit:
        line = line[: limit - 1] + "…"
    return line


def json_line(value: Mapping[str, object]) -> str:
    """Return `value` as one line of ASCII JSON; escapes of JSON itself keep it from being a command."""
    line = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(", ", ": "))
    return line.replace(_OLD_COMMAND, "##\\u005b")


def has_control(text: str) -> bool:
    """Return whether `text` holds a control character or a line separator, which no single-line value may."""
    return any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in text)


def _escape(char: str) -> str:
    """Return the escape of one character, in the notation of a Python string."""
    point = ord(char)
    if point <= 0xFF:  # noqa: PLR2004 - what fits in two hexadecimal digits
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"  # noqa: PLR2004 - and in four
