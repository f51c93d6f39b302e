"""What a negation needs is asked before it, as OPA does, in the modules that the embedded engine gets.

For OPA `not x.y in z` is undefined where `x.y` is: it takes what an operator or a call is given out of the
negation. The embedded engine takes the whole for false, so that `not` holds. Where something is missing, a
rule that lets through on a negation would hold there, and not in OPA.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from counterseal.checks.rego.scopes import Scopes, declarations
from counterseal.checks.rego.syntax import Module, Rule
from counterseal.checks.rego.tokens import VALUES, Token
from counterseal.checks.rego.verdict import Unusable

_COMPARES: Final = ("==", "!=", "<", ">", "<=", ">=")
_LOOKED_UP: Final = "what is looked up in a negation has to be there"
_REMEDY: Final = "look it up before"
_BRACKETED: Final = 3  # tokens of `[name]`


def asked_before(source: str, module: Module) -> str:
    """Return a module in which the operands of every negation are asked on the line before it; lines stay.

    Args:
        source: the module.
        module: what was read of it.

    Raises:
        Unusable: a negation is of a form that cannot be read without doubt.
    """
    added: list[tuple[int, str]] = []
    for rule in module.rules:
        scopes = Scopes(rule)
        for at, token in enumerate(rule.tokens):
            if token.is_name("not") and not rule.tokens[at - 1].is_sign("."):
                added += _insertions(source, rule, scopes, at, f"{module.name}:{token.line}")
    for place, text in sorted(added, reverse=True):
        source = source[:place] + text + source[place:]
    return source


def _insertions(source: str, rule: Rule, scopes: Scopes, at: int, where: str) -> list[tuple[int, str]]:
    """Return what to insert for a negation, and at which positions."""
    tokens, ends = rule.tokens, scopes.ends(at)
    _require_local(rule, scopes, range(at + 1, ends), where)
    wanted = [one for one in _operands(tokens[at + 1 : ends], where) if not _is_constant(one)]
    if not wanted:
        return []
    begin = tokens[at].begin
    texts = (source[one[0].begin : one[-1].end] for one in wanted)
    asked = "".join(f"counterseal_{begin}_{number} := {text}; " for number, text in enumerate(texts))
    before = tokens[at - 1]
    if tokens[at].depth and (tokens[at].first or before.is_sign("{", ";", "|")):
        return [(begin, asked)]
    if before.text == "if" and not any(one.text == "else" for one in tokens[at:ends]):
        return [(begin, f"{{ {asked}"), (tokens[ends - 1].end, " }")]
    raise Unusable("this negation cannot be read without doubt", where, "write the body in braces")


def _require_local(rule: Rule, scopes: Scopes, places: range, where: str) -> None:
    """Refuse `list[name]` in a negation where the name is of a rule, which OPA asks before it."""
    local = {one.name for one in declarations(rule, scopes)}
    for at in places[:-1]:
        name = rule.tokens[at + 1]
        opens = rule.tokens[at].is_sign("[") and rule.tokens[at - 1].is_operand()
        if opens and name.kind == "name" and name.text not in local and _closes_after(rule.tokens, at + 1):
            raise Unusable(_LOOKED_UP, where, _REMEDY)


def _closes_after(tokens: tuple[Token, ...], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1].is_sign("]")


def _operands(negated: tuple[Token, ...], where: str) -> Iterator[tuple[Token, ...]]:
    """Yield what is asked before a negation.

    Raises:
        Unusable: it is neither a name, a call, nor a comparison.
    """
    depth = negated[0].depth if negated else 0
    operators = [
        at
        for at, one in enumerate(negated)
        if one.depth == depth and (one.is_sign(*_COMPARES) or one.is_name("in"))
    ]
    if len(operators) == 1:
        (at,) = operators
        sides = [*_parts(negated[:at]), *_parts(negated[at + 1 :])]
        alike = negated[at].text == "=="
        if alike and any(_is_looked_up(one) or one[0].is_sign("(") for one in sides):
            raise Unusable(_LOOKED_UP, where, _REMEDY)
        yield from (one for one in sides if not (alike and _is_plain(one)))
    elif _is_call(negated):
        opens = next(at for at, one in enumerate(negated) if one.is_sign("("))
        yield from _parts(negated[opens + 1 : -1])
    elif operators or not _is_plain(negated):
        message = "what is negated is neither a name, a call, nor one comparison"
        raise Unusable(message, where, "write it as a rule of its own, and negate that")


def _parts(tokens: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    """Yield what commas part."""
    begin = 0
    for at, one in enumerate(tokens):
        if one.is_sign(",") and one.depth == tokens[0].depth:
            yield tokens[begin:at]
            begin = at + 1
    if tokens[begin:]:
        yield tokens[begin:]


def _is_constant(tokens: tuple[Token, ...]) -> bool:
    return len(tokens) == 1 and (tokens[0].kind != "name" or tokens[0].text in VALUES)


def _is_plain(tokens: tuple[Token, ...]) -> bool:
    """Tell whether tokens are a constant, or a name with members that are constants or names."""
    if _is_constant(tokens):
        return True
    if not tokens or tokens[0].kind != "name":
        return False
    at = 1
    while at < len(tokens):
        inside = tokens[at : at + _BRACKETED]
        if inside[0].is_sign(".") and len(inside) > 1 and inside[1].kind == "name":
            at += 2
        elif inside[0].is_sign("[") and len(inside) == _BRACKETED and inside[2].is_sign("]"):
            at += _BRACKETED
        else:
            return False
    return True


def _is_looked_up(tokens: tuple[Token, ...]) -> bool:
    """Tell whether tokens take a member by what is more than a constant or a name: OPA asks only for that."""
    subscripts = (
        one.is_sign("[") and one.depth == tokens[0].depth and before.is_operand()
        for before, one in itertools.pairwise(tokens)
    )
    return not _is_plain(tokens) and any(subscripts)


def _is_call(tokens: tuple[Token, ...]) -> bool:
    """Tell whether tokens are one call and nothing else."""
    opens = next((at for at, one in enumerate(tokens) if one.is_sign("(")), 0)
    if not opens or not _is_plain(tokens[:opens]) or not tokens[-1].is_sign(")"):
        return False
    return all(one.depth > tokens[opens].depth for one in tokens[opens + 1 : -1])
