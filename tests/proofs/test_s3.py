"""Proof: many writers of one stream in S3, which fails in every way, make one chain, though some die."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from counterseal.ledger.head import StreamReader
from counterseal.ledger.layout import identity_of
from counterseal.ledger.verify import verify_store
from counterseal.store.interface import Retention
from counterseal.store.s3 import S3Store
from factories import REPOSITORY
from simulators.releases import STREAM, World
from simulators.s3 import FakeS3, environment

PROCESSES = int(os.environ.get("S3_PROCESSES", "6"))
APPENDS = int(os.environ.get("S3_APPENDS", "8"))
FAULTS = (500, 503, 409, 412, "cut", "cut after", "slow")
LOCKED = Retention(retain_until="2099-01-01T00:00:00Z", mode="governance")


def work(world: World, worker: int, acknowledged: Path, start) -> None:
    """Append releases; tell of each one when it is acknowledged."""
    candidate, ledger = world.candidate(), world.ledger
    start.wait()
    with acknowledged.open("a", buffering=1) as told:
        for number in range(APPENDS):
            run = worker * APPENDS + number + 1
            ledger.append(STREAM, _kept(world.builder(candidate, run=run)))
            told.write(f"{run}\n")


def _kept(build):
    """Return a builder whose manifests state how long they are kept, and under which lock."""

    def built(chain, head):
        statement = build(chain, head)
        return replace(statement, predicate=structs.replace(statement.predicate, retention=LOCKED))

    return built


@pytest.mark.slow
def test_many_processes_append_to_one_stream_in_s3(tmp_path: Path, monkeypatch):
    chance, dice = 0.04, random.Random(7)
    with FakeS3() as server, environment(monkeypatch, server):
        server.page, server.requests = 1000, Forgetful()
        server.chance = lambda: dice.choice(FAULTS) if dice.random() < chance else None
        world = World(S3Store(server.name, "proof"))
        context = multiprocessing.get_context("fork")
        start = context.Event()
        files = [tmp_path / f"{worker}" for worker in range(PROCESSES)]
        children = [
            context.Process(target=work, args=(world, worker, file, start))
            for worker, file in enumerate(files)
        ]
        for child in children:
            child.start()
        start.set()
        began = time.monotonic()
        killed = children[:2]
        for child in killed:
            time.sleep(0.7)
            os.kill(child.pid, signal.SIGKILL)
        for child in children:
            child.join()
        seconds = time.monotonic() - began
        server.chance = None

        assert [child.exitcode for child in children[2:]] == [0] * (PROCESSES - 2)
        told = Counter(int(line) for file in files if file.exists() for line in file.read_text().split())
        plain = World(S3Store(server.name, "proof")).store
        report = verify_store(plain, world.trust)
        assert report.findings == ()
        reader = StreamReader(plain, None)
        runs = Counter(
            reader.entry(identity_of(STREAM), number).manifest.builder.run_url
            for number in range(1, report.entries + 1)
        )
        assert set(runs.values()) == {1}
        assert {f"{REPOSITORY}/actions/runs/{run}" for run in told} <= set(runs)
        assert report.entries >= (PROCESSES - 2) * APPENDS
        versions = server.bucket.objects
        assert all(len(found) == 1 for found in versions.values())
        chained = [
            found[0] for key, found in versions.items() if "/streams/" in key or "/checkpoints/" in key
        ]
        assert {(one.mode, one.until.year) for one in chained} == {("GOVERNANCE", 2099)}
        assert len(chained) >= 2 * report.entries - 1
    print(
        f"\n{PROCESSES} processes, two of them killed, {report.entries} entries on one stream in S3 in "
        f"{seconds:.1f} s, {chance:.0%} of the answers failed: "
        "no gap, no fork, none lost, none doubled, all locked"
    )


class Forgetful(list):
    """A list that keeps nothing."""

    def append(self, _):
        """Forget it."""
