"""The listing of a store is the same whoever lists the blobs."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, Executor, Future

import pytest

from counterseal.audit.sources.listing import begin, whole
from counterseal.errors import StoreError
from counterseal.store.interface import Version

KEYS = [
    "a-stray",
    "approvals/x",
    "blob",
    "blobs",
    "blobs-of-others/x",
    "blobs/",
    "blobs/sha256/00/x",
    "blobs/sha256/ff/x",
    "blobs0",
    "checkpoints/s/000000000001.json",
    "streams/s/000000000001.jsonl",
    "z",
]


class Listing:
    """A store that lists these keys, each with two versions, and may break off behind one."""

    def __init__(self, breaks=None):
        self.breaks = breaks

    def versions(self, prefix, *, after=""):
        for key in sorted(KEYS):
            if key.startswith(prefix) and key > after:
                yield Version(key, "1", 1)
                yield Version(key, "2", 2)
                if key == self.breaks:
                    raise StoreError("it broke off")


class AtOnce(Executor):
    def submit(self, work, *given, **more):
        done = Future()
        done.set_result(work(*given, **more))
        return done


class Dead(Executor):
    def submit(self, *_args, **_more):
        raise BrokenExecutor


@pytest.mark.parametrize("workers", [None, AtOnce(), Dead()])
def test_every_version_of_every_key_is_listed(workers):
    versions, gaps = begin(Listing(), workers)()
    assert versions == {key: (Version(key, "1", 1), Version(key, "2", 2)) for key in KEYS}
    assert gaps == ()
    assert versions == whole(Listing())


@pytest.mark.parametrize("workers", [None, AtOnce(), Dead()])
@pytest.mark.parametrize("breaks", KEYS)
def test_one_that_breaks_off_is_a_gap_wherever_it_does(workers, breaks):
    _, gaps = begin(Listing(breaks), workers)()
    assert [gap.message for gap in gaps] == ["it broke off"]
    with pytest.raises(StoreError):
        whole(Listing(breaks))
