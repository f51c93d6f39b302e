"""That a key in S3 has one version: of one and of many, whatever else is listed, wherever a page ends."""

from __future__ import annotations

import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.errors import CountersealError, KeyMissing, StoreError
from counterseal.store.blobs import blob_key, put_blob, put_blobs
from counterseal.store.interface import Batched, Retention
from counterseal.store.s3 import S3Store
from counterseal.store.s3_sole import require_each_sole, require_sole
from simulators.s3 import FakeS3, environment

LOCKED = Retention(retain_until="2033-01-01T00:00:00Z", mode="governance")


@pytest.fixture
def server(monkeypatch):
    with FakeS3() as made, environment(monkeypatch, made):
        made.page = 1000
        yield made


@pytest.fixture
def store(server):
    return S3Store(server.name, "x", pause=lambda _: None)


def many(tmp_path, count=40):
    paths = [tmp_path / f"{at}" for at in range(count)]
    for at, path in enumerate(paths):
        path.write_bytes(b"%d" % at)
    return dict.fromkeys(paths, LOCKED)


def key_of(path):
    return blob_key(hashlib.sha256(path.read_bytes()).hexdigest())


def listings(server):
    return [query for method, key, query, _ in server.requests if "versions" in query and not key]


def test_many_are_proven_by_one_listing(store, server, tmp_path):
    put_blobs(store, many(tmp_path))
    assert len(listings(server)) == 1
    reads = [query for method, _, query, _ in server.requests if method == "HEAD"]
    assert len(reads) == 40
    assert all("versionId" in query for query in reads)


@pytest.mark.parametrize("page", [1, 3, 1000])
def test_among_many_one_that_was_deleted_before_is_named(store, server, tmp_path, page):
    files = many(tmp_path)
    bad = key_of(list(files)[17])
    put_blob(store, b"17", retention=LOCKED)
    server.bucket.delete(f"x/{bad}", None, {})
    server.page = page
    with pytest.raises(StoreError, match="delete marker") as caught:
        put_blobs(store, files)
    assert caught.value.where == bad


@pytest.mark.parametrize("page", [1, 3, 1000])
def test_among_many_one_that_was_written_over_meanwhile_is_named(store, server, tmp_path, monkeypatch, page):
    files = many(tmp_path)
    bad = key_of(list(files)[17])
    add = server.bucket.add

    def twice(key, version):
        made = add(key, version)
        if key.endswith(bad):
            server.bucket.objects[key].append(type(made)("other", b"other"))
        return made

    monkeypatch.setattr(server.bucket, "add", twice)
    server.page = page
    with pytest.raises(StoreError, match="2 versions") as caught:
        put_blobs(store, files)
    assert caught.value.where == bad


def test_in_a_crowd_each_is_asked_for_by_itself(store, server, tmp_path):
    for at in range(3000):
        key = blob_key(hashlib.sha256(b"other %d" % at).hexdigest())
        server.bucket.put(f"x/{key}", b"", {})
    files = many(tmp_path, 20)
    put_blobs(store, files)
    assert len(listings(server)) <= 21
    server.bucket.delete(f"x/{key_of(list(files)[3])}", None, {})
    with pytest.raises(StoreError, match="delete marker"):
        put_blobs(store, files)


def test_nothing_is_proven_before_the_batch_has_ended(store, server):
    assert isinstance(store, Batched)
    batch = store.batch()
    within = batch.__enter__()
    for key in ("a", "b"):
        assert within.put(key, b"1", retention=LOCKED).mode == "governance"
    server.bucket.put("x/a", b"2", {})
    with pytest.raises(StoreError, match="2 versions"):
        batch.__exit__(None, None, None)


def test_a_listing_that_ends_between_two_versions_shows_both(store, server):
    store.put("a", b"1")
    server.bucket.put("x/a", b"2", {})
    server.page = 1
    assert [(one.key, one.latest) for one in store.versions("")] == [("a", True), ("a", False)]
    with pytest.raises(StoreError, match="2 versions"):
        store.get("a")


@pytest.mark.parametrize(("size", "waits"), [(65_536, False), (2 * 1024 * 1024 + 1, True)])
def test_a_small_body_goes_with_its_headers(store, server, size, waits):
    store.put("a", bytes(size))
    (sent,) = (headers for method, _, _, headers in server.requests if method == "PUT")
    assert ("expect" in sent) is waits


# -- in general -------------------------------------------------------------------------------------------


class Listed:
    """Calls of a bucket that lists what it is given, pages of any size."""

    prefix = "p/"

    def __init__(self, rows, page):
        self.rows, self.page = sorted(rows, key=lambda row: row[0]), page

    def at(self, key):
        return {"Key": self.prefix + key}

    def pages(self, prefix, after="", most=None):
        rows = [
            {"Key": self.prefix + key, **({} if marker else {"Size": 1})}
            for key, marker in self.rows
            if key.startswith(prefix) and key > after
        ]
        size = min(self.page, most or 1000)
        yield from (rows[at : at + size] for at in range(0, len(rows), size) or [0])

    def listed(self, prefix, after=""):
        return (row for page in self.pages(prefix, after) for row in page)


names = st.text("ab" + string.digits, min_size=1, max_size=3)


@given(st.lists(st.tuples(names, st.booleans())), st.sets(names, min_size=1), st.integers(1, 7))
def test_many_are_judged_as_each_would_be(rows, keys, page):
    calls = Listed(rows, page)
    told = set()
    for key in keys:
        try:
            require_sole(calls, key)
        except CountersealError as refusal:
            told.add((type(refusal), refusal.where, refusal.message))
    if not told:
        require_each_sole(calls, list(keys))
        return
    with pytest.raises(StoreError) as caught:
        require_each_sole(calls, list(keys))
    assert (type(caught.value), caught.value.where, caught.value.message) in told


@given(st.sets(names, min_size=1), st.integers(1, 7))
def test_keys_with_one_version_each_pass_whatever_lies_between(keys, page):
    require_each_sole(Listed([(key, False) for key in {*keys, "a", "aa", "b"}], page), list(keys))


def test_what_is_not_there_is_told():
    with pytest.raises(KeyMissing):
        require_each_sole(Listed([("a", False)], 1), ["a", "b"])
