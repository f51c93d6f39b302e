"""The operands of an operator that compares: it binds least, so one ends where anything else begins."""

from __future__ import annotations

from typing import Final

from counterseal.checks.rego.scopes import goes_on
from counterseal.checks.rego.tokens import KEYWORDS, VALUES, Token

_BOUNDS: Final = (";", ",", ":=", "=", "==", "!=", "<", ">", "<=", ">=", "|", ":")
_WORDS: Final = KEYWORDS - VALUES


def left_of(tokens: tuple[Token, ...], at: int) -> tuple[Token, ...]:
    """Return the operand left of an operator."""
    begin = at
    while begin > 0 and not _bounds(tokens[begin - 1], tokens[at].depth):
        begin -= 1
        if tokens[begin].depth == tokens[at].depth and tokens[begin].first and not goes_on(tokens, begin):
            break
    return tokens[begin:at]


def right_of(tokens: tuple[Token, ...], at: int) -> tuple[Token, ...]:
    """Return the operand right of an operator."""
    end = at + 1
    while end < len(tokens) and not _bounds(tokens[end], tokens[at].depth):
        if tokens[end].depth == tokens[at].depth and tokens[end].first and not goes_on(tokens, end):
            break
        end += 1
    return tokens[at + 1 : end]


def _bounds(token: Token, depth: int) -> bool:
    """Tell whether an operand cannot go on with a token."""
    if token.depth != depth:
        return token.depth < depth
    return token.is_sign(*_BOUNDS) or token.is_name(*_WORDS)
