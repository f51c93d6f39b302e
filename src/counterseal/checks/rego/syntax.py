"""What a module of Rego consists of: its package, its imports and its rules, read from its tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from counterseal.checks.rego.tokens import KEYWORDS, VALUES, Token, dotted, length, tokens_of, within
from counterseal.checks.rego.verdict import Unusable

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
        return {one.name: count(one.tokens, length(one.name)) for one in self.rules if one.arguments}

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
    package = dotted(parts[0][1:])
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


def _heads(tokens: list[Token]) -> list[int]:
    """Return where each part of a module begins: package, import, rule."""
    heads = []
    for at, token in enumerate(tokens):
        if token.depth or not token.first or token.kind != "name":
            continue
        before = tokens[at - 1] if at else None
        if before is not None and (
            (before.kind == "sign" and before.text in _GOES_ON)
            or (before.kind == "name" and before.text in KEYWORDS - VALUES)
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
    name = dotted(part, at)
    ends = at + length(name)
    after = part[ends] if ends < len(part) else None
    adds = after is not None and after.is_name("contains")
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
        or (before.kind == "name" and before.text not in KEYWORDS - VALUES)
    )


def known_names(module: Module, modules: Iterable[Module]) -> frozenset[str]:
    """Return what all rules of a module may name: its imports, and the rules of its package.

    Args:
        module: the module.
        modules: all modules, those of other packages too.
    """
    package = (one for one in modules if one.package == module.package)
    rules = {rule.name.partition(".")[0] for one in package for rule in one.rules}
    return frozenset({"input", "data", "_", *rules, *module.imports})


def count(tokens: tuple[Token, ...], at: int) -> int:
    """Return how many arguments stand in the parentheses that open at a place."""
    inside = within(tokens, at)
    commas = [
        place for place, one in enumerate(inside) if one.is_sign(",") and one.depth == tokens[at].depth + 1
    ]
    last = bool(commas) and commas[-1] == len(inside) - 1  # a comma may end the list
    return len(commas) + (not last) if inside else 0
