"""The Python code of a change, as problems: what Bandit finds, and which of it the change brought in."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from msgspec.structs import replace

from counterseal.checks.sast.bandit_run import Hit, Options, Scanned, known_tests, scan
from counterseal.checks.sast.cache import ScanCache
from counterseal.checks.sast.sources import RULE, Sources
from counterseal.clients.git_tree import CommitFiles
from counterseal.host.text import one_line
from counterseal.policy.finding import Finding, inconclusive, noted
from counterseal.policy.problem import Problem, counted, fingerprint
from counterseal.policy.severity import Rating, Severity

TOOL: Final = "bandit"

_SEVERITIES: Final = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}
_CONFIDENCE: Final[Mapping[str, Literal["high", "medium", "low"]]] = {
    "HIGH": "high",
    "MEDIUM": "medium",
    "LOW": "low",
}
_CANARY: Final = "import subprocess\nsubprocess.call(input(), shell=True)\n"
_CANARY_TEST: Final = "B602"


@dataclass(frozen=True)
class PythonScan:
    """What Bandit found.

    Attributes:
        problems: what it found, `counted`.
        findings: what it could not look at.
        counts: files, lines of code, and files of which the answer was known.
    """

    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...]
    counts: Mapping[str, int]


def scan_python(
    root: Path, sources: Sources, options: Options, before: CommitFiles | None, cache: Path | None
) -> PythonScan:
    """Scan Python files.

    Args:
        root: the checkout.
        sources: the files.
        options: what Bandit is to do.
        before: the files as they were before the change; None where that is not known.
        cache: the folder of answers of earlier scans; None for none.
    """
    kept = ScanCache(cache, options)
    known, keys = kept.split(root, sources.files)
    fresh = scan(root, list(keys), options) if keys else {}
    kept.keep(keys, fresh)
    scanned = {path: known.get(path) or fresh[path] for path in sources.files}
    problems = counted(one for path, found in scanned.items() for one in _problems(path, found))
    findings = [*sources.findings, *_self_test(options), *_unknown(options), *_unseen(scanned)]
    if sources.excluded:
        findings.append(noted(RULE, f"the policy leaves out {sources.excluded} Python files"))
    counts = {
        "files": len(scanned),
        "lines": sum(found.lines for found in scanned.values()),
        "files-known": len(known),
    }
    return PythonScan(_introduced(problems, before, options), tuple(findings), counts)


def _problems(path: str, scanned: Scanned) -> Iterator[Problem]:
    for hit in scanned.hits:
        yield Problem(
            kind="code",
            tool=TOOL,
            rule=hit.test,
            message=f"{hit.name}: {hit.text}",
            rating=_rating(hit),
            subject=path,
            fingerprint=fingerprint("code", TOOL, hit.test, path, " ".join(hit.code.split()), hit.text),
            line=max(hit.line, 1),
            confidence=_CONFIDENCE.get(hit.confidence),
            cwe=(hit.cwe,) if hit.cwe else (),
            suppressed="# nosec" if hit.nosec else None,
            remedy=f"see {hit.uri}",
            uri=hit.uri,
        )


def _rating(hit: Hit) -> Rating:
    return Rating(severity=_SEVERITIES.get(hit.severity, Severity.UNKNOWN), source=TOOL)


def _unseen(scanned: Mapping[str, Scanned]) -> Iterator[Finding]:
    """Yield every file that could not be looked at whole; of such a file nobody knows what is in it."""
    version = ".".join(map(str, sys.version_info[:2]))
    for path, found in scanned.items():
        if found.error:
            message = f"Bandit could not look at it: {one_line(found.error, limit=300)}"
            remedy = f"mend it, run this with a Python newer than {version}, or exclude it in the policy"
            yield inconclusive(RULE, message, subject=path[:1000], remedy=remedy)


def _unknown(options: Options) -> Iterator[Finding]:
    for one in known_tests((*options.tests, *options.skips)):
        yield inconclusive(RULE, f"Bandit has no test {one}", subject="code.sast", remedy="mend the policy")


def _self_test(options: Options) -> Iterator[Finding]:
    """Scan a planted problem; a scanner that does not find it has looked at nothing else either."""
    if (options.tests and _CANARY_TEST not in options.tests) or _CANARY_TEST in options.skips:
        options = Options()
    with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
        Path(folder, "canary.py").write_text(_CANARY)
        found = scan(Path(folder), ["canary.py"], options, 1)["canary.py"]
    if _CANARY_TEST not in [hit.test for hit in found.hits]:
        yield inconclusive(RULE, "Bandit did not find a planted problem", remedy="see that it is whole")


def _introduced(
    problems: Sequence[Problem], before: CommitFiles | None, options: Options
) -> tuple[Problem, ...]:
    """Mark what the change brought in: what a scan of the same files as they were does not find."""
    if before is None:
        return tuple(problems)
    # A path that a tree could hold and no checkout would have is written nowhere: what is there is new.
    paths = sorted({one.subject for one in problems if ".." not in one.subject.split("/")})
    contents = {path: data for path, data in before.read(paths).items() if data is not None}
    with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
        for path, data in contents.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        old = scan(Path(folder), list(contents), options) if contents else {}
    there = {one.fingerprint for one in counted(one for path in old for one in _problems(path, old[path]))}
    return tuple(replace(one, introduced=one.fingerprint not in there) for one in problems)
