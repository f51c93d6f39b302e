r"""Patterns that both engines read alike: the one that comes along has another library for them than OPA.

It takes look-ahead and references back, which OPA refuses, and reads `\A`, `\pL`, `\Q` and `[]a]` as others
without a sign. So a pattern is written in the call, of characters, classes, groups and repetitions.
"""

from __future__ import annotations

from typing import Final

import re2

from counterseal.checks.rego.tokens import Token
from counterseal.checks.rego.verdict import Unusable

_TAKES_ONE: Final = frozenset({"match", "find_n", "split"})

_PLAIN: Final = re2.compile(
    r"(?:"
    r"\(\?:|[(|)^$.]"  # groups, alternatives, ends, any character
    r"|\\[dDwWsSbB]|\\[-\\^$.|?*+()\[\]{}/_]"  # classes, and characters that would be signs
    r"|\[\^?(?:[^\]\[\\^]|\\[-dwsDWS\\^$.|?*+()\[\]{}/_])+\]"  # sets of characters
    r"|(?:[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})"  # repetitions
    r"|[^\\\[\](){}|^$.*+?]"  # characters
    r")*"
)
_ESCAPE: Final = re2.compile(r"\\.")
_ASTRAY: Final = re2.compile(r"(?:^|[(|])[*+?{]|[*+?}][*+?{]")
"""A repetition of nothing, or of a repetition, where escapes and `(?:` are left out."""


def is_call(tokens: tuple[Token, ...], at: int) -> bool:
    """Tell whether a parenthesis opens the arguments of a function for patterns."""
    called = [one.text for one in tokens[max(at - 3, 0) : at - 1]] if at else []
    return tokens[at].is_sign("(") and called == ["regex", "."]


def require_pattern(tokens: tuple[Token, ...], at: int, where: str) -> None:
    """Refuse a call of a function for patterns whose pattern is not written there, or may be read otherwise.

    Args:
        tokens: the tokens of a rule.
        at: one of them; another than the opening parenthesis of such a call is nothing to look at.
        where: its place, for the error.

    Raises:
        Unusable: it is.
    """
    if not is_call(tokens, at) or tokens[at - 1].text not in _TAKES_ONE:
        return
    pattern, after = tokens[at + 1], tokens[at + 2]
    if pattern.kind not in ("text", "raw") or not after.is_sign(","):
        raise Unusable("a pattern has to be written in the call", where)
    inside = pattern.text[1:-1]
    bare = _ESCAPE.sub("x", inside).replace("(?:", "(")
    if not inside.isascii() or not _PLAIN.fullmatch(inside) or _ASTRAY.search(bare):
        message = "the pattern has signs that engines read differently"
        raise Unusable(message, where, "write it with characters, sets, groups and repetitions alone")
