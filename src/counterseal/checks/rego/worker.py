"""The process in which rules are evaluated: an empty environment, limits, and nothing but one answer.

It is started as a file of its own, with the folder of the engine as its only argument, reads one JSON
object from its standard input and writes one to its standard output. It imports nothing of counterseal.
"""

from __future__ import annotations

import json
import sys
from typing import Any

_CANARY = """package counterseal_canary
import rego.v1
deny contains item.word if {
    input.canary.planted
    some item in input.canary.items
    item.score >= input.canary.least
}
"""


def evaluate(request: dict[str, Any]) -> dict[str, Any]:
    """Return what the packages say, as text of the engine, with its own count of each set."""
    import regopy  # type: ignore[import-not-found, import-untyped, unused-ignore]

    engine = regopy.Interpreter()
    missing = [name for name in request["builtins"] if not engine.is_builtin(name)]
    if missing:
        return {"missing": missing}
    engine.strict_built_in_errors = True
    for name, source in (*request["modules"].items(), ("counterseal_canary", _CANARY)):
        try:
            engine.add_module(name, source)
        except regopy.RegoError as cause:
            return {"refused": str(cause), "module": name}
    if request["data"]:
        engine.add_data_json(request["data"])
    engine.set_input_term(request["input"])
    said = {}
    for path in ("data.counterseal_canary.deny", *request["sets"]):
        found = engine.query(f"all := {path}; count(all, number)")
        said[path] = {"text": str(found), "ok": found.ok()}
    return {"said": said, "version": regopy.rego_version()}


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    given = json.loads(sys.stdin.buffer.read())
    try:
        answer = evaluate(given)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent has to know
        answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
    sys.stdout.write(json.dumps(answer))
