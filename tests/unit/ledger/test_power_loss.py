"""A loss of power takes away every name that was not synced. Nothing acknowledged may be among them.

Two writers: the first is killed after each of its steps in turn, and leaves names that are not durable; then
the power goes after each step of the second. Whatever subset of the names is lost, the store must verify,
hold all that was acknowledged, and take the next append.
"""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from counterseal.errors import StoreConflict
from counterseal.ledger.verify import verify_store
from simulators.memory_store import MemoryStore
from simulators.releases import STREAM, World


class Stopped(BaseException):
    """The process is gone."""


class VolatileStore(MemoryStore):
    """A store whose names become durable with their directory, in a process that stops after `steps`."""

    steps: int | None = None

    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        super().__init__(objects)
        self.volatile: set[str] = set()

    def _step(self) -> None:
        if self.steps is not None:
            if self.steps == 0:
                raise Stopped
            self.steps -= 1

    def _sync(self, key: str) -> None:
        directory = key.rpartition("/")[0]
        self.volatile -= {name for name in self.volatile if name.rpartition("/")[0] == directory}

    def put(self, key, data, *, retention=None):
        self._step()
        try:
            stored = super().put(key, data, retention=retention)
        except StoreConflict:
            self._sync(key)
            raise
        self.volatile.add(key)
        self._step()
        self._sync(key)
        self._step()
        return stored

    def head(self, key):
        self._step()
        self._sync(key)
        return super().head(key)

    def get(self, key, *, version=None):
        self._step()
        return super().get(key, version=version)

    def keys(self, prefix, *, after=""):
        self._step()
        return super().keys(prefix, after=after)


@pytest.fixture(scope="module")
def world() -> World:
    world = World(VolatileStore())
    world.publish()
    return world


def _append(world: World, objects: dict[str, bytes], volatile: set[str], steps: int | None):
    """Return the store after an append that stops after so many steps, and what the append returned."""
    store = VolatileStore(objects)
    store.volatile, store.steps = set(volatile), steps
    world.store = store
    try:
        done = world.ledger.append(STREAM, world.builder(world.saved))
    except Stopped:
        done = None
    store.steps = None
    return store, done


def _subsets(names: set[str]):
    return chain.from_iterable(combinations(sorted(names), size) for size in range(len(names) + 1))


def test_no_loss_of_power_takes_away_what_was_acknowledged(world: World):
    world.saved = world.candidate()
    before = dict(world.store.objects)
    losses = unfinished = 0
    for first in range(100):
        killed, first_done = _append(world, before, set(), first)
        for second in range(100):
            store, done = _append(world, killed.objects, killed.volatile, second)
            kept = [one for one in (first_done, done) if one is not None]
            for lost in _subsets(store.volatile):
                left = {key: data for key, data in store.objects.items() if key not in lost}
                losses += 1
                report = verify_store(MemoryStore(left), world.trust)
                assert report.findings == (), (first, second, lost)
                unfinished += any(notice.code == "not-acknowledged" for notice in report.notices)
                assert all(one.entry_key in left and one.checkpoint_key in left for one in kept)
                again, third = _append(world, left, set(), None)
                assert third is not None, "the next append must go through"
                assert verify_store(again, world.trust).findings == ()
            if done:
                break
        if first_done:
            break
    else:
        pytest.fail("an append never came to its end")
    assert losses > 100
    assert unfinished > 0
