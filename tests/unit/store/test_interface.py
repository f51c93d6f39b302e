"""What every store promises, asked of each store there is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.errors import KeyMissing, StoreConflict, StoreError
from counterseal.store.directory import DirectoryStore
from counterseal.store.interface import CHUNK_BYTES, Retention, Store, Stored, require_key
from counterseal.store.s3 import S3Store
from simulators.memory_store import MemoryStore
from simulators.s3 import FakeS3, environment


@pytest.fixture(params=["directory", "memory", "s3"])
def store(request, tmp_path: Path, monkeypatch) -> Iterator[Store]:
    if request.param == "directory":
        yield DirectoryStore(tmp_path / "store")
    elif request.param == "memory":
        yield MemoryStore()
    else:
        with FakeS3(lock=False) as server, environment(monkeypatch, server):
            yield S3Store(server.name, "some/prefix")


def version_of(store: Store) -> str | None:
    """Return the version that the first object of a store has, where it has versions."""
    return "v00000001" if isinstance(store, S3Store) else None


def test_put_tells_what_is_stored_and_get_returns_it(store: Store):
    stored = store.put("a/b", b"data")
    assert stored == Stored("a/b", version_of(store), 4, hashlib.sha256(b"data").hexdigest())
    assert store.get("a/b") == b"data"
    assert store.head("a/b") == stored


def test_an_existing_key_is_a_conflict_and_stays_as_it_was(store: Store):
    store.put("a/b", b"first")
    with pytest.raises(StoreConflict) as caught:
        store.put("a/b", b"second")
    assert caught.value.where == "a/b"
    assert store.get("a/b") == b"first"


def test_a_missing_key_is_told_apart_from_a_failure(store: Store):
    with pytest.raises(KeyMissing):
        store.get("a/b")
    with pytest.raises(KeyMissing):
        list(store.chunks("a/b"))
    assert store.head("a/b") is None


def test_put_file_stores_the_file(store: Store, tmp_path: Path):
    data = b"x" * (CHUNK_BYTES + 5)
    (tmp_path / "file").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    expected = Stored("big", version_of(store), len(data), digest)
    assert store.put_file("big", tmp_path / "file", sha256=digest) == expected
    assert [len(chunk) for chunk in store.chunks("big")] == [CHUNK_BYTES, 5]
    assert b"".join(store.chunks("big")) == data


def test_put_file_refuses_bytes_that_are_not_the_expected_ones(store: Store, tmp_path: Path):
    (tmp_path / "file").write_bytes(b"changed")
    with pytest.raises(StoreError, match="changed"):
        store.put_file("key", tmp_path / "file", sha256=hashlib.sha256(b"expected").hexdigest())
    assert store.head("key") is None


@pytest.mark.parametrize("mode", ["compliance", "governance"])
def test_a_lock_that_cannot_be_proven_is_refused(store: Store, mode: str):
    with pytest.raises(StoreError):
        store.put("key", b"data", retention=Retention(retain_until="2033-01-01T00:00:00Z", mode=mode))
    assert store.head("key") is None


def test_a_store_without_a_lock_does_not_claim_one(store: Store):
    stored = store.put("key", b"data", retention=Retention(retain_until="2033-01-01T00:00:00Z"))
    assert (stored.mode, stored.retain_until) == (None, None)


def test_a_version_is_refused_where_there_are_none(store: Store):
    store.put("key", b"data")
    with pytest.raises(StoreError):
        store.get("key", version="1")


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a-", "a/b", "a/b/", "b", "zz"])
@pytest.mark.parametrize("after", ["", "a-b", "a/b", "a/b/c", "a/bb", "a/\U0010ffff", "a0", "zzz"])
def test_keys_are_those_of_the_prefix_in_order(store: Store, prefix: str, after: str):
    names = ["a-b", "a.b", "a/b/c", "a/b/d", "a/b-/e", "a/bb", "a0", "b"]
    for name in reversed(names):
        store.put(name, b"")
    expected = [name for name in sorted(names) if name.startswith(prefix) and name > after]
    assert list(store.keys(prefix, after=after)) == expected


NO_KEYS = ["", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "./a", "a b", "a\\b", "a\0", "a\n", "é"]
TOO_LONG = ["a" * 201, "/".join("a" * 17), "/".join(["a" * 190] * 6)]


@pytest.mark.parametrize("key", [*NO_KEYS, *TOO_LONG])
def test_what_is_no_key_is_refused_everywhere(store: Store, key: str, tmp_path: Path):
    for call in (lambda: store.put(key, b""), lambda: store.get(key), lambda: store.head(key)):
        with pytest.raises(StoreError, match="not a key"):
            call()
    assert not (tmp_path / "store").exists()


@given(st.text(alphabet="aB0._-/", max_size=30))
def test_a_key_that_is_taken_is_a_path_below_the_root(key: str):
    try:
        require_key(key)
    except StoreError:
        parts = key.split("/")
        assert len(parts) > 16 or {"", ".", ".."} & set(parts)
    else:
        assert Path("/root", key).resolve().is_relative_to("/root")
        assert str(Path("/root", key).resolve()) == f"/root/{key}"
