"""JSON text for engines, so that no two of them read another document.

One engine keeps escapes in a text as they are written: it takes a quotation mark in a file's name for two
characters, and counts and matches accordingly. So texts with quotation marks, backslashes or control
characters are not given to it at all. The gate's own document has none (`counterseal.policy.gate.view`);
data that the policy names may.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from counterseal.checks.rego.verdict import Unusable
from counterseal.manifest.canonical import MAX_INTEGER

_ESCAPED: Final = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')


def json_text(document: Any, where: str) -> str:
    """Return a document as JSON text that every engine reads alike.

    Args:
        document: plain values.
        where: what it is, for the error.

    Raises:
        Unusable: it holds a text that would have to be escaped, or a number that is not exact everywhere.
    """
    for path, value in _leaves(document, where):
        if isinstance(value, str) and _ESCAPED.search(value):
            message = "a text has a quotation mark, backslash or control character: engines read differently"
            raise Unusable(message, path)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _most(path):
            raise Unusable(f"{value} is larger than what every engine keeps exactly", path)
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _most(path: str) -> int:
    """Return the largest number of a member: nanoseconds are more than what floats keep exactly."""
    return 2**62 if path.endswith(("-ns", ".ns")) else MAX_INTEGER


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield path, name
            yield from _leaves(one, f"{path}.{name}"[:300])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one, path)
    else:
        yield path, value
