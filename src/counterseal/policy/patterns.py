"""Patterns of a policy: regular expressions and path patterns, matched in time that grows with the text only.

The text is chosen by whoever makes a change, and the pattern by whoever writes the policy; neither may make
a gate hang. So patterns are those of RE2 (its wiki, "Syntax"), which knows no backtracking: look-ahead and
back references do not exist, and are refused when the policy is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from counterseal.errors import MalformedError

MOST_MEMORY: Final = 1 << 20
"""How much one compiled pattern may take, in bytes; one that needs more is refused when it is read."""

_GLOB = re.compile(r"\*\*/|/\*\*\Z|\*\*|\*|\?|[^*?]+")
_MEANING = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def problem_of(pattern: str) -> str | None:
    """Return why a pattern is none, or None for a good one."""
    try:
        _compiled(pattern)
    except MalformedError as error:
        return error.message
    return None


def problem_of_path(glob: str) -> str | None:
    """Return why a path pattern is none, or None for a good one."""
    return problem_of(_translated(glob))


def matches(pattern: str, text: str) -> bool:
    """Tell whether the whole text matches a pattern."""
    return _compiled(pattern).fullmatch(_plain(text)) is not None


def found_in(pattern: str, text: str) -> Iterator[str]:
    """Yield every part of a text that matches a pattern and has no letter or digit beside it."""
    plain = _plain(text)
    for match in _compiled(pattern).finditer(plain):
        before, after = plain[: match.start()][-1:], plain[match.end() :][:1]
        if match.group() and not before.isalnum() and not after.isalnum():
            yield match.group()


def path_matches(glob: str, path: str) -> bool:
    """Tell whether a path matches a path pattern: `*` and `?` stay in a folder, `**` does not.

    Capitals do not matter: on some machines two spellings are one file, so either one is protected.
    """
    return _compiled(_translated(glob)).fullmatch(_plain(path)) is not None


def any_path_matches(globs: Iterable[str], path: str) -> bool:
    """Tell whether a path matches one of several path patterns."""
    return any(path_matches(glob, path) for glob in globs)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as cause:
        why = cause.args[0] if cause.args else cause
        text = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise MalformedError(f"not a regular expression that RE2 knows: {text[:200]}") from cause


def _translated(glob: str) -> str:
    parts = (_MEANING.get(part) or _literally(part) for part in _GLOB.findall(glob))
    return f"(?is){''.join(parts)}"


def _literally(text: str) -> str:
    return "".join(char if char.isalnum() or char in "_/" else f"\\x{{{ord(char):x}}}" for char in text)


def _plain(text: str) -> str:
    """Return text that has an encoding; a lone surrogate becomes a character that no pattern means."""
    return text.encode("utf-8", "replace").decode("utf-8")
