"""Measure, and print one table: each figure with its aim, and with its peer measured in the same run.

Nothing here asserts a time: a busy machine is not a defect. `docs/benchmarks.md` tells how to read the table.
"""
# ruff: noqa: INP001, T201 - a program for developers, which starts other programs

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from machine import describe
from measure import HEADINGS, Line, lines


def main() -> int:
    """Measure what was asked for and print it."""
    options = _options()
    print(describe(), end="\n\n", flush=True)
    table: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="counterseal-bench-") as temporary:
        folder = Path(temporary)
        parts: dict[str, tuple[str, str, tuple[object, ...]]] = {
            "startup": ("startup", "startup", (folder, options.runs)),
            "hashing": ("evidence", "hashing", (folder, options.mebibytes)),
            "canonical": ("evidence", "canonicalisation", ()),
            "append": ("evidence", "appending", (folder,)),
            "judge": ("people", "judging", ()),
            "decide": ("people", "deciding", ()),
            "sweep": ("people", "sweeping", (folder,)),
            "sast": ("sast", "scanning", (folder,)),
            "sarif": ("sarif", "reading", (folder,)),
            "sbom": ("sbom", "inventories", (folder,)),
            "gate": ("gate", "rules", ()),
            "contents": ("gate", "contents", ()),
            "upload": ("upload", "uploading", (folder,)),
            "audit": ("audit", "auditing", (folder, options.releases)),
            "verify": ("evidence", "verifying", (folder, options.releases)),
            "index": ("index", "asking", (folder,)),
        }
        for name, (module, function, given) in parts.items():
            if name in (options.only or parts):
                print(f"measuring {name} ...", file=sys.stderr, flush=True)
                # Loaded here, since every process that a part starts loads this file as well.
                table += getattr(import_module(module), function)(*given)
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
