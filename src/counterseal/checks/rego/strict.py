"""What the embedded engine reads otherwise than OPA without a sign, as far as tokens show it: refused.

It compares everything but two numbers by how it is written (`[10] < [9]`, `null > 5`), keeps escapes in
texts as they are written, takes a name outside the place of its declaration for undefined, and gives values
to what `with` and `=` leave open. A binary of OPA has none of this; for it these checks are not made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from counterseal.checks.rego.names import uses
from counterseal.checks.rego.operands import left_of, right_of
from counterseal.checks.rego.patterns import is_call, require_pattern
from counterseal.checks.rego.scopes import Declared, Scopes, declarations
from counterseal.checks.rego.syntax import Module, Rule, known_names
from counterseal.checks.rego.tokens import KEYWORDS, Token
from counterseal.checks.rego.verdict import Unusable

_NUMERIC: Final = frozenset(
    {
        "abs", "bits.and", "bits.lsh", "bits.negate", "bits.or", "bits.rsh", "bits.xor", "count",
        "round", "strings.count", "time.add_date", "units.parse",
        "units.parse_bytes",
    }
)  # fmt: skip
"""Functions that give a number, or an error."""

_ALWAYS: Final = ("input.now.ns",)
"""What is a number in every document of the gate."""


def require_strict(modules: Iterable[Module]) -> None:
    """Check modules for the embedded engine.

    Raises:
        Unusable: naming module, line, and what to write instead.
    """
    modules = tuple(modules)
    for module in modules:
        known = known_names(module, modules)
        for rule in module.rules:
            _require_rule(rule, module.name, known)


def _require_rule(rule: Rule, module: str, known: frozenset[str]) -> None:
    scopes = Scopes(rule)
    declared = tuple(declarations(rule, scopes))
    for at, token in enumerate(rule.tokens):
        where = f"{module}:{token.line}"
        _require_token(rule.tokens, at, where)
        _require_text(rule.tokens, at, where)
        require_pattern(rule.tokens, at, where)
        if token.is_sign("<", ">", "<=", ">="):
            for operand in (left_of(rule.tokens, at), right_of(rule.tokens, at)):
                _require_number(operand, scopes, where)
        if token.text == "_" and at in scopes.negated and rule.tokens[at - 1].is_sign("["):
            raise Unusable("a wildcard cannot be negated", where, "negate a rule that has it")
    _require_every(scopes, module)
    _require_declared(rule, scopes, declared, known, module)


def _require_every(scopes: Scopes, module: str) -> None:
    """Refuse `not` and comprehensions inside `every`, which then always holds."""
    for at, token in enumerate(scopes.tokens):
        inside = any(one in scopes.every for one in scopes.of[at])
        if inside and (at in scopes.bars or token.is_name("not")):
            message = "a negation or comprehension inside `every` is passed over by this engine"
            raise Unusable(message, f"{module}:{token.line}", "put it into a function")


def _require_token(tokens: tuple[Token, ...], at: int, where: str) -> None:
    """Refuse `=`, `with`, and brackets and dots that stand apart from what they belong to."""
    token, before = tokens[at], tokens[at - 1] if at else None
    if token.is_sign("="):
        raise Unusable("`=` is read differently by engines", where, "write `:=` or `==`")
    if token.is_name("with"):
        raise Unusable("`with` is read differently by engines", where, "write a function with an argument")
    if before is None or not token.is_sign("(", "[", ".") or not (before.is_operand() or before.is_sign(".")):
        return
    apart = before.end != token.begin
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if apart or (token.text == "." and after is not None and after.begin != token.end):
        raise Unusable(f"`{token.text}` stands apart from what is before or after it", where)


def _require_text(tokens: tuple[Token, ...], at: int, where: str) -> None:
    """Refuse texts of more than plain characters; a pattern between backquotes may have backslashes."""
    token = tokens[at]
    if token.kind not in ("text", "raw"):
        return
    inside = token.text[1:-1]
    if token.kind == "raw" and _is_pattern(tokens, at):
        inside = inside.replace("\\", "")
    if any(one in '"\\' or not one.isprintable() for one in inside):
        remedy = "write a pattern between backquotes, in the call itself; use ' in a message"
        raise Unusable("a text has a quotation mark, a backslash or a control character", where, remedy)


def _is_pattern(tokens: tuple[Token, ...], at: int) -> bool:
    """Tell whether a text is given to a function for patterns."""
    opens = next((one for one in range(at - 1, -1, -1) if tokens[one].depth < tokens[at].depth), 0)
    return is_call(tokens, opens)


def _require_number(operand: tuple[Token, ...], scopes: Scopes, where: str) -> None:
    if not _is_number(operand, scopes):
        written = _written(operand)
        message = f"{written} may be something else than a number, and engines order that differently"
        raise Unusable(message, where, f"write `is_number({written})` before it, in the same body")


def _is_number(operand: tuple[Token, ...], scopes: Scopes) -> bool:
    """Tell whether an operand is a number wherever it is evaluated at all."""
    if not operand:
        return False
    top = [one for one in operand if one.depth == operand[0].depth]
    if any(one.is_sign("+", "*", "/", "%") for one in top) or operand[0].is_sign("-"):
        return True  # of anything else than numbers it is an error
    if minus := [at for at, one in enumerate(operand) if one.is_sign("-") and one.depth == operand[0].depth]:
        parts = (operand[: minus[-1]], operand[minus[-1] + 1 :])
        return any(_is_number(one, scopes) for one in parts)
    if len(operand) == 1 and operand[0].kind == "number":
        return True
    written = _written(operand)
    called, _, rest = written.partition("(")
    single = rest.endswith(")") and sum(one.is_sign("(") for one in top) == 1
    return written in _ALWAYS or (called in _NUMERIC and single) or _is_shown(operand, written, scopes)


def _is_shown(operand: tuple[Token, ...], written: str, scopes: Scopes) -> bool:
    """Tell whether a body around an operand says that it is a number."""
    tokens = scopes.tokens
    use = next(at for at, one in enumerate(tokens) if one is operand[0])
    for at, one in enumerate(tokens):
        if not scopes.of[at] or not scopes.reaches(Declared(written, at, scopes.of[at], once=False), use):
            continue
        begins = one.first or tokens[at - 1].is_sign("{", ";", "|")
        if not begins or one.kind != "name":
            continue
        said = tokens[at : scopes.ends(at)]
        if _written(said) == f"is_number({written})" and not _follows(tokens, at + len(said), "|", ","):
            return True
        if len(said) > 2 and one.text == written and said[1].is_sign(":="):  # noqa: PLR2004
            return _is_number(said[2:], scopes)
    return False


def _follows(tokens: tuple[Token, ...], at: int, *signs: str) -> bool:
    return at < len(tokens) and tokens[at].is_sign(*signs)


def _written(tokens: tuple[Token, ...]) -> str:
    return "".join(f" {one.text} " if one.text in KEYWORDS else one.text for one in tokens).strip()


def _require_declared(
    rule: Rule, scopes: Scopes, declared: tuple[Declared, ...], known: frozenset[str], module: str
) -> None:
    """Refuse a name where no declaration reaches, above the one that does, and one declared twice."""
    seen: dict[tuple[str, object], int] = {}
    for one in declared:
        if one.once and one.scope and seen.setdefault((one.name, one.scope), one.at) != one.at:
            raise Unusable(f"{one.name} is declared twice", f"{module}:{rule.tokens[one.at].line}")
    places = {one.at for one in declared}
    for use in uses(rule, known):
        if use in places:
            continue
        name, where = rule.tokens[use].text, f"{module}:{rule.tokens[use].line}"
        reach = [one for one in declared if one.name == name and scopes.reaches(one, use)]
        if not reach:
            remedy = "correct it, or declare it in this body; what `not` is about declares nothing"
            raise Unusable(f"nobody declares {name} where it is used", where, remedy)
        nearest = max(reach, key=lambda one: (len(one.scope), one.once))
        if nearest.once and use < nearest.at and not scopes.is_head(nearest, use):
            raise Unusable(f"{name} is used above where it is declared", where)
