"""Where a name holds: the body or the comprehension that declares it (OPA, Policy Reference, "Grammar").

OPA refuses a name outside the place of its declaration. The embedded engine takes it for something that
never holds, so that the rule says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from counterseal.checks.rego.syntax import Rule
from counterseal.checks.rego.tokens import KEYWORDS, Token, closes, left_side, length

Scope = tuple[int, ...]
"""The brackets of bodies and comprehensions around a token, outermost first."""


@dataclass(frozen=True)
class Declared:
    """A name where it is declared.

    Attributes:
        name: the name.
        at: which token of the rule it is.
        scope: where it holds.
        once: whether it may be declared but once there, and be used only below.
    """

    name: str
    at: int
    scope: Scope
    once: bool


class Scopes:
    """The scopes of a rule.

    Attributes:
        tokens: the tokens of the rule.
        of: the scope of each token.
        bars: for each comprehension, the place of the bar in it.
        bodies: where the braces of the rule's own bodies are.
        negated: the places that a `not` is about.
        every: where the braces of the bodies of `every` are.
    """

    def __init__(self, rule: Rule) -> None:
        self.tokens = rule.tokens
        self.bars = dict(_bars(self.tokens))
        self.of = list(_scopes(self.tokens, self.bars))
        self.bodies = [at for at, one in enumerate(self.tokens) if not one.depth and self._begins_body(at)]
        self.negated = frozenset(self._negated())
        words = (at for at, one in enumerate(self.tokens) if one.is_name("every"))
        self.every = frozenset(place for at in words for place in [self.body_of(at)] if place is not None)

    def reaches(self, declared: Declared, use: int) -> bool:
        """Tell whether a declaration holds at a place; the head of a rule sees what its body declares."""
        scope = self.of[use]
        if scope[: len(declared.scope)] == declared.scope:
            return True
        body = next((one for one in self.bodies if one > use), None)
        return not (scope and scope[0] in self.bodies) and declared.scope == (body,)

    def is_head(self, declared: Declared, use: int) -> bool:
        """Tell whether a place is the head of what declares: of the rule, or of a comprehension."""
        if self.of[use][: len(declared.scope)] != declared.scope:
            return True
        return bool(declared.scope) and use < self.bars.get(declared.scope[-1], -1)

    def ends(self, at: int) -> int:
        """Return where the expression ends that a token is in: before a `;`, a bracket or a new line."""
        depth = self.tokens[at].depth
        for place in range(at + 1, len(self.tokens)):
            one = self.tokens[place]
            if one.depth < depth or (one.depth == depth and one.is_sign(";")):
                return place
            if one.depth == depth and one.first and not goes_on(self.tokens, place):
                return place
        return len(self.tokens)

    def body_of(self, at: int) -> int | None:
        """Return where the body of an `every` begins."""
        depth, seen = self.tokens[at].depth, False
        for place in range(at + 1, self.ends(at)):
            one = self.tokens[place]
            if one.depth == depth and one.is_sign("{") and seen and self.tokens[place - 1].is_operand():
                return place
            seen = seen or (one.depth == depth and one.is_name("in"))
        return None

    def _begins_body(self, at: int) -> bool:
        return self.tokens[at].is_sign("{") and at > 0 and self.tokens[at - 1].text in ("if", "else")

    def _negated(self) -> Iterator[int]:
        for at, one in enumerate(self.tokens):
            if one.is_name("not"):
                inside = range(at + 1, self.ends(at))
                yield from (place for place in inside if self.of[place] == self.of[at])


def goes_on(tokens: tuple[Token, ...], at: int) -> bool:
    """Tell whether a token that begins a line goes on with what the line before began."""
    before, one = tokens[at - 1], tokens[at]
    if not before.is_operand():
        return not before.is_sign(";")
    return one.kind == "sign" and one.text not in ("(", "[", "{", "-")


def declarations(rule: Rule, scopes: Scopes) -> Iterator[Declared]:
    """Yield what a rule declares: arguments, `some`, `every`, `:=`, places in brackets, what `walk` gives."""
    tokens = rule.tokens
    if rule.arguments:
        opens = length(rule.name)
        yield from _names(scopes, range(opens + 1, closes(tokens, opens)), ())
    for at, token in enumerate(tokens):
        if token.is_name("some", "every"):
            yield from _quantified(scopes, at)
        elif token.is_sign(":="):
            yield from _names(scopes, range(left_side(tokens, at), at), scopes.of[at], once=at > 1)
        elif token.is_name("walk") and at not in scopes.negated:
            yield from _names(scopes, _second_argument(tokens, at + 1), scopes.of[at])
        elif token.is_sign("[") and _finds(scopes, at):
            yield from _names(scopes, range(at + 1, at + 2), scopes.of[at])


def _second_argument(tokens: tuple[Token, ...], at: int) -> range:
    """Return where the arguments after the first stand in the parentheses that open at a place."""
    if at == len(tokens) or not tokens[at].is_sign("("):
        return range(0)
    ends, inside = closes(tokens, at), tokens[at].depth + 1
    commas = (one for one in range(at, ends) if tokens[one].is_sign(",") and tokens[one].depth == inside)
    return range(next(commas, ends), ends)


def _finds(scopes: Scopes, at: int) -> bool:
    """Tell whether a bracket gives the name in it every place of what is before it."""
    tokens = scopes.tokens
    alone = at + 2 < len(tokens) and tokens[at + 2].is_sign("]")
    return alone and at > 0 and tokens[at - 1].is_operand() and at not in scopes.negated


def _quantified(scopes: Scopes, at: int) -> Iterator[Declared]:
    """Yield what `some ... in` and `every` declare; `some x` alone gives x no value."""
    tokens, depth = scopes.tokens, scopes.tokens[at].depth
    ends = scopes.ends(at)
    inside = next(
        (one for one in range(at, ends) if tokens[one].text == "in" and tokens[one].depth == depth), None
    )
    if inside is None:
        return
    if tokens[at].text == "some":
        yield from _names(scopes, range(at + 1, inside), scopes.of[at], once=True)
        return
    if (body := scopes.body_of(at)) is not None:
        yield from _names(scopes, range(at + 1, inside), (*scopes.of[at], body))


def _names(scopes: Scopes, places: range, scope: Scope, *, once: bool = False) -> Iterator[Declared]:
    """Yield the names among some tokens that stand for themselves: no members, no keys."""
    tokens = scopes.tokens
    for at in places:
        one, after = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else None
        if one.kind != "name" or one.text in KEYWORDS or (at and tokens[at - 1].is_sign(".")):
            continue
        if after is not None and after.is_sign(".", "[", "(", ":"):
            continue
        yield Declared(one.text, at, scope, once and one.text != "_")


def _bars(tokens: tuple[Token, ...]) -> Iterator[tuple[int, int]]:
    for at, one in enumerate(tokens):
        if one.is_sign("[", "{"):
            for inside in range(at + 1, len(tokens)):
                if tokens[inside].depth <= one.depth:
                    break
                if tokens[inside].is_sign("|") and tokens[inside].depth == one.depth + 1:
                    yield at, inside
                    break


def _scopes(tokens: tuple[Token, ...], bars: dict[int, int]) -> Iterator[Scope]:
    open_: list[int | None] = []
    for at, one in enumerate(tokens):
        if one.is_sign(")", "]", "}"):
            open_.pop()
        yield tuple(place for place in open_ if place is not None)
        if one.is_sign("(", "[", "{"):
            before = tokens[at - 1] if at else None
            body = one.text == "{" and before and (before.is_operand() or before.text in ("if", "else"))
            open_.append(at if body or at in bars else None)
