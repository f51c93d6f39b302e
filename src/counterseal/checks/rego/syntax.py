"""What a module of Rego calls, defines and refers to, read from its tokens.

The embedded engine takes a call of something that does not exist, and a name that nobody declares, for
*undefined*: the rule says nothing, and what it should have denied passes. So whatever a module names has to
be found before it runs. Where the reading is in doubt it counts a name as a call, and a module is rather
refused than believed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from counterseal.checks.rego.tokens import Token, tokens_of
from counterseal.checks.rego.verdict import Unusable

KEYWORDS: Final = frozenset(
    {
        "as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package",
        "some", "true", "with",
    }
)  # fmt: skip
_GOES_ON: Final = frozenset(
    {
        ":=",
        "==",
        "!=",
        "<=",
        ">=",
        "-",
        "+",
        "*",
        "/",
        "%",
        "&",
        "|",
        "<",
        ">",
        "=",
        "(",
        "[",
        "{",
        ",",
        ".",
        ":",
    }
)
"""Signs after which a line goes on with what the line before began."""

_DECIDES: Final = frozenset({"deny", "warn"})


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


@dataclass(frozen=True)
class Rule:
    """The definition of a rule.

    Attributes:
        name: its name.
        line: its line.
        tokens: all of it.
        arguments: whether it is a function.
        adds: whether it adds an element to a set (`contains`).
    """

    name: str
    line: int
    tokens: tuple[Token, ...]
    arguments: bool
    adds: bool


@dataclass(frozen=True)
class Module:
    """A module.

    Attributes:
        name: its path.
        package: its package.
        imports: what each name that it imports stands for, such as `lib` for `data.acme.lib`.
        rules: its rules.
    """

    name: str
    package: str
    imports: dict[str, str]
    rules: tuple[Rule, ...]

    @property
    def functions(self) -> dict[str, int]:
        """The names of its functions, with the number of their arguments."""
        return {one.name: _count(one.tokens, _length(one.name)) for one in self.rules if one.arguments}

    def decisions(self) -> tuple[Rule, ...]:
        """Return its rules that add to `deny` or `warn`."""
        return tuple(one for one in self.rules if one.name in _DECIDES)


def read_module(source: str, name: str) -> Module:
    """Read a module.

    Raises:
        Unusable: it is not written in Rego v1, or in a way that cannot be read without doubt.
    """
    tokens = tokens_of(source, name)
    heads = _heads(tokens)
    if not heads or tokens[heads[0]].text != "package":
        raise Unusable("a module begins with its package", f"{name}:1")
    parts = [tuple(tokens[at:end]) for at, end in zip(heads, [*heads[1:], len(tokens)], strict=True)]
    package = _dotted(parts[0][1:])
    imports: dict[str, str] = {}
    modern = False
    for part in parts[1:]:
        if part[0].text == "import":
            path, alias = _import(part, name)
            modern = modern or path == "rego.v1"
            imports |= {} if path == "rego.v1" else {alias: path}
    if not modern:
        raise Unusable("it does not say `import rego.v1`", f"{name}:1", "add it under the package")
    rules = tuple(_rule(part, name) for part in parts[1:] if part[0].text != "import")
    return Module(name, package, imports, rules)


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
        if not (rule.arguments and name == rule.name and at == _length(rule.name)):
            _require_whole_walk(name, tokens, at, f"{module}:{token.line}")
            _require_no_wildcard(tokens, at, f"{module}:{token.line}")
            yield Call(name, before.line, _count(tokens, at))
    for at, token in enumerate(tokens):
        stands_in = token.text == "with" and token.kind == "name" and at + 1 < len(tokens)
        if stands_in and tokens[at + 1].text not in ("input", "data"):
            message = "`with` may stand in for input and data, not for a function"
            raise Unusable(message, f"{module}:{token.line}")


def _require_whole_walk(name: str, tokens: tuple[Token, ...], at: int, where: str) -> None:
    """Refuse `x := walk(y)`: one engine gives every pair at once, the other one pair after the other."""
    depth = tokens[at].depth
    inside = itertools.takewhile(lambda token: token.depth != depth, tokens[at + 1 :])
    if name == "walk" and not any(token.is_sign(",") and token.depth == depth + 1 for token in inside):
        raise Unusable("walk needs a second argument", where, "write `walk(value, [path, inside])`")


def _require_no_wildcard(tokens: tuple[Token, ...], at: int, where: str) -> None:
    """Refuse `f(list[_])`, which the embedded engine does not take."""
    for inside in range(at + 1, len(tokens)):
        if tokens[inside].depth == tokens[at].depth:
            return
        if tokens[inside].text == "_" and tokens[inside - 1].is_sign("["):
            remedy = "write `some one in list` before it, and give `one`"
            raise Unusable("a wildcard inside the arguments of a call is not read", where, remedy)


def unknown_names(rule: Rule, module: Module, others: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Yield names that a rule uses and nobody declares, each with its line.

    Args:
        rule: the rule.
        module: its module.
        others: the names of all rules of its package.
    """
    known = KEYWORDS | {"input", "data", "_"} | others | set(module.imports) | _declared(rule)
    for at, token in enumerate(rule.tokens):
        if token.kind != "name" or token.text in known:
            continue
        before = rule.tokens[at - 1] if at else None
        after = rule.tokens[at + 1] if at + 1 < len(rule.tokens) else None
        if before is not None and before.is_sign("."):
            continue  # a member
        if after is not None and (after.is_sign("(") or (after.is_sign(".") and _is_called(rule.tokens, at))):
            continue  # a call, which is looked at by itself
        yield token.text, token.line


