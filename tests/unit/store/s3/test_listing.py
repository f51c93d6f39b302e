"""Listings: versions, markers and pages, and keys that somebody deleted or wrote over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from counterseal.errors import KeyMissing, StoreError
from counterseal.ledger.verify import verify_store
from counterseal.manifest.types import format_time
from counterseal.seal.trust import EMPTY
from counterseal.store.interface import Retention
from counterseal.store.s3 import S3Store
from unit.store.s3.given import AT, SEVEN_YEARS


def test_versions_are_listed_with_markers_and_what_keeps_them(store, server, raw):
    made = store.put("a", b"first", retention=SEVEN_YEARS)
    raw.delete_object(**AT)
    first, marker = store.versions("")
    assert (first.version, first.size, first.marker, first.latest) == (made.version, 5, False, False)
    assert (marker.marker, marker.latest, marker.size) == (True, True, 0)
    lock = store.lock("a", made.version)
    assert (lock.mode, lock.retain_until) == ("compliance", "2033-01-01T00:00:00Z")
    server.bucket.reads_lock = False
    assert store.lock("a", made.version).mode is None
    with pytest.raises(KeyMissing):
        store.lock("a", "v99")


def test_a_key_that_somebody_deleted_or_wrote_over_is_told_and_never_read(store, raw):
    store.put("a", b"first", retention=SEVEN_YEARS)
    store.put("b", b"first", retention=SEVEN_YEARS)
    raw.delete_object(**AT)
    raw.put_object(Bucket="evidence", Key="evidence/x/b", Body=b"second")
    for key, message in (("a", "a delete marker lies over it"), ("b", "it has 2 versions")):
        for call in (store.get, store.head, lambda key: list(store.chunks(key))):
            with pytest.raises(StoreError, match=message):
                call(key)
    assert list(store.keys("")) == ["a", "b"]
    with pytest.raises(StoreError, match="delete marker"):
        store.put("a", b"again", retention=SEVEN_YEARS)


def test_every_page_of_a_listing_is_followed_and_names_are_in_the_order_of_bytes(store):
    names = sorted(f"k/{at:02}" for at in range(10))
    for name in reversed(names):
        store.put(name, b"")
    assert list(store.keys("k/")) == names
    assert list(store.keys("k/", after="k/04")) == names[5:]


def test_a_page_that_ends_between_the_versions_of_a_key_hides_none(store, server, raw):
    for name in ("a", "b", "c", "d"):
        store.put(name, b"mine")
    for data in (b"theirs", b"theirs as well"):
        raw.put_object(Bucket=server.name, Key="evidence/x/c", Body=data)
    for server.page in range(1, 7):
        assert [one.key for one in store.versions("")] == ["a", "b", "c", "c", "c", "d"]
    with pytest.raises(StoreError, match="it has 3 versions"):
        store.get("c")


@pytest.mark.parametrize(
    ("markers", "said"),
    [
        ({}, "and not where"),
        ({"NextKeyMarker": "a"}, "and not where"),
        ({"NextVersionIdMarker": "v1"}, "and not where"),
        ({"NextKeyMarker": "a", "NextVersionIdMarker": "v1"}, "the same page"),
    ],
)
def test_a_listing_that_does_not_go_on_ends_with_an_error(markers, said):
    pages = SimpleNamespace(list_object_versions=lambda **_: {"IsTruncated": True, **markers})
    with pytest.raises(StoreError, match=said):
        list(S3Store("evidence", client=pages).versions(""))


def test_an_object_with_the_very_name_of_the_prefix_is_listed(store, server, raw):
    raw.put_object(Bucket=server.name, Key="evidence/x/", Body=b"stray")
    store.put("a", b"mine")
    assert [one.key for one in store.versions("")] == list(store.keys("")) == ["", "a"]
    assert list(store.keys("", after="a")) == []
    strays = [one.where for one in verify_store(store, EMPTY).findings if one.code == "object-unknown"]
    assert strays == ["/", "a"]


def test_time_is_written_to_the_second(store):
    until = format_time(datetime.now(UTC) + timedelta(days=3))
    assert (
        store.put("a", b"x", retention=Retention(retain_until=until, mode="governance")).retain_until == until
    )
