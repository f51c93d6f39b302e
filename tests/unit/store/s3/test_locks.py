"""Locks: what is stored is locked, proven and extended, and a store that does less is not believed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from counterseal.errors import KeyMissing, StoreError
from counterseal.store.blobs import put_blob
from counterseal.store.interface import Retention
from unit.store.s3.given import AT, GOVERNED, LONGER, SEVEN_YEARS


@pytest.mark.parametrize("retention", [SEVEN_YEARS, GOVERNED])
def test_what_is_stored_is_locked_and_proven(store, server, retention):
    stored = store.put("a", b"data", retention=retention)
    assert (stored.mode, stored.retain_until) == (retention.mode, retention.retain_until)
    assert store.head("a") == stored
    sent = next(headers for method, _, _, headers in server.requests if method == "PUT")
    assert (sent["if-none-match"], sent["x-amz-object-lock-mode"]) == ("*", retention.mode.upper())
    assert "x-amz-checksum-sha256" in sent


def test_a_bucket_without_versions_is_refused_before_anything_is_written(store, server):
    server.bucket.lock, server.bucket.versioning = False, None
    with pytest.raises(StoreError, match="keeps no versions"):
        store.put("a", b"x")
    assert server.bucket.objects == {}


def test_a_bucket_without_a_lock_is_refused_before_anything_is_written(store, server):
    server.bucket.lock = False
    with pytest.raises(StoreError, match="no Object Lock"):
        store.put("a", b"x", retention=SEVEN_YEARS)
    assert server.bucket.objects == {}


def test_a_lock_that_s3_does_not_tell_is_not_proven(store, server):
    server.bucket.reads_lock = False
    with pytest.raises(StoreError, match="cannot be proven") as caught:
        store.put("a", b"x", retention=SEVEN_YEARS)
    assert "s3:GetObjectRetention" in caught.value.remedy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda one: setattr(one, "until", one.until - timedelta(seconds=1)), "less than was asked for"),
        (lambda one: setattr(one, "mode", "GOVERNANCE"), "less than was asked for"),
        (lambda one: setattr(one, "checksum", None), "not what was sent"),
        (lambda one: setattr(one, "data", b"other"), "not what was sent"),
        (lambda one: (setattr(one, "mode", None), setattr(one, "until", None)), "cannot be proven"),
    ],
)
def test_a_store_that_keeps_less_than_it_was_asked_for_is_not_believed(
    store, server, monkeypatch, change, message
):
    add = server.bucket.add

    def weaker(key, version):
        made = add(key, version)
        change(made)
        return made

    monkeypatch.setattr(server.bucket, "add", weaker)
    with pytest.raises(StoreError, match=message):
        store.put("a", b"x", retention=SEVEN_YEARS)


def test_a_store_that_ignores_the_condition_is_not_believed(store, server, monkeypatch):
    """What a client does that hides the header of the condition, and a store that does not know it."""
    store.put("a", b"first", retention=SEVEN_YEARS)
    monkeypatch.setattr(server.bucket, "condition", lambda *_: None)
    with pytest.raises(StoreError, match="2 versions"):
        store.put("a", b"second", retention=SEVEN_YEARS)


def test_a_store_that_lets_a_locked_version_be_deleted_is_told(store, server, raw, monkeypatch):
    """What SeaweedFS did: the writer cannot see it, whoever reads or audits does."""
    made = store.put("a", b"first", retention=SEVEN_YEARS)
    monkeypatch.setattr(server.bucket, "require_unlocked", lambda *_: None)
    raw.delete_object(**AT, VersionId=made.version)
    with pytest.raises(KeyMissing):
        store.get("a")


def test_a_blob_that_two_releases_share_is_kept_as_long_as_the_longer_promise(store, server):
    put_blob(store, b"shared", retention=GOVERNED)
    for retention, until in ((LONGER, "2040-01-01T00:00:00Z"), (SEVEN_YEARS, "2040-01-01T00:00:00Z")):
        stored = put_blob(store, b"shared", retention=retention)
        assert (stored.mode, stored.retain_until) == ("compliance", until)
    assert sum(len(versions) for versions in server.bucket.objects.values()) == 1
    assert put_blob(store, b"shared").retain_until == "2040-01-01T00:00:00Z"


def test_an_extension_that_is_not_kept_is_not_believed(store, server, monkeypatch):
    put_blob(store, b"shared", retention=SEVEN_YEARS)
    monkeypatch.setattr(server.bucket, "retain", lambda *_: None)
    with pytest.raises(StoreError, match="less than was asked for"):
        put_blob(store, b"shared", retention=LONGER)


def test_what_is_not_there_cannot_be_extended(store):
    with pytest.raises(KeyMissing):
        store.extend("absent", LONGER)


def test_an_expiry_in_the_past_is_refused(store):
    past = Retention(retain_until="2020-01-01T00:00:00Z", mode="governance")
    with pytest.raises(StoreError, match="InvalidArgument"):
        store.put("a", b"x", retention=past)