def data_paths(module: Module) -> Iterator[tuple[str, int]]:
    """Yield every path below `data` that a module imports or names, with its line, as far as it has dots."""
    for path in module.imports.values():
        if path.partition(".")[0] == "data":
            yield path, 1
    for rule in module.rules:
        for at, token in enumerate(rule.tokens):
            member = at > 0 and rule.tokens[at - 1].is_sign(".")
            if token.kind == "name" and token.text == "data" and not member:
                yield _dotted(rule.tokens[at:]), token.line


def _heads(tokens: list[Token]) -> list[int]:
    """Return where each part of a module begins: package, import, rule."""
    heads = []
    for at, token in enumerate(tokens):
        if token.depth or not token.first or token.kind != "name":
            continue
        before = tokens[at - 1] if at else None
        if before is not None and (
            (before.kind == "sign" and before.text in _GOES_ON)
            or (before.kind == "name" and before.text in KEYWORDS - {"true", "false", "null"})
        ):
            continue
        if token.text in KEYWORDS - {"package", "import", "default"}:
            continue  # `else`, `if`, `in` and their like go on with what was begun
        heads.append(at)
    return heads


def _import(part: tuple[Token, ...], name: str) -> tuple[str, str]:
    """Return what an import names, and by which name."""
    if any(token.kind != "name" and not token.is_sign(".") for token in part[1:]):
        raise Unusable("an import is a name with dots", f"{name}:{part[0].line}")
    words = [token.text for token in part[1:] if token.kind == "name"]
    if "as" in words:
        at = words.index("as")
        path, alias = ".".join(words[:at]), words[-1]
    else:
        path, alias = ".".join(words), words[-1] if words else ""
    if path != "rego.v1" and not path.startswith(("data.", "input.")) and path not in ("data", "input"):
        if path.startswith("future.keywords"):
            return "rego.v1", ""
        raise Unusable(f"{path!r} cannot be imported", f"{name}:{part[0].line}")
    return path, alias


def _rule(part: tuple[Token, ...], module: str) -> Rule:
    """Return a rule.

    Raises:
        Unusable: it is written as before Rego v1.
    """
    at = 1 if part[0].text == "default" else 0
    where = f"{module}:{part[0].line}"
    length = _length(_dotted(part[at:]))
    name = _dotted(part[at:])
    after = part[at + length] if at + length < len(part) else None
    adds = after is not None and after.kind == "name" and after.text == "contains"
    words = {token.text for token in part if token.kind == "name" and token.depth == 0}
    if after is not None and after.is_sign("{"):
        raise Unusable(f"the body of {name} has no `if`", where, "write `if {`")
    if name in _DECIDES and not adds:
        message = f"`{name}` is a set of messages: `{name} contains message if {{ ... }}`"
        raise Unusable(message, where)
    arguments = after is not None and after.is_sign("(")
    body = any(one.is_sign("{") and one.depth == 0 and _is_body(part, at_) for at_, one in enumerate(part))
    if body and "if" not in words and "else" not in words:
        raise Unusable(f"the body of {name} has no `if`", where, "write `if {`")
    return Rule(name, part[0].line, part[at:], arguments, adds)


