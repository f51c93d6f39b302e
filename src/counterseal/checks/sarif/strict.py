"""Whether a large JSON document means one thing only: no name twice in an object, nothing left open.

The decoder that reads SARIF keeps the last of two members with one name; another reader may keep the first,
and see other results. One pass over the tokens finds such names without building the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, TypeAlias

Buffer: TypeAlias = "bytes | memoryview"

_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?|[\[\]{}]', re.DOTALL)
_MOST_LEVELS: Final = 200


def repeated_name(data: Buffer) -> str | None:
    """Return a name that occurs twice in one object, or None.

    Args:
        data: a JSON document whose syntax has been checked.

    Raises:
        ValueError: it is nested too deeply.
    """
    levels: list[set[bytes]] = []
    for token in _tokens(data):
        if token in (b"{", b"["):
            levels.append(set())
            if len(levels) > _MOST_LEVELS:
                raise ValueError(f"nested deeper than {_MOST_LEVELS} levels")
        elif token in (b"}", b"]"):
            levels.pop()
        elif token[-1:] == b":":
            name = token[:-1].rstrip()
            if b"\\" in name:
                name = json.dumps(json.loads(name), ensure_ascii=False).encode("utf-8", "surrogatepass")
            if name in levels[-1]:
                return name[1:-1].decode("utf-8", "replace")
            levels[-1].add(name)
    return None


def _tokens(data: Buffer) -> Iterator[bytes]:
    return (match.group() for match in _TOKEN.finditer(data))
