"""Writes the vectors: `PYTHONPATH=src:tests python -m conformance.generate`. The same bytes at every run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from conformance.cases import Case, chains, documents, seals, text

HERE = Path(__file__).parent
FOLDERS = ("accepted", "refused")


def cases() -> Iterator[Case]:
    """Return every case."""
    for module in (text, documents, chains, seals):
        yield from module.cases()


def files() -> dict[str, bytes]:
    """Return every file of every vector, by its path below this folder."""
    result: dict[str, bytes] = {}
    for case in cases():
        for name, data in _case_files(case).items():
            path = f"{case.verdict}/{case.name}/{name}"
            if path in result:
                raise ValueError(f"two cases are called {case.name}")
            result[path] = data
    return result


def _case_files(case: Case) -> dict[str, bytes]:
    first = next(iter(case.inputs.values()))
    apart = case.canonical is not None and case.canonical != first
    about = {"kind": case.kind, "title": case.title, "inputs": list(case.inputs), "verdict": case.verdict}
    if case.rule:
        about |= {"rule": case.rule}
    else:
        about |= {"canonical": "canonical.json" if apart else next(iter(case.inputs)), "digest": case.digest}
    text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    extra = {"canonical.json": case.canonical} if apart and case.canonical is not None else {}
    return {"case.json": text.encode(), **case.inputs, **extra}


def main() -> None:
    """Write the vectors, and nothing else into their two folders."""
    for folder in FOLDERS:
        shutil.rmtree(HERE / folder, ignore_errors=True)
    for path, data in files().items():
        (HERE / path).parent.mkdir(parents=True, exist_ok=True)
        (HERE / path).write_bytes(data)


if __name__ == "__main__":
    main()
