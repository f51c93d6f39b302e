"""What a module of Rego calls and names, and whether anybody declares it.

The embedded engine takes a call of something that does not exist, and a name that nobody declares, for
*undefined*: the rule says nothing, and what it should have denied passes. So whatever a module names has to
be found before it runs. Where the reading is in doubt it counts a name as a call, and a module is rather
refused than believed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from counterseal.checks.rego.syntax import Module, Rule, count
from counterseal.checks.rego.tokens import KEYWORDS, Token, dotted, left_side, length, within
from counterseal.checks.rego.verdict import Unusable


@dataclass(frozen=True)
class Call:
    """A call.

    Attributes:
        name: the name that is called, with its dots.
        line: the line.
        arguments: how many arguments it gets.
    """

    name: str
    line: int
    arguments: int


def calls_of(rule: Rule, module: str) -> Iterator[Call]:
    """Yield what a rule calls.

    Raises:
        Unusable: it calls what an expression gives, or puts something else in the place of a function.
    """
    tokens = rule.tokens
    for at, token in enumerate(tokens):
        if not token.is_sign("(") or at == 0:
            continue
        before = tokens[at - 1]
        if (
            before.is_sign("]", ")", "}")
            and not before.first
            and not token.first
            and before.line == token.line
        ):
            raise Unusable("what an expression gives cannot be called", f"{module}:{token.line}")
        member = at > 1 and tokens[at - 2].is_sign(".")
        if before.kind != "name" or (before.text in KEYWORDS - {"contains"} and not member):
            continue
        name = _dotted_before(tokens, at)
        if name == "set":
            continue  # `set()` is how the empty set is written
        if not (rule.arguments and name == rule.name and at == length(rule.name)):
            _require_whole_walk(name, tokens, at, f"{module}:{token.line}")
            _require_no_wildcard(tokens, at, f"{module}:{token.line}")
            yield Call(name, before.line, count(tokens, at))
    for at, token in enumerate(tokens):
        stands_in = token.is_name("with") and at + 1 < len(tokens)
        if stands_in and tokens[at + 1].text not in ("input", "data"):
            message = "`with` may stand in for input and data, not for a function"
            raise Unusable(message, f"{module}:{token.line}")


def _require_whole_walk(name: str, tokens: tuple[Token, ...], at: int, where: str) -> None:
    """Refuse `x := walk(y)`: one engine gives every pair at once, the other one pair after the other."""
    if name == "walk" and count(tokens, at) < 2:  # noqa: PLR2004 - a value, and what it gives
        raise Unusable("walk needs a second argument", where, "write `walk(value, [path, inside])`")


def _require_no_wildcard(tokens: tuple[Token, ...], at: int, where: str) -> None:
    """Refuse `f(list[_])`, which the embedded engine does not take."""
    for before, one in itertools.pairwise(within(tokens, at)):
        if before.is_sign("[") and one.text == "_":
            remedy = "write `some one in list` before it, and give `one`"
            raise Unusable("a wildcard inside the arguments of a call is not read", where, remedy)


def uses(rule: Rule, known: frozenset[str]) -> Iterator[int]:
    """Yield where a rule uses a name that is not known: no member, and nothing that is called."""
    tokens = rule.tokens
    for at, token in enumerate(tokens):
        if token.kind != "name" or token.text in known or token.text in KEYWORDS:
            continue
        member = at > 0 and tokens[at - 1].is_sign(".")
        if not member and not _is_called(tokens, at):
            yield at


def unknown_names(rule: Rule, known: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Yield names that a rule uses and nobody declares, each with its line.

    Args:
        rule: the rule.
        known: what all rules of its module may name, see `known_names`.
    """
    for at in uses(rule, known | _declared(rule)):
        yield rule.tokens[at].text, rule.tokens[at].line


def data_paths(module: Module) -> Iterator[tuple[str, int]]:
    """Yield every path below `data` that a module imports or names, with its line, as far as it has dots."""
    for path in module.imports.values():
        if path.partition(".")[0] == "data":
            yield path, 1
    for rule in module.rules:
        for at, token in enumerate(rule.tokens):
            member = at > 0 and rule.tokens[at - 1].is_sign(".")
            if token.is_name("data") and not member:
                yield dotted(rule.tokens, at), token.line


def _dotted_before(tokens: tuple[Token, ...], at: int) -> str:
    """Return the name that ends before a token, with its dots."""
    words: list[str] = []
    at -= 1
    while at >= 0 and tokens[at].kind == "name":
        words.insert(0, tokens[at].text)
        if at == 0 or not tokens[at - 1].is_sign("."):
            break
        at -= 2
        if at < 0 or tokens[at].kind != "name":
            words.insert(0, "?")  # a member of something that is no name
    return ".".join(words)


def _is_called(tokens: tuple[Token, ...], at: int) -> bool:
    """Tell whether the name with dots that begins at a token is called."""
    end = at + length(dotted(tokens, at))
    return end < len(tokens) and tokens[end].is_sign("(")


def _declared(rule: Rule) -> set[str]:
    """Return the names that a rule declares: arguments, `some`, `every`, `:=`, `=`, places in brackets."""
    tokens, found = rule.tokens, set[str]()
    if rule.arguments:
        found |= _named(within(tokens, length(rule.name)))
    for at, token in enumerate(tokens):
        if token.is_name("some", "every"):
            found |= _until_in(tokens, at + 1)
        elif token.is_sign(":=", "="):
            found |= _named(tokens[left_side(tokens, at) : at])
            if token.text == "=" and at + 1 < len(tokens) and tokens[at + 1].kind == "name":
                found.add(tokens[at + 1].text)
        elif token.text == "walk" and at + 1 < len(tokens) and tokens[at + 1].is_sign("("):
            found |= _named(within(tokens, at + 1))  # its second argument is what it gives
        elif token.is_sign("[") and at and (tokens[at - 1].kind == "name" or tokens[at - 1].is_sign("]")):
            inside = tokens[at + 1 : at + 3]
            if len(inside) > 1 and inside[0].kind == "name" and inside[1].is_sign("]"):
                found.add(inside[0].text)
    return found


def _named(tokens: Iterable[Token]) -> set[str]:
    return {token.text for token in tokens if token.kind == "name"}


def _until_in(tokens: tuple[Token, ...], at: int) -> set[str]:
    """Return the names that `some` or `every` declares: up to `in`, or to the end of the line."""
    found, line = set[str](), tokens[at].line if at < len(tokens) else 0
    for token in tokens[at:]:
        if token.text == "in" or token.line != line or token.is_sign(";", "}"):
            break
        if token.kind == "name":
            found.add(token.text)
    return found
