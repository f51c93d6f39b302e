"""SARIF: two hundred megabytes of it read, and how much memory that takes beside the mapped file."""
# ruff: noqa: INP001, S603 - a program for developers, which starts other programs

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from measure import Figure, Line

MEGABYTES = 200

_READ = """
import json, sys, time
from pathlib import Path
from counterseal.checks.sarif.read import read_sarif

def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

read_sarif(Path("/nonexistent"), "none")
before, began = anonymous(), time.perf_counter()
found = read_sarif(Path(sys.argv[1]), "large")
took = time.perf_counter() - began
print(json.dumps([took, anonymous() - before, len(found.problems), len(found.findings)]))
"""


def reading(folder: Path) -> Iterator[Line]:
    """Write a large report as scanners with data flow do, and read it in a process of its own."""
    path = folder / "large.sarif"
    count = _write(path)
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path)], check=True, capture_output=True, text=True
    )
    took, memory, problems, findings = json.loads(done.stdout)
    if (problems, findings) != (count, 0):
        raise RuntimeError((count, problems, findings))
    size = path.stat().st_size // 1_000_000
    yield Figure(f"reading {size} MB of SARIF, {count:,} results", took, "s")
    yield Figure("the same: memory beside the mapped file, when it is read", memory, "MiB", 150)


def _write(path: Path) -> int:
    step = {"location": {"message": {"text": "a step of the flow, " * 25}}}
    flow = [{"threadFlows": [{"locations": [step] * 7}]}]
    count = 0
    with path.open("w") as file:
        file.write(
            '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"T","rules":[{"id":"R1"}]}},"results":['
        )
        while file.tell() < MEGABYTES * 1_000_000:
            region = {"startLine": count + 1, "snippet": {"text": f"call({count})"}}
            place = {"physicalLocation": {"artifactLocation": {"uri": "src/a.py"}, "region": region}}
            result = {"ruleId": "R1", "level": "error", "message": {"text": "x" * 200}, "locations": [place]}
            file.write(("," if count else "") + json.dumps({**result, "codeFlows": flow}))
            count += 1
        file.write("]}]}")
    return count
