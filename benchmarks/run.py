"""Measure, and print one table: each figure with its aim, and with its peer measured in the same run.

Nothing here asserts a time: a busy machine is not a defect. `docs/benchmarks.md` tells how to read the table.
"""
# ruff: noqa: INP001, T201 - a program for developers, which starts other programs

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import audit
import evidence
import gate
import index
import people
import sarif
import sast
import sbom
import startup
import upload
from machine import describe
from measure import HEADINGS, Line, lines


def main() -> int:
    """Measure what was asked for and print it."""
    options = _options()
    print(describe(), end="\n\n", flush=True)
    table: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="counterseal-bench-") as temporary:
        folder = Path(temporary)
        parts: dict[str, Callable[[], Iterable[Line]]] = {
            "startup": lambda: startup.startup(folder, options.runs),
            "hashing": lambda: evidence.hashing(folder, options.mebibytes),
            "canonical": evidence.canonicalisation,
            "append": lambda: evidence.appending(folder),
            "judge": people.judging,
            "decide": people.deciding,
            "sweep": lambda: people.sweeping(folder),
            "sast": lambda: sast.scanning(folder),
            "sarif": lambda: sarif.reading(folder),
            "sbom": lambda: sbom.inventories(folder),
            "gate": gate.rules,
            "contents": gate.contents,
            "upload": lambda: upload.uploading(folder),
            "audit": lambda: audit.auditing(folder, options.releases),
            "verify": lambda: evidence.verifying(folder, options.releases),
            "index": lambda: index.asking(folder),
        }
        for name, part in parts.items():
            if name in (options.only or parts):
                print(f"measuring {name} ...", file=sys.stderr, flush=True)
                table += part()
    print("\n".join(lines([HEADINGS, *(line.cells() for line in table)])))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="processes to start for each median")
    parser.add_argument("--mebibytes", type=int, default=1024, help="size of the file that is hashed")
    parser.add_argument("--releases", type=int, default=10_000, help="releases in the store that is verified")
    parser.add_argument("--only", nargs="*", help="parts to measure; by default all")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
