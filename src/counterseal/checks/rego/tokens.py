"""The tokens of Rego, as the language's grammar has them (OPA, Policy Reference, "Grammar")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from counterseal.checks.rego.verdict import Unusable

VALUES: Final = frozenset({"false", "null", "true"})
"""The words that stand for a value."""

KEYWORDS: Final = VALUES | {
    "as", "contains", "default", "else", "every", "if", "import", "in", "not", "package", "some", "with",
}  # fmt: skip
"""The words that name nothing."""

_TOKEN: Final = re.compile(
    r"""
    (?P<space>[ \t\r\f\v]+) | (?P<line>\n) | (?P<comment>\#[^\n]*)
    | (?P<text>\$?"(?:[^"\\\n]|\\.)*") | (?P<raw>\$?`[^`]*`)
    | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>:=|==|!=|<=|>=|[-+*/%&|<>=(){}\[\],.:;])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A token.

    Attributes:
        kind: `text`, `raw`, `number`, `name` or `sign`.
        text: its text.
        line: its line, from 1.
        first: whether it is the first of its line.
        depth: how many brackets, braces and parentheses are open around it.
        begin: its position in the source.
    """

    kind: str
    text: str
    line: int
    first: bool
    depth: int
    begin: int

    @property
    def end(self) -> int:
        """The position after it."""
        return self.begin + len(self.text)

    def is_sign(self, *signs: str) -> bool:
        """Tell whether it is one of some signs."""
        return self.kind == "sign" and self.text in signs

    def is_name(self, *names: str) -> bool:
        """Tell whether it is one of some names or words."""
        return self.kind == "name" and self.text in names

    def is_operand(self) -> bool:
        """Tell whether it ends an operand: a name, a value, or a bracket that closes."""
        if self.kind == "name":
            return self.text not in KEYWORDS - VALUES
        return self.kind != "sign" or self.text in ")]}"


def tokens_of(source: str, module: str) -> list[Token]:
    """Return the tokens of a module, without space and comments.

    Args:
        source: the module.
        module: its name, for the error.

    Raises:
        Unusable: something is no token, or brackets do not match.
    """
    found: list[Token] = []
    at, line, depth, first = 0, 1, 0, True
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise Unusable(f"{source[at]!r} is no part of Rego", f"{module}:{line}")
        kind, text = str(match.lastgroup), match[0]
        at = match.end()
        if kind in ("space", "comment"):
            continue
        if kind == "line":
            line, first = line + 1, True
            continue
        if text.startswith("$"):
            raise Unusable("texts with expressions inside are not read", f"{module}:{line}", "use sprintf")
        closes = kind == "sign" and text in ")]}"
        depth -= closes
        if depth < 0:
            raise Unusable(f"{text!r} closes nothing", f"{module}:{line}")
        found.append(Token(kind, text, line, first, depth, at - len(text)))
        depth += kind == "sign" and text in "([{"
        line, first = line + text.count("\n"), False
    if depth:
        raise Unusable("a bracket is not closed", f"{module}:{line}")
    return found


def closes(tokens: Sequence[Token], at: int) -> int:
    """Return where a bracket is closed."""
    depth = tokens[at].depth
    return next((place for place in range(at + 1, len(tokens)) if tokens[place].depth == depth), len(tokens))


def within(tokens: Sequence[Token], at: int) -> Sequence[Token]:
    """Return what stands between a bracket and the one that closes it."""
    return tokens[at + 1 : closes(tokens, at)]


def left_side(tokens: Sequence[Token], at: int) -> int:
    """Return where the left side of an assignment begins: a name, or an array or object of names."""
    before = tokens[at - 1]
    if not before.is_sign("]", "}"):
        return at - 1
    opens = (place for place in range(at - 2, -1, -1) if tokens[place].depth == before.depth)
    return next((place for place in opens if tokens[place].is_sign("[", "{")), at)


def dotted(tokens: Sequence[Token], at: int = 0) -> str:
    """Return the name that begins at a token, with its dots."""
    words = []
    while at < len(tokens) and tokens[at].kind == "name":
        words.append(tokens[at].text)
        if at + 1 == len(tokens) or not tokens[at + 1].is_sign("."):
            break
        at += 2
    return ".".join(words)


def length(name: str) -> int:
    """Return how many tokens a name with dots has."""
    return 2 * name.count(".") + 1
