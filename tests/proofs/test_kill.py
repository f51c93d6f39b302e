"""Proof: a process that is killed at any moment loses nothing that it was told is kept.

`kill -9` leaves the disk's cache intact, so this shows that the process may stop at any instruction. That the
right things are synced in the right order is shown in `tests/unit/store/test_directory.py`, and what a loss
of power may take away in `tests/unit/ledger/test_power_loss.py`.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from counterseal.ledger.append import Ledger
from counterseal.ledger.verify import verify_store
from counterseal.manifest.digest import sha256
from counterseal.seal.bundle import parse_bundle
from counterseal.store.directory import DirectoryStore
from simulators.releases import STREAM, World

APPENDS = 300
WARM_UP = 5  # appends that tell how long one takes here


class Appender:
    """A child that appends until it is killed, and says so each time that an append has returned."""

    def __init__(self, world: World, build) -> None:
        read, write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(read)
            self._work(world, build, write)
        os.close(write)
        self._pipe = read

    def _work(self, world: World, build, pipe: int) -> None:
        try:
            ledger: Ledger = world.ledger
            while True:
                done = ledger.append(STREAM, build)
                os.write(pipe, f"{done.entry_key} {done.payload_digest}\n".encode())  # one write, never torn
        finally:
            os._exit(1)

    def kill(self) -> dict[str, str]:
        """Kill the child and return what it was told is kept: keys and payload digests."""
        os.kill(self._pid, signal.SIGKILL)
        _, status = os.waitpid(self._pid, 0)
        assert os.WIFSIGNALED(status), "the child failed before it was killed"
        with os.fdopen(self._pipe, "rb") as pipe:
            return dict(line.split() for line in pipe.read().decode().splitlines())


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_however_often_the_writer_is_killed(tmp_path: Path):
    world = World(DirectoryStore(tmp_path / "store"))
    build = world.builder(world.candidate())
    began = time.monotonic()
    for _ in range(WARM_UP):
        last = world.ledger.append(STREAM, build).sequence
    longest = 0.01 + 5 * (time.monotonic() - began) / WARM_UP  # seconds that a child lives at most
    chance = random.Random()
    kept: dict[str, str] = {}
    kills = unfinished = 0
    began = time.monotonic()
    while len(kept) < APPENDS:
        child = Appender(world, build)
        time.sleep(chance.uniform(0, longest))
        told = child.kill()
        kills += 1
        assert not told.keys() & kept.keys()
        kept |= told
        report = verify_store(
            world.store, world.trust, sequence=last
        )  # the whole chain, one entry's evidence
        last = report.entries
        assert report.findings == ()
        assert {notice.code for notice in report.notices} <= {"not-acknowledged"}
        unfinished += len(report.notices)
        assert all(_payload(world, key) == digest for key, digest in told.items())
    final = verify_store(world.store, world.trust)
    assert final.findings == ()
    assert all(_payload(world, key) == digest for key, digest in kept.items())
    temporary = len(list((tmp_path / "store" / "tmp").iterdir()))
    print(
        f"\n{len(kept)} acknowledged appends, {kills} kills in {time.monotonic() - began:.1f} s: none lost; "
        f"{final.entries} entries, {unfinished} kills between an entry and its checkpoint, "
        f"{temporary} stray temporary files, no finding after any kill"
    )


def _payload(world: World, key: str) -> str:
    bundle, _ = world.store.get(key).splitlines()
    return sha256(parse_bundle(bundle, where=key).envelope.payload)
