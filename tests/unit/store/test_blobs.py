"""Blobs: idempotent, under their own digest, and a damaged one is noticed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from counterseal.errors import StoreError, UsageError
from counterseal.store.blobs import blob_key, digest_of_file, put_blob
from simulators.memory_store import MemoryStore

DATA = b"evidence"
DIGEST = hashlib.sha256(DATA).hexdigest()
KEY = f"blobs/sha256/{DIGEST[:2]}/{DIGEST}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "evidence"
    path.write_bytes(DATA)
    return path


def test_content_lies_under_its_digest(file: Path):
    for content in (DATA, file):
        store = MemoryStore()
        assert put_blob(store, content).key == KEY
        assert store.objects == {KEY: DATA}


def test_twice_is_once(file: Path):
    store = MemoryStore()
    first = put_blob(store, DATA)
    assert put_blob(store, file) == first == put_blob(store, DATA)
    assert store.objects == {KEY: DATA}


@pytest.mark.parametrize("wrong", [b"", b"evidencf", DATA + b"x"])
def test_a_damaged_blob_is_not_taken_for_the_content(file: Path, wrong: bytes):
    for content in (DATA, file):
        with pytest.raises(StoreError) as caught:
            put_blob(MemoryStore({KEY: wrong}), content)
        assert caught.value.where == KEY
        assert DIGEST in str(caught.value)


def test_the_digest_of_a_file_is_that_of_its_bytes(file: Path):
    assert digest_of_file(file) == DIGEST


def test_a_file_that_cannot_be_read_is_the_callers_error(tmp_path: Path):
    with pytest.raises(UsageError):
        put_blob(MemoryStore(), tmp_path / "missing")


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", DIGEST.upper(), DIGEST[:-1]])
def test_only_a_digest_names_a_blob(digest: str):
    with pytest.raises(StoreError):
        blob_key(digest)