def _is_body(part: tuple[Token, ...], at: int) -> bool:
    """Tell whether a brace begins a body: it stands where an operator or an assignment would."""
    before = part[at - 1] if at else None
    return before is not None and (
        before.is_sign("]", ")")
        or before.kind in ("number", "text", "raw")
        or (before.kind == "name" and before.text not in KEYWORDS - {"true", "false", "null"})
    )


def _dotted(tokens: tuple[Token, ...]) -> str:
    """Return the name at the beginning of tokens, with its dots."""
    words = []
    for at, token in enumerate(tokens):
        if at % 2 == 0 and token.kind == "name":
            words.append(token.text)
        elif not (at % 2 == 1 and token.is_sign(".")):
            break
    return ".".join(words)


def _length(name: str) -> int:
    """Return how many tokens a name with dots has."""
    return 2 * name.count(".") + 1


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
    end = at + _length(_dotted(tokens[at:]))
    return end < len(tokens) and tokens[end].is_sign("(")


def _declared(rule: Rule) -> set[str]:
    """Return the names that a rule declares: arguments, `some`, `every`, `:=`, `=`, places in brackets."""
    tokens, found = rule.tokens, set[str]()
    if rule.arguments:
        found |= _inside(tokens, _length(rule.name))
    for at, token in enumerate(tokens):
        if token.kind == "name" and token.text in ("some", "every"):
            found |= _until_in(tokens, at + 1)
        elif token.is_sign(":=", "="):
            found |= _left_of(tokens, at)
            if token.text == "=" and at + 1 < len(tokens) and tokens[at + 1].kind == "name":
                found.add(tokens[at + 1].text)
        elif token.text == "walk" and at + 1 < len(tokens) and tokens[at + 1].is_sign("("):
            found |= _inside(tokens, at + 1)  # its second argument is what it gives
        elif token.is_sign("[") and at and (tokens[at - 1].kind == "name" or tokens[at - 1].is_sign("]")):
            inside = tokens[at + 1 : at + 3]
            if len(inside) > 1 and inside[0].kind == "name" and inside[1].is_sign("]"):
                found.add(inside[0].text)
    return found


def _inside(tokens: tuple[Token, ...], at: int) -> set[str]:
    """Return the names between a bracket and the one that closes it."""
    depth, found = tokens[at].depth, set[str]()
    for token in tokens[at + 1 :]:
        if token.depth == depth:
            break
        if token.kind == "name":
            found.add(token.text)
    return found


def _count(tokens: tuple[Token, ...], at: int) -> int:
    """Return how many arguments stand in the parentheses that open at a place."""
    depth = tokens[at].depth
    inside = list(itertools.takewhile(lambda token: token.depth != depth, tokens[at + 1 :]))
    commas = [at for at, token in enumerate(inside) if token.is_sign(",") and token.depth == depth + 1]
    last = bool(commas) and commas[-1] == len(inside) - 1  # a comma may end the list
    return len(commas) + (not last) if inside else 0


def _until_in(tokens: tuple[Token, ...], at: int) -> set[str]:
    """Return the names that `some` or `every` declares: up to `in`, or to the end of the line."""
    found, line = set[str](), tokens[at].line if at < len(tokens) else 0
    for token in tokens[at:]:
        if token.text == "in" or token.line != line or token.is_sign(";", "}"):
            break
        if token.kind == "name":
            found.add(token.text)
    return found


def _left_of(tokens: tuple[Token, ...], at: int) -> set[str]:
    """Return the names that stand left of an assignment: one, or those of an array or object."""
    before = tokens[at - 1]
    if before.kind == "name":
        return {before.text}
    if not before.is_sign("]", "}"):
        return set()
    start = next(
        (
            back
            for back in range(at - 2, -1, -1)
            if tokens[back].depth == before.depth and tokens[back].is_sign("[", "{")
        ),
        0,
    )
    return {token.text for token in tokens[start:at] if token.kind == "name"}
