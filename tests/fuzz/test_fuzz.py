"""10,000 malformed inputs through the command line: each is refused, with its own exit code and a reason."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzz.campaign import Tally, problems, run, table
from fuzz.mutations import BEYOND_EVERY_LIMIT
from fuzz.target import Target
from fuzz.targets import targets
from fuzz.world import World, build, initialise

MEMORY = 1024 * 1024 * 1024  # how much more than at the start this process may use, in bytes
IN_PROCESS, IN_SUBPROCESSES = 10_000, 60


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("fuzz")
    here = Path.cwd()
    initialise(home / "checkout")
    os.chdir(home / "checkout")
    try:
        yield build(home)
    finally:
        os.chdir(here)


@pytest.fixture(scope="module")
def spoilt(world: World) -> list[Target]:
    return targets(world)


@pytest.fixture
def _bounded() -> Iterator[None]:
    """Bound the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def report(world: World, tally: Tally) -> None:
    """Print the counts; keep the inputs that were not answered as they must be, and fail for them."""
    print(f"\n\n{table(tally.codes, 'malformed by')}\n\n{table(tally.targets, 'malformed')}\n")
    print(f"{tally.malformed} malformed inputs, {tally.harmless} harmless ones, {len(tally.defects)} defects")
    for number, defect in enumerate(tally.defects):
        (world.home / f"defect-{number}").write_bytes(defect.data)
    told = "\n".join(map(str, tally.defects[:20]))
    assert not tally.defects, f"{told}\nthe inputs are in {world.home}/defect-*"


@pytest.mark.usefixtures("_bounded")
def test_every_malformed_input_is_refused(world: World, spoilt: list[Target]) -> None:
    tally = run(spoilt, world.run, lambda target: target.share)
    report(world, tally)
    assert tally.malformed >= IN_PROCESS


def test_real_processes_with_bounded_memory(world: World, spoilt: list[Target]) -> None:
    tally = run([one for one in spoilt if one.driver is None], world.spawn, lambda _: 5)
    report(world, tally)
    assert tally.malformed >= IN_SUBPROCESSES


@pytest.mark.parametrize("name", ["bundle", "entry", "trust file", "JUnit report", "policy file"])
def test_a_document_beyond_every_limit(world: World, spoilt: list[Target], name: str) -> None:
    (target,) = [one for one in spoilt if one.name == name]
    with target.put(b"[" + b" " * BEYOND_EVERY_LIMIT + b"]") as call:
        said = world.spawn(call)
    assert said.code in {2, 12}, said
    assert not list(problems(target, said))
