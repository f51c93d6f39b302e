"""A world with three releases, for whatever is verified."""

from __future__ import annotations

import pytest

from simulators.memory_store import MemoryStore
from simulators.releases import World


@pytest.fixture
def world() -> World:
    world = World(MemoryStore())
    for label in ("1", "2", "3"):
        world.publish(label=label)
    return world
