"""Proof: many writers on one stream make one chain. Nothing is lost, doubled or forked."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from pathlib import Path

import pytest

from counterseal.ledger.head import StreamReader
from counterseal.ledger.layout import identity_of
from counterseal.ledger.verify import verify_store
from counterseal.store.directory import DirectoryStore
from factories import REPOSITORY
from simulators.releases import STREAM, World

PROCESSES = 32
APPENDS = 25


@pytest.mark.slow
def test_many_processes_append_to_one_stream(tmp_path: Path):
    world = World(DirectoryStore(tmp_path / "store"))
    candidate = world.candidate()
    context = multiprocessing.get_context("fork")
    start = context.Event()

    def work(worker: int) -> None:
        ledger = world.ledger
        start.wait()
        for number in range(APPENDS):
            ledger.append(STREAM, world.builder(candidate, run=worker * APPENDS + number + 1))

    children = [context.Process(target=work, args=(worker,)) for worker in range(PROCESSES)]
    for child in children:
        child.start()
    began = time.monotonic()
    start.set()
    for child in children:
        child.join()
    seconds = time.monotonic() - began

    assert [child.exitcode for child in children] == [0] * PROCESSES
    report = verify_store(world.store, world.trust)
    assert (report.findings, report.notices) == ((), ())
    assert report.entries == PROCESSES * APPENDS
    reader = StreamReader(world.store, None)
    runs = Counter(
        reader.entry(identity_of(STREAM), number).manifest.builder.run_url
        for number in range(1, report.entries + 1)
    )
    expected = range(1, PROCESSES * APPENDS + 1)
    assert runs == Counter(f"{REPOSITORY}/actions/runs/{number}" for number in expected)
    print(
        f"\n{PROCESSES} processes, {report.entries} entries on one stream in {seconds:.1f} s: "
        "no gap, no fork, none lost, none doubled"
    )
