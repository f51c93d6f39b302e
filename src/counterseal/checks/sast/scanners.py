"""Further scanners: installed from a lock with hashes, run apart, believed when their report is whole.

A scanner sees the checkout and an environment that holds nothing of the job's: no token, no setting. Its exit
code alone decides nothing, since many end with 0 whatever they found; its report does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from msgspec.structs import replace as with_

from counterseal.checks.sarif.read import SarifReport, read_sarif
from counterseal.checks.sast.built_in import BESIDE, BUILT_IN, OUT, ROOT, BuiltIn, prefix_of
from counterseal.errors import CountersealError
from counterseal.host.install import Installer
from counterseal.policy.code.sast import Scanner
from counterseal.policy.finding import inconclusive
from counterseal.policy.problem import Problem
from counterseal.policy.severity import UNRATED, Rating, Severity

RULE: Final = "sast"


@dataclass(frozen=True)
class Workshop:
    """Where scanners are installed and run.

    Attributes:
        locks: the folder of the locks that come with counterseal.
        cache: the folder that installations are kept in.
        env: the environment of this process.
        root: the checkout.
        read: returns a file of the trusted ref.
    """

    locks: Path
    cache: Path
    env: Mapping[str, str]
    root: Path
    read: Callable[[str], bytes]


def run_scanner(scanner: Scanner, shop: Workshop) -> tuple[SarifReport, bytes]:
    """Run a scanner; return its report, and the bytes of it.

    Whatever goes wrong is a finding of the report: no installation, no end, a death, or nothing written.
    """
    with tempfile.TemporaryDirectory(prefix="counterseal-") as work:
        folder = Path(work)
        out = folder / "report.sarif"
        try:
            site = _installed(scanner, shop, folder)
            problem = _run(scanner, shop, site, out)
        except CountersealError as error:
            return _failed(scanner, error.message, error.remedy), b""
        except OSError as error:
            return _failed(scanner, f"it cannot be installed or started: {error}"), b""
        if problem:
            return _failed(scanner, problem), b""
        report = read_sarif(out, scanner.name, root=f"{shop.root}/")
        whole = _with_severities(_completed(report, scanner, shop, folder), scanner)
        return whole, out.read_bytes() if out.exists() else b""


def _completed(report: SarifReport, scanner: Scanner, shop: Workshop, folder: Path) -> SarifReport:
    """Return a report with what its scanner says elsewhere: what it could not see, where paths begin."""
    built_in = BUILT_IN.get(scanner.name)
    if built_in is None:
        return report
    beside = folder / "beside"
    unseen = tuple(built_in.unseen(beside.read_bytes() if beside.is_file() else b""))
    prefix = "" if built_in.in_checkout else prefix_of(shop.root, folder)
    problems = tuple(
        with_(
            one,
            subject=one.subject.removeprefix(prefix),
            rating=one.rating if built_in.rates or one.rating.score else UNRATED,
        )
        for one in report.problems
    )
    return replace(report, problems=problems, findings=(*report.findings, *unseen))


def _with_severities(report: SarifReport, scanner: Scanner) -> SarifReport:
    """Return a report in which the policy says how bad some problems are."""
    stated = scanner.severities.items()

    def rated(problem: Problem) -> Problem:
        word = next((severity for glob, severity in stated if fnmatchcase(problem.rule, glob)), None)
        return with_(problem, rating=Rating(severity=Severity(word), source="policy")) if word else problem

    return replace(report, problems=tuple(map(rated, report.problems)))


def _installed(scanner: Scanner, shop: Workshop, folder: Path) -> Path:
    """Install a scanner as its lock says and return the folder; the same lock is installed once."""
    if scanner.lock is None:
        return Installer(shop.locks, shop.cache, shop.env).ensure(scanner.name)[0]
    locks = folder / "locks"
    locks.mkdir()
    (locks / f"{scanner.name}.txt").write_bytes(shop.read(scanner.lock))
    return Installer(locks, shop.cache, shop.env).ensure(scanner.name)[0]


def _run(scanner: Scanner, shop: Workshop, site: Path, out: Path) -> str | None:
    """Run a scanner and return what went wrong, or None."""
    built_in = BUILT_IN.get(scanner.name, BuiltIn(scanner.command))
    places = {OUT: str(out), ROOT: str(shop.root), BESIDE: str(out.parent / "beside")}
    words = [_filled(word, places) for word in built_in.command]
    program = site / "bin" / words[0]
    if "/" in words[0] or not program.is_file():
        return f"the lock installs no program {words[0][:100]!r}"
    env = {
        "PATH": f"{site / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(site),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(out.parent),
        "TMPDIR": str(out.parent),
        "LANG": "C.UTF-8",
        **built_in.env,
    }
    to_file = any(OUT in word for word in built_in.command)
    with (out.parent / "stdout").open("wb") as stdout, (out.parent / "stderr").open("w+b") as stderr:
        process = subprocess.Popen(  # noqa: S603 - of the trusted policy, installed by hash, and no shell
            [str(program), *words[1:]],
            cwd=shop.root if built_in.in_checkout else out.parent,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            code = process.wait(scanner.minutes * 60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"it took longer than {scanner.minutes} minutes"
        stderr.seek(0)
        said = stderr.read(2000).decode("utf-8", "replace")
    if not to_file:
        (out.parent / "stdout").replace(out)
    if code < 0:
        return f"it was killed by signal {-code}"
    if not out.is_file() or not out.stat().st_size:
        return f"it wrote no report and ended with {code}: {' '.join(said.split())[:300]}"
    return None


def _filled(word: str, places: Mapping[str, str]) -> str:
    for name, place in places.items():
        word = word.replace(name, place)
    return word


def _failed(scanner: Scanner, message: str, remedy: str | None = None) -> SarifReport:
    return SarifReport(findings=(inconclusive(RULE, message[:1000], subject=scanner.name, remedy=remedy),))
