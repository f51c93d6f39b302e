"""Hold the reading and the evaluation of Rego against OPA's own test vectors.

    python scripts/regovectors.py SUITE [--opa BINARY]

SUITE is a folder of vectors in JSON as OPA's compliance suite has them (`cases` with `modules`, `query`,
`want_result`). Two questions are asked. Does our reading of a module find every call that OPA's own parser
finds? And of the vectors whose modules may run here, how many does the embedded engine answer as OPA does?
The others are refused before they run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))  # a program for developers
# ruff: noqa: E402, TRY301
from counterseal.checks.rego.known import KNOWN
from counterseal.checks.rego.names import calls_of
from counterseal.checks.rego.negation import asked_before
from counterseal.checks.rego.normalise import json_text
from counterseal.checks.rego.preflight import builtins_of, require_names
from counterseal.checks.rego.strict import require_strict
from counterseal.checks.rego.syntax import read_module
from counterseal.checks.rego.verdict import Unusable

_INFIX = {
    "assign",
    "eq",
    "equal",
    "neq",
    "lt",
    "lte",
    "gt",
    "gte",
    "plus",
    "minus",
    "mul",
    "div",
    "rem",
    "and",
    "or",
}
_INFIX |= {"internal.member_2", "internal.member_3", "internal.print", "internal.template_string"}


def cases(suite: Path) -> Iterator[dict[str, Any]]:
    """Yield every vector."""
    for path in sorted(suite.rglob("*.json")):
        document = json.loads(path.read_text())
        yield from document.get("cases", []) if isinstance(document, dict) else []


def modern(source: str) -> str:
    """Return a module with the import that the gate wants to see, on the line of its package."""
    lines = source.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("package "):
            rest = [one for one in lines[at + 1 :] if one.strip() != "import rego.v1"]
            return "\n".join([*lines[: at + 1], "import rego.v1", *rest])
    return source


def calls_by_opa(opa: str, source: str) -> set[str] | None:
    """Return what OPA's parser says that a module calls; None when it does not parse it."""
    done = subprocess.run(
        [opa, "parse", "/dev/stdin", "--format", "json", "--v1-compatible"],
        input=source.encode(), capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return None
    return set(_called(json.loads(done.stdout))) - _INFIX


def _called(node: Any) -> Iterator[str]:
    """Yield the names of calls of an AST: `call` terms, and expressions whose terms are a list."""
    if isinstance(node, list):
        for one in node:
            yield from _called(one)
    elif isinstance(node, dict):
        value = node.get("value")
        if node.get("type") == "call":
            yield _name(value[0])
        terms = node.get("terms")
        if isinstance(terms, list) and terms and terms[0].get("type") == "ref":
            yield _name(terms[0])
        for one in node.values():
            yield from _called(one)


def _name(term: dict[str, Any]) -> str:
    return ".".join(str(part["value"]) for part in term["value"])


def compare_calls(suite: Path, opa: str) -> int:
    """Compare what is called, module by module; return how many calls we missed."""
    seen: set[str] = set()
    missed = more = read = refused = 0
    for case in cases(suite):
        for source in map(modern, case.get("modules") or ()):
            if source in seen:
                continue
            seen.add(source)
            theirs = calls_by_opa(opa, source)
            if theirs is None:
                continue
            try:
                module = read_module(source, "m")
                ours = {call.name for rule in module.rules for call in calls_of(rule, "m")}
            except Unusable:
                refused += 1
                continue
            read += 1
            if theirs - ours:
                missed += len(theirs - ours)
                print(f"missed in {case['note']}: {sorted(theirs - ours)}")
            more += len(ours - theirs)
    print(f"{len(seen)} modules: {read} read, {refused} refused; calls missed {missed}, taken for one {more}")
    return missed


def claimed(case: dict[str, Any], known: Any) -> str:
    """Return why a vector is refused before it runs; empty when it may run."""
    try:
        modules = tuple(
            read_module(modern(source), f"m{at}") for at, source in enumerate(case.get("modules") or ())
        )
        require_strict(modules)
        for module in modules:
            for name, where in builtins_of(module, modules):
                if not known(name):
                    raise Unusable(f"there is no function {name}", where)
            require_names(module, modules)
            asked_before(modern(case["modules"][int(module.name[1:])]), module)
        json_text([case.get("input"), case.get("data")], "input")
        if "input_term" in case:
            raise Unusable("the input is no JSON", "input")
    except Unusable as error:
        return error.message
    return ""


def answer(case: dict[str, Any]) -> Any:
    """Return what the embedded engine says: the bindings, `error`, or nothing."""
    import regopy

    engine = regopy.Interpreter()
    engine.strict_built_in_errors = bool(case.get("strict_error"))
    for at, source in enumerate(case.get("modules") or ()):
        text = modern(source)
        engine.add_module(f"m{at}", asked_before(text, read_module(text, f"m{at}")))
    if case.get("data"):
        engine.add_data_json(json.dumps(case["data"], ensure_ascii=False))
    if "input" in case:
        engine.set_input_term(json.dumps(case["input"], ensure_ascii=False))
    said = engine.query(case["query"])
    if not said.ok():
        return "error"
    text = str(said)
    if text in ("undefined", "{}"):
        return []
    return [json.loads(line).get("bindings", {}) for line in text.splitlines()]


def same(found: Any, wanted: Any) -> bool:
    """Tell whether two answers are one: sets are arrays here, so their order is not looked at."""
    return _sorted(found) == _sorted(wanted)


def _sorted(value: Any) -> Any:
    if isinstance(value, list):
        return sorted((_sorted(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    if isinstance(value, dict):
        return {name: _sorted(one) for name, one in value.items()}
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def compare_answers(suite: Path) -> None:
    """Answer every vector that may run, and print how many answers are OPA's."""
    tally: Counter[str] = Counter()
    for case in cases(suite):
        tally["all"] += 1
        if claimed(case, lambda name: name in KNOWN):
            tally["refused"] += 1
            continue
        try:
            found = answer(case)
        except Exception as error:  # noqa: BLE001 - an engine that fails is loud, which is what counts
            found = f"error {error}"
        wants_error = "want_error_code" in case or "want_error" in case
        loud = isinstance(found, str)
        right = loud if wants_error else not loud and same(found, case.get("want_result") or [])
        tally["right" if right else "loud" if loud else "silent"] += 1
        if not right and not loud:
            print(f"another answer: {case['note']}: {json.dumps(found)[:150]}")
    ran = tally["all"] - tally["refused"]
    print(
        f"{tally['all']} vectors: {tally['refused']} refused before they run; of {ran} that run, "
        f"{tally['right']} as OPA ({100 * tally['right'] / ran:.1f} %), {tally['loud']} end with an error, "
        f"{tally['silent']} differ"
    )


def main() -> int:
    """Ask both questions; return 1 when a call was missed."""
    parser = argparse.ArgumentParser(description="Rego against OPA's own vectors.")
    parser.add_argument("suite", type=Path)
    parser.add_argument("--opa", default="", help="a binary of opa, to compare what modules call")
    given = parser.parse_args()
    missed = compare_calls(given.suite, given.opa) if given.opa else 0
    compare_answers(given.suite)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
