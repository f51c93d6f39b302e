"""The work of an audit, split: over the processes of one machine, and over the jobs of a matrix."""

from __future__ import annotations

import gc
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from zlib import crc32

from counterseal.audit.sources.proven import Name, Proof, Proven, prove, read_batch, same
from counterseal.errors import UsageError
from counterseal.store.interface import Store

T = TypeVar("T")

_BLOCK: Final = 64
"""How many releases of a stream, one after another, go to the same job."""

_BATCH: Final = 128
"""How many releases a process is given at a time."""

FEW: Final = 200
"""Fewer releases are verified sooner than a process has begun."""

_BEHIND: Final = 5
"""By how much the processes are nicer than the one that puts together what they find."""

_SHARD: Final = re.compile(r"([1-9][0-9]{0,2})/([1-9][0-9]{0,2})")
_MOST: Final = 256


@dataclass(frozen=True)
class Shared:
    """What others have verified.

    Attributes:
        proven: the releases that they vouch for.
        signatures: how many signatures they have verified.
        blobs: how many files they have read.
        asked: how many releases they were asked about.
    """

    proven: Mapping[Name, Proven] = field(default_factory=dict)
    signatures: int = 0
    blobs: int = 0
    asked: int = 0


@dataclass(frozen=True)
class Shard:
    """One part of the releases of a store.

    Attributes:
        index: which part, from 1.
        count: of how many.
    """

    index: int
    count: int

    def holds(self, name: Name) -> bool:
        """Tell whether a release is of this part: that stays so while the store grows."""
        stream, sequence = name
        return (crc32(stream.encode()) + (sequence - 1) // _BLOCK) % self.count == self.index - 1


def read_shard(text: str) -> Shard:
    """Read `INDEX/COUNT`.

    Raises:
        UsageError: it is something else.
    """
    match = _SHARD.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]) or int(match[2]) > _MOST:
        raise UsageError(f"no part of the work is called {text[:40]!r}", where="shard", remedy="say 2/4")
    return Shard(int(match[1]), int(match[2]))


def elsewhere(workers: Executor, work: Callable[..., T], *given: Any) -> Callable[[], T]:
    """Have another process do something, and return what waits for it; what it dies of is done here."""
    try:
        asked = workers.submit(work, *given)
    except BrokenExecutor:
        return lambda: work(*given)

    def answer() -> T:
        try:
            return asked.result()
        except BrokenExecutor:
            return work(*given)

    return answer


def share(proof: Proof, names: Sequence[Name], workers: Executor | None) -> Callable[[], Shared]:
    """Have releases verified by other processes; for a few, or without any, nobody vouches for anything.

    Args:
        proof: what they are proven with.
        names: the releases.
        workers: the processes.

    Returns:
        What waits for what they have verified.
    """
    answers = _asked(workers, names, lambda pool, batch: pool.submit(prove, proof, batch))
    return lambda: _gathered(answers(), len(names))


def still_same(
    store: Store, taken: Mapping[Name, Proven], workers: Executor | None
) -> Callable[[], set[Name]]:
    """Return what waits for the releases that others see to have the bytes that they were verified with."""
    names = list(taken)

    def ask(pool: Executor, batch: Sequence[Name]) -> Future[list[bool]]:
        known = ((name, taken[name]) for name in batch)
        return pool.submit(same, store, [(name, one.entry, one.checkpoint_digest) for name, one in known])

    answers = _asked(workers, names, ask)

    def found() -> set[Name]:
        told = [one for batch in answers() for one in batch]
        return {name for name, is_same in zip(names, told, strict=True) if is_same} if told else set()

    return found


def is_much(names: Sized, workers: Executor | None) -> bool:
    """Tell whether there are so many releases, and others, that it is they who verify them."""
    return workers is not None and len(names) >= FEW


def _asked(
    workers: Executor | None,
    names: Sequence[Name],
    ask: Callable[[Executor, Sequence[Name]], Future[T]],
) -> Callable[[], list[T]]:
    """Ask other processes about batches of releases; they answer nothing where they die, or for a few."""
    if workers is None or not is_much(names, workers):
        return list
    try:
        waiting = [ask(workers, batch) for batch in _batches(names)]
    except BrokenExecutor:
        return list

    def answers() -> list[T]:
        try:
            return [one.result() for one in waiting]
        except BrokenExecutor:
            return []

    return answers


def alone(proof: Proof, names: Sequence[Name]) -> Shared:
    """Verify releases each by itself in this process."""
    return _gathered((prove(proof, batch) for batch in _batches(names)), len(names))


def _gathered(batches: Iterable[bytes], asked: int) -> Shared:
    proven, signatures, blobs = dict[Name, Proven](), 0, 0
    for batch in map(read_batch, batches):
        proven.update({(one.release.stream, one.release.sequence): one for one in batch.releases})
        signatures, blobs = signatures + batch.signatures, blobs + batch.blobs
    return Shared(proven, signatures, blobs, asked)


@contextmanager
def processes(count: int) -> Iterator[Executor | None]:
    """Yield so many processes; None where one is enough.

    Enter it before there are threads and clients: a copy of this process would hold the locks of the ones and
    the connections of the others, so that processes begin anew where there are any, and load all once more.
    """
    if count < 2:  # noqa: PLR2004 - this process is one
        yield None
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    copied = sys.platform == "linux" and threading.active_count() == 1
    pool = ProcessPoolExecutor(
        count, multiprocessing.get_context("fork" if copied else "spawn"), _stand_behind
    )
    if copied:
        pool.submit(os.getpid)  # all of them are copies of this moment
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # they end while this process goes on


def _stand_behind() -> None:
    """Leave the first place to the process that puts together what others find: all wait for that one."""
    os.nice(_BEHIND)
    gc.enable()


def cores() -> int:
    """Return how many processes can run at a time here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(names: Sequence[Name]) -> Iterator[Sequence[Name]]:
    for at in range(0, len(names), _BATCH):
        yield names[at : at + _BATCH]
