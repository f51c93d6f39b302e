"""Bandit, as a library, over the cores: the same findings as the plain tool, in a share of its time.

Each worker makes one Bandit and gives it its share of the files. The configuration is ours alone: nothing
that lies in the scanned tree (`.bandit`, `pyproject.toml`) is read. A test of Bandit's that fails inside
is told, where Bandit itself only logs it.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import msgspec

_NOSEC: Final = b"nosec"
_BINS: Final = 4  # shares for each worker: small enough that none ends long before the others


class Options(msgspec.Struct, frozen=True):
    """What Bandit is to do.

    Attributes:
        tests: the ids of the tests to run; all when empty.
        skips: the ids of the tests to leave out.
    """

    tests: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()


class Hit(msgspec.Struct, frozen=True):
    """One finding of Bandit's.

    Attributes:
        test: the id of the test.
        name: its name.
        severity: in Bandit's word.
        confidence: in Bandit's word.
        cwe: the weakness by number; 0 for none.
        text: what it says.
        line: the line.
        code: the text of that line.
        uri: where one can read about it.
        nosec: whether a `# nosec` comment is about it.
    """

    test: str
    name: str
    severity: str
    confidence: str
    cwe: int
    text: str
    line: int
    code: str
    uri: str
    nosec: bool = False


class Scanned(msgspec.Struct, frozen=True):
    """What Bandit says of one file.

    Attributes:
        hits: its findings, in its order.
        lines: how many lines of code it counts.
        error: why it could not be looked at whole; None when it was.
    """

    hits: tuple[Hit, ...] = ()
    lines: int = 0
    error: str | None = None


def scan(
    root: Path, paths: Sequence[str], options: Options, workers: int | None = None
) -> dict[str, Scanned]:
    """Return what Bandit says of each file.

    Args:
        root: the folder that the paths are below.
        paths: the files.
        options: what it is to do.
        workers: how many processes; one for each core by default.
    """
    workers = workers or len(os.sched_getaffinity(0))
    shares = _shares(root, paths, workers)
    if len(shares) <= 1:
        return dict(scan_share(root, paths, options))
    _run(root, [], options, ignore_nosec=True)  # made before the processes are, so that they need not
    found: dict[str, Scanned] = {}
    try:
        # Forked, not spawned: a fresh interpreter would not know where the libraries were installed.
        with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
            for done in pool.map(scan_share, [root] * len(shares), shares, [options] * len(shares)):
                found |= dict(done)
    except BrokenProcessPool:
        lost = Scanned(error="Bandit was killed, perhaps for want of memory")
        return found | {path: lost for path in paths if path not in found}
    return {path: found[path] for path in paths}


def scan_share(root: Path, paths: Sequence[str], options: Options) -> list[tuple[str, Scanned]]:
    """Return what Bandit says of some files, in this process."""
    every = _run(root, paths, options, ignore_nosec=True)
    marked = [path for path in paths if every[path].hits and _mentions_nosec(root / path)]
    heeded = _run(root, marked, options, ignore_nosec=False) if marked else {}
    return [(path, _with_nosec(every[path], heeded.get(path))) for path in paths]


def _shares(root: Path, paths: Sequence[str], workers: int) -> list[list[str]]:
    """Return the files in shares of about the same size, the largest files first."""
    sizes = {path: _size(root / path) for path in paths}
    shares: list[tuple[int, list[str]]] = [(0, []) for _ in range(min(workers * _BINS, len(paths)))]
    for path in sorted(paths, key=sizes.__getitem__, reverse=True):
        at = min(range(len(shares)), key=lambda number: shares[number][0])
        shares[at] = (shares[at][0] + sizes[path], [*shares[at][1], path])
    return [share for _, share in shares]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _mentions_nosec(path: Path) -> bool:
    try:
        return _NOSEC in path.read_bytes()
    except OSError:
        return True


def _with_nosec(every: Scanned, heeded: Scanned | None) -> Scanned:
    """Mark the findings that are gone as soon as `# nosec` comments are heeded."""
    if heeded is None:
        return every
    left = list(heeded.hits)
    hits = []
    for hit in every.hits:
        if hit in left:
            left.remove(hit)
            hits.append(hit)
        else:
            hits.append(msgspec.structs.replace(hit, nosec=True))
    return msgspec.structs.replace(every, hits=tuple(hits), error=every.error or heeded.error)


def _run(root: Path, paths: Sequence[str], options: Options, *, ignore_nosec: bool) -> dict[str, Scanned]:
    """Let this process's Bandit look at some files."""
    noise = _Noise()
    logger = logging.getLogger("bandit")
    logger.addHandler(noise)
    logging.getLogger("stevedore").setLevel(logging.CRITICAL)  # formatters that nobody asked for
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the scanned code's syntax, which says nothing of it
            manager, listed = _manager(options, ignore_nosec)
            _blacklist().__dict__["_config"] = listed
            return {path: _one(manager, str(root / path), noise) for path in paths}
    finally:
        logger.removeHandler(noise)


def _one(manager: Any, name: str, noise: _Noise) -> Scanned:
    import linecache

    from bandit.core import metrics

    linecache.clearcache()  # the file may have been another one when it was read last
    manager.files_list, manager.skipped, manager.results = [name], [], []
    manager.metrics, noise.told = metrics.Metrics(), []
    manager.run_tests()
    error = manager.skipped[0][1] if manager.skipped else next(iter(noise.told), None)
    lines = manager.metrics.data["_totals"]["loc"]
    return Scanned(tuple(map(_hit, manager.results)), lines, error and str(error)[:300])


def _hit(issue: Any) -> Hit:
    import linecache

    from bandit.core import docs_utils

    line = linecache.getline(issue.fname, issue.lineno)
    return Hit(
        test=issue.test_id,
        name=issue.test,
        severity=issue.severity,
        confidence=issue.confidence,
        cwe=issue.cwe.id or 0,
        text=issue.text,
        line=issue.lineno,
        code=line.strip(),
        uri=docs_utils.get_url(issue.test_id),
    )


class _Noise(logging.Handler):
    """Hears what Bandit only logs: that one of its tests failed inside."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Remember a message."""
        self.told.append(f"a test of Bandit's failed: {record.getMessage()}")


@cache
def _manager(options: Options, ignore_nosec: bool) -> tuple[Any, Any]:
    """Return a Bandit, and the list of imports and calls that it looks for.

    Bandit keeps that list in one place for the whole process, where whoever was made last has left its own.
    """
    from bandit.core import config, manager

    profile = {"include": set(options.tests), "exclude": set(options.skips)}
    made = manager.BanditManager(
        config.BanditConfig(), "file", quiet=True, profile=profile, ignore_nosec=ignore_nosec
    )
    return made, _blacklist().__dict__["_config"]


def _blacklist() -> Any:
    from bandit.core import blacklisting

    return blacklisting.blacklist


def known_tests(ids: Iterable[str]) -> tuple[str, ...]:
    """Return those of some ids that no test of Bandit's has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bandit.core import extension_loader

    return tuple(one for one in ids if not extension_loader.MANAGER.check_id(one))
