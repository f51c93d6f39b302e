"""Static analysis: Bandit over the cores and from the cache, against plain Bandit on the same real code."""
# ruff: noqa: INP001, S603 - a program for developers, which starts other programs

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from measure import Figure, Line

from counterseal.checks.sast.bandit_run import Options
from counterseal.checks.sast.python import scan_python
from counterseal.checks.sast.sources import find_sources

CODE = ("Django==5.1", "ansible-core==2.17.3", "botocore==1.35.0")


def scanning(folder: Path) -> Iterator[Line]:
    """Fetch three packages, scan them cold, warm and with plain Bandit, and compare what was found."""
    for requirement in CODE:
        root = _fetched(folder, requirement)
        cold, found = _ours(root, folder / "cache" / requirement)
        warm, again = _ours(root, folder / "cache" / requirement)
        plain, theirs = _plain(root, folder / "plain.json")
        same = "findings equal" if found == again == theirs else "FINDINGS DIFFER"
        name = f"{requirement.partition('==')[0]}, {len(theirs)} findings"
        yield Figure(f"sast cold: {name}: {same}", cold, "s", 1 / 1.8, "plain bandit", plain, relative=True)
        yield Figure(f"sast warm: {name}", warm, "s", 1 / 20, "plain bandit", plain, relative=True)


def _fetched(folder: Path, requirement: str) -> Path:
    root = folder / requirement
    install = ("pip", "install", "--quiet", "--no-deps", "--no-compile", "--disable-pip-version-check")
    command = [sys.executable, "-m", *install, "--target", str(root), requirement]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return root


def _ours(root: Path, cache: Path) -> tuple[float, list[tuple[str, ...]]]:
    began = perf_counter()
    found = scan_python(root, find_sources(root, ["."], ()), Options(), None, cache)
    took = perf_counter() - began
    heard = [one for one in found.problems if one.suppressed is None]
    return took, sorted((one.subject, str(one.line), one.rule) for one in heard)


def _plain(root: Path, out: Path) -> tuple[float, list[tuple[str, ...]]]:
    command = [sys.executable, "-m", "bandit", "--quiet", "-r", ".", "-f", "json", "-o", str(out)]
    began = perf_counter()
    subprocess.run(command, check=False, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took = perf_counter() - began
    results = json.loads(out.read_text())["results"]
    keys = ("filename", "line_number", "test_id")
    return took, sorted(tuple(str(one[key]).removeprefix("./") for key in keys) for one in results)
