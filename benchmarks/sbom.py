"""SBOMs: a real application's, against cyclonedx-py, and ten thousand components."""
# ruff: noqa: INP001, S603 - a program for developers, which starts other programs

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from measure import Figure, Line

from counterseal.checks.inventory.environment import read_environment
from counterseal.checks.inventory.found import component
from counterseal.checks.sbom.compare import missing_from
from counterseal.checks.sbom.validate import faults_of
from counterseal.checks.sbom.write import Release, write_sbom

APPLICATION = (
    "jupyterlab==4.2.5",
    "mlflow==2.16.2",
    "dask[complete]==2024.9.0",
    "sphinx==8.0.2",
    "poetry==1.8.3",
    "scrapy==2.11.2",
    "fastapi[standard]==0.115.0",
)
PEER = "cyclonedx-bom==4.6.1"
RELEASE = Release("app", "https://example.org/app", "c" * 40, "2026-11-27T00:00:00Z", "0")


def inventories(folder: Path) -> Iterator[Line]:
    """Write the SBOM of an application, and the peer's; then build, write and validate 10,000 components."""
    python = _environment(folder / "application", APPLICATION)
    site = next((folder / "application" / "lib").glob("python*/site-packages"))
    peer = _environment(folder / "peer", (PEER,)).parent / "cyclonedx-py"
    took, data, count = _ours(site)
    same = "the same twice" if _ours(site)[1] == data else "NOT the same twice"
    right = "valid, complete" if _right(site, data) else "NOT valid or complete"
    theirs = _theirs(peer, python, folder / "peer.json")
    yield Figure(f"sbom of {count} packages: {right}, {same}", took, "s", None, "cyclonedx-py", theirs)
    yield _many(10_000)


def _environment(folder: Path, wanted: tuple[str, ...]) -> Path:
    uv = Path(sys.executable).parent / "uv"
    python = folder / "bin" / "python"
    for words in (
        ["venv", "--quiet", str(folder)],
        ["pip", "install", "--quiet", "--python", str(python), *wanted],
    ):
        subprocess.run([str(uv), *words], check=True)
    return python


def _ours(site: Path) -> tuple[float, bytes, int]:
    began = perf_counter()
    found = read_environment(site)
    data = write_sbom(found.components, RELEASE, "1.6")
    if faults_of(data, "sbom"):
        raise RuntimeError(faults_of(data, "sbom"))
    return perf_counter() - began, data, len(found.components)


def _right(site: Path, data: bytes) -> bool:
    """Tell whether everything that is installed is listed, by the names of its folders."""
    from counterseal.checks.inventory.read import read_file

    listed, there = read_file("sbom.json", data), read_environment(site)
    folders = len(list(site.glob("*.dist-info")))
    return not list(missing_from(listed.components, there.components)) and len(listed.components) == folders


def _theirs(program: Path, python: Path, out: Path) -> float:
    command = [str(program), "environment", str(python), "--output-format", "JSON", "--outfile", str(out)]
    began = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return perf_counter() - began


def _many(count: int) -> Line:
    began = perf_counter()
    parts = [
        component(
            "PyPI",
            f"package-{at}",
            "1.0",
            hashes=(f"sha256:{at:064x}",),
            licence="MIT OR Apache-2.0",
            requires=tuple(f"pkg:pypi/package-{(at * 7 + step) % count}@1.0" for step in range(3)),
        )
        for at in range(count)
    ]
    if faults_of(write_sbom(parts, RELEASE, "1.6"), "sbom"):
        raise RuntimeError("not valid")
    took = perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Figure(f"{count:,} components built, written, validated; {memory} MiB", took, "s", 5)
