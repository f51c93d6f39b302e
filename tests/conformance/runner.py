"""Runs the conformance vectors against any implementation; README.md describes the protocol.

This file needs nothing but Python. For each vector it starts

    IMPLEMENTATION [ARG...] verify-vector KIND FILE...

and expects exit code 0 and one line of JSON: `{"verdict": "accepted", "digest": "<hex>"}` or
`{"verdict": "refused", "rule": "<id>"}`. The rule is optional, because an implementation may meet another
broken rule first; with `--rules` it must be the one that the vector names.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Vector:
    """One case on disk: its folder, and what its `case.json` says."""

    folder: Path
    about: dict[str, Any]

    @property
    def name(self) -> str:
        """`accepted/…` or `refused/…`."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def inputs(self) -> list[str]:
        """The input files, in the order in which an implementation gets them."""
        return [str(self.folder / name) for name in self.about["inputs"]]


def vectors(root: Path = HERE) -> Iterator[Vector]:
    """Return every vector, ordered by name."""
    for path in sorted(root.glob("*/*/case.json")):
        yield Vector(path.parent, json.loads(path.read_bytes()))


def complaint(vector: Vector, answer: object, *, rules: bool = False) -> str:
    """Return what is wrong with an answer, or nothing when it is right."""
    if not isinstance(answer, dict):
        return "the answer is not a JSON object"
    wanted = ["verdict"] + (
        ["digest"] if vector.about["verdict"] == "accepted" else ["rule"] if rules else []
    )
    wrong = [name for name in wanted if answer.get(name) != vector.about[name]]
    return "; ".join(f"{name} is {answer.get(name)!r}, not {vector.about[name]!r}" for name in wrong)


def ask(command: Sequence[str], vector: Vector) -> object:
    """Start the implementation on one vector and return its answer, or a text that says why there is none."""
    words = [*command, "verify-vector", vector.about["kind"], *vector.inputs]
    try:
        done = subprocess.run(words, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as cause:
        return str(cause)
    if done.returncode:
        return f"exit code {done.returncode}"
    try:
        return json.loads(done.stdout)
    except ValueError:
        return "no JSON"


def main(words: Sequence[str] | None = None) -> int:
    """Run every vector, print each that went wrong and a count; return 0 when none did."""
    options = _options(words)
    total = wrong = 0
    for vector in vectors(options.vectors):
        answer = ask(options.command, vector)
        problem = complaint(vector, answer, rules=options.rules)
        total, wrong = total + 1, wrong + bool(problem)
        if problem:
            print(f"{vector.name}: {problem if isinstance(answer, dict) else answer}")
    print(f"{total - wrong} of {total} vectors passed")
    return 1 if wrong or not total else 0


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run the conformance vectors against an implementation.")
    parser.add_argument(
        "--rules", action="store_true", help="the rule of a refusal must be the one of the case"
    )
    parser.add_argument("--vectors", type=Path, default=HERE, help="the folder of accepted/ and refused/")
    parser.add_argument(
        "command", nargs="+", metavar="IMPLEMENTATION", help="the program; its arguments follow --"
    )
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
