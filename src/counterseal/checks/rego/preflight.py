"""What has to hold of rules in Rego before they run: everything that they call and name is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from counterseal.checks.rego.names import Call, calls_of, data_paths, unknown_names
from counterseal.checks.rego.syntax import Module, known_names, read_module
from counterseal.checks.rego.verdict import Unusable

REFUSED: Final[Mapping[str, str]] = {
    "http.send": "a verdict rests on nothing that only the network knows",
    "net.lookup_ip_addr": "a verdict rests on nothing that only the network knows",
    "opa.runtime": "rules see nothing of the environment of the job",
    "time.now_ns": "a verdict has to come out the same years later: use input.now.ns",
    "time.parse_rfc3339_ns": "engines differ in the times that they read: use the members that end with -ns",
    "rand.intn": "a verdict has to come out the same years later",
    "uuid.rfc4122": "a verdict has to come out the same years later",
    "rego.metadata.rule": "engines differ in what they know of it",
    "rego.metadata.chain": "engines differ in what they know of it",
    "rego.parse_module": "rules are what the policy names, and nothing else",
    "print": "rules say what they deny, and nothing else",
    "trace": "rules say what they deny, and nothing else",
}
"""What no module may call, whatever the engine, and why."""


@dataclass(frozen=True)
class Checked:
    """Modules that may run.

    Attributes:
        sets: the sets that are asked, such as `data.counterseal.deny`, with the package of each.
        evaluated: how many rules add to them.
        builtins: the built-in functions that are called, each with where that is.
        modules: the modules.
    """

    sets: Mapping[str, str]
    evaluated: int
    builtins: tuple[tuple[str, str], ...]
    modules: tuple[Module, ...]


def check_modules(sources: Mapping[str, str], packages: Iterable[str], data: Iterable[str] = ()) -> Checked:
    """Check modules.

    Args:
        sources: the modules by their paths.
        packages: the packages that are asked.
        data: the names that documents of data have.

    Raises:
        Unusable: naming module, line, and what to do.
    """
    modules = tuple(read_module(source, name) for name, source in sources.items())
    asked = tuple(packages)
    sets, evaluated = _asked(modules, asked)
    _require_used(modules, asked)
    builtins = [found for one in modules for found in builtins_of(one, modules)]
    documents = frozenset(data)
    _require_apart(modules, documents)
    for module in modules:
        require_names(module, modules)
        _require_data(module, modules, documents)
    return Checked(sets, evaluated, tuple(dict.fromkeys(builtins)), modules)


def _asked(modules: tuple[Module, ...], packages: tuple[str, ...]) -> tuple[dict[str, str], int]:
    """Return the sets that are asked, and how many rules add to them.

    A package in which nothing denies would be a gate that lets everything through.
    """
    sets, count = dict[str, str](), 0
    for package in packages:
        found = [rule.name for one in modules if one.package == package for rule in one.decisions()]
        if "deny" not in found:
            remedy = "name the package of the modules in gate.rego.packages"
            raise Unusable(f"no module of the package {package} has a rule `deny`", package, remedy)
        sets |= {f"data.{package}.{name}": package for name in dict.fromkeys(found)}
        count += len(found)
    return sets, count


def _require_used(modules: tuple[Module, ...], asked: tuple[str, ...]) -> None:
    """Refuse a module that decides and that nobody asks: its author takes it for a rule that holds."""
    for one in modules:
        if one.decisions() and one.package not in asked:
            remedy = f"add {one.package} to gate.rego.packages"
            raise Unusable(
                f"nobody asks the package {one.package}, and it has rules that deny", one.name, remedy
            )


def builtins_of(module: Module, modules: tuple[Module, ...]) -> Iterator[tuple[str, str]]:
    """Yield the calls of a module that are none of functions of the modules."""
    for rule in module.rules:
        for call in calls_of(rule, module.name):
            where = f"{module.name}:{call.line}"
            if call.name in REFUSED:
                raise Unusable(f"{call.name} is not for rules of a gate: {REFUSED[call.name]}", where)
            if not _is_defined(call, module, modules):
                yield call.name, where


def _is_defined(call: Call, module: Module, modules: tuple[Module, ...]) -> bool:
    """Tell whether a call is of a function of the modules.

    Raises:
        Unusable: it gives another number of arguments, or is of nothing.
    """
    head, _, rest = call.name.partition(".")
    where = f"{module.name}:{call.line}"
    whole = f"data.{module.package}.{call.name}"
    if head == "data":
        whole = call.name
    elif head in module.imports:
        whole = module.imports[head] + (f".{rest}" if rest else "")
    found = {
        arguments
        for one in modules
        for name, arguments in one.functions.items()
        if whole == f"data.{one.package}.{name}"
    }
    if found and found != {call.arguments}:
        raise Unusable(f"{call.name} is not a function of {call.arguments} arguments", where)
    if not found and (head == "data" or head in module.imports):
        raise Unusable(f"there is no function {whole}", where)
    return bool(found)


def require_names(module: Module, modules: tuple[Module, ...]) -> None:
    """Refuse a name that nobody declares: the engine would take it for something that never holds."""
    known = known_names(module, modules)
    for rule in module.rules:
        for name, line in unknown_names(rule, known):
            raise Unusable(
                f"nobody declares {name}", f"{module.name}:{line}", "correct it, or declare it with `some`"
            )


def _require_apart(modules: tuple[Module, ...], data: frozenset[str]) -> None:
    """Refuse data under the name of a package: one engine puts them in the place of its rules."""
    for module in modules:
        head = module.package.partition(".")[0]
        if head in data:
            message = f"data have the name of the package {module.package}"
            raise Unusable(message, module.name, "give the data another name in gate.rego.data")


def _require_data(module: Module, modules: tuple[Module, ...], data: frozenset[str]) -> None:
    """Refuse a path below `data` at which nothing is: what is asked there would never hold."""
    for path, line in data_paths(module):
        words = path.removeprefix("data").strip(".")
        if words.partition(".")[0] in data or any(_leads(words, one) for one in modules):
            continue
        remedy = "name data in gate.rego.data, and modules in gate.rego.files"
        raise Unusable(f"there is nothing at {path}", f"{module.name}:{line}", remedy)


def _leads(words: str, module: Module) -> bool:
    """Tell whether a path leads to a package or a rule of a module, or into one."""
    if not words or words == module.package or module.package.startswith(f"{words}."):
        return bool(words)
    if not words.startswith(f"{module.package}."):
        return False
    name = words.removeprefix(f"{module.package}.").partition(".")[0]
    return any(rule.name.partition(".")[0] == name for rule in module.rules)
