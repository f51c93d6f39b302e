"""The engine that comes with counterseal: rego-cpp, in a process of its own, believed in nothing."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from counterseal.checks.inventory.documents import Unreadable
from counterseal.checks.rego.apart import Limits, run_apart
from counterseal.checks.rego.known import BYTEWISE, KNOWN
from counterseal.checks.rego.negation import asked_before
from counterseal.checks.rego.normalise import json_text
from counterseal.checks.rego.preflight import Checked
from counterseal.checks.rego.strict import require_strict
from counterseal.checks.rego.verdict import Unusable
from counterseal.policy.rego import Rego

_WORKER: Final = Path(__file__).with_name("worker.py")

Sets = Mapping[str, list[Any]]
"""The elements of each set that was asked, by its path, such as `data.counterseal.deny`."""


def evaluate_embedded(
    rules: Rego,
    checked: Checked,
    modules: Mapping[str, str],
    data: Mapping[str, Any],
    document: Mapping[str, Any],
    site: Callable[[], Path],
) -> tuple[Sets, str]:
    """Evaluate rules, and return what they say and the version of the engine.

    Args:
        rules: the policy's part.
        checked: what is known of the modules.
        modules: the modules by their paths.
        data: what rules know below `data`.
        document: what they know as `input`.
        site: returns the folder in which the engine is installed.

    Raises:
        Unusable: the rules cannot be evaluated by this engine.
        Unreadable: the evaluation did not end, or its answer is not one.
    """
    given = json_text(document, "input")
    lists = json_text(data, "data") if data else ""
    require_strict(checked.modules)
    _require_known(checked, ascii_only=given.isascii() and lists.isascii())
    word = secrets.token_hex(8)
    planted = {
        "planted": True,
        "least": 9,
        "items": [{"word": word, "score": 9.8}, {"word": "none", "score": 8.9}],
    }
    request = {
        "modules": {one.name: asked_before(modules[one.name], one) for one in checked.modules},
        "builtins": [name for name, _ in checked.builtins],
        "data": lists,
        "input": json_text({**document, "canary": planted}, "input"),
        "sets": list(checked.sets),
    }
    command = [sys.executable, "-I", "-S", str(_WORKER), str(site())]
    ended = run_apart(command, json.dumps(request).encode(), Limits(rules.seconds, rules.megabytes))
    if ended.problem:
        raise Unreadable(f"the evaluation did not end: {ended.problem}")
    answer = _answer(ended.stdout, ended.code, ended.stderr)
    _require_usable(answer, checked)
    said = {path: _elements(path, one) for path, one in answer["said"].items()}
    if said.pop("data.counterseal_canary.deny", None) != [word]:
        raise Unreadable("the engine let through what was planted, so nothing that it says counts")
    return said, str(answer.get("version", ""))


def _require_known(checked: Checked, *, ascii_only: bool) -> None:
    """Refuse functions in which this engine is not known to answer as OPA.

    Raises:
        Unusable: naming the first one, and where it is called.
    """
    remedy = "write it otherwise, or set `engine: opa` with a binary of yours"
    for name, where in checked.builtins:
        if name not in KNOWN:
            raise Unusable(
                f"{name} is no function that this engine is known to have as OPA has it", where, remedy
            )
        if name in BYTEWISE and not ascii_only:
            message = f"{name} takes letters beyond ASCII for several, and the document has some"
            raise Unusable(message, where, remedy)


def _answer(stdout: bytes, code: int, stderr: str) -> dict[str, Any]:
    try:
        answer = json.loads(stdout)
    except ValueError as cause:
        raise Unreadable(f"the engine ended with {code} and said nothing: {stderr}") from cause
    if not isinstance(answer, dict) or code:
        raise Unreadable(f"the engine ended with {code}: {stderr}")
    return answer


def _require_usable(answer: dict[str, Any], checked: Checked) -> None:
    if "missing" in answer:
        places = dict(checked.builtins)
        name = answer["missing"][0]
        remedy = "correct it, write it otherwise, or set `engine: opa` with a binary of yours"
        raise Unusable(f"there is no function {name} in this engine", places.get(name, name), remedy)
    if "refused" in answer:
        words = " ".join(str(answer["refused"]).split())
        raise Unusable(f"the engine refuses the module: {words[:500]}", str(answer["module"]))
    if "said" not in answer:
        raise Unreadable(f"the engine failed: {str(answer.get('error', 'without a word'))[:500]}")


def _elements(path: str, one: Mapping[str, Any]) -> list[Any]:
    """Return the elements of a set; its count has to agree, or somebody else's text has become a part of it.

    Raises:
        Unreadable: it is no set, or its count differs.
    """
    try:
        found = json.loads(one["text"])["bindings"]
        elements, count = found["all"], found["number"]
    except (ValueError, KeyError, TypeError) as cause:
        shown = " ".join(str(one["text"]).split())[:300]
        raise Unreadable(f"{path} cannot be evaluated: it comes to {shown!r}") from cause
    if not one["ok"] or not isinstance(elements, list):
        raise Unreadable(f"{path} cannot be evaluated, or is not a set")
    if count != len(elements):
        raise Unreadable(f"{path} has {count} elements, and {len(elements)} can be read")
    return elements
