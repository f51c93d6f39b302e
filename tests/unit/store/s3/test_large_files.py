"""Large files: sent in parts, and gone on with where a run was broken off."""

from __future__ import annotations

import hashlib
import os

import pytest

from counterseal.errors import StoreConflict, StoreError
from unit.store.s3.given import AT, FAULTS, GOVERNED, LONGER, SEVEN_YEARS
from unit.store.s3.parts import broken_off, large, parts_sent


@pytest.mark.usefixtures("small_parts")
def test_a_large_file_is_sent_in_parts_locked_and_proven(store, server, tmp_path):
    path, digest = large(tmp_path)
    stored = store.put_file("a", path, sha256=digest, retention=SEVEN_YEARS)
    assert (stored.sha256, stored.size, stored.mode) == (digest, 4500, "compliance")
    assert store.head("a") == stored
    assert b"".join(store.chunks("a")) == path.read_bytes()
    assert server.bucket.objects["evidence/x/a"][0].parts == 5


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_fault_while_parts_are_sent_changes_nothing(store, server, tmp_path, fault, method):
    path, digest = large(tmp_path)
    server.plan = [(method, fault), (method, fault)]
    assert store.put_file("a", path, sha256=digest, retention=SEVEN_YEARS).sha256 == digest
    assert len(server.bucket.objects["evidence/x/a"]) == 1


@pytest.mark.usefixtures("small_parts")
def test_a_large_file_that_changes_meanwhile_is_not_stored(store, server, tmp_path):
    path, _ = large(tmp_path)
    with pytest.raises(StoreError, match="changed while it was stored"):
        store.put_file("a", path, sha256="0" * 64)
    assert (server.bucket.objects, server.bucket.uploads) == ({}, {})


@pytest.mark.usefixtures("small_parts")
def test_a_large_file_never_replaces_another(store, server, tmp_path):
    store.put("a", b"first")
    path, digest = large(tmp_path)
    with pytest.raises(StoreConflict):
        store.put_file("a", path, sha256=digest)
    assert store.get("a") == b"first"


@pytest.mark.usefixtures("small_parts")
def test_a_run_that_was_broken_off_goes_on_without_sending_again_what_is_there(store, server, tmp_path):
    path, digest = large(tmp_path)
    there = broken_off(server, path, digest)
    assert there > 0
    stored = store.put_file("a", path, sha256=digest, retention=SEVEN_YEARS)
    assert len(parts_sent(server)) == 5 - there
    assert (stored.sha256, stored.mode) == (digest, "compliance")
    assert b"".join(store.chunks("a")) == path.read_bytes()
    assert server.bucket.uploads == {}


@pytest.mark.usefixtures("small_parts")
def test_parts_of_another_file_that_were_left_there_are_sent_anew(store, server, tmp_path):
    path, digest = large(tmp_path)
    broken_off(server, path, digest)
    path.write_bytes(os.urandom(4500))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert store.put_file("a", path, sha256=digest).sha256 == digest
    assert len(parts_sent(server)) == 5
    assert b"".join(store.chunks("a")) == path.read_bytes()


@pytest.mark.usefixtures("small_parts")
def test_an_upload_that_was_begun_under_a_weaker_lock_ends_under_the_one_asked_for(store, server, tmp_path):
    path, digest = large(tmp_path)
    broken_off(server, path, digest, GOVERNED)
    stored = store.put_file("a", path, sha256=digest, retention=LONGER)
    assert (stored.mode, stored.retain_until) == ("compliance", "2040-01-01T00:00:00Z")


@pytest.mark.usefixtures("small_parts")
def test_a_large_file_that_is_there_is_not_sent_again(store, server, tmp_path):
    path, digest = large(tmp_path)
    store.put_file("a", path, sha256=digest, retention=SEVEN_YEARS)
    server.requests.clear()
    with pytest.raises(StoreConflict):
        store.put_file("a", path, sha256=digest, retention=SEVEN_YEARS)
    assert parts_sent(server) == []


@pytest.mark.usefixtures("small_parts")
def test_every_upload_that_was_left_open_is_finished_or_given_up(store, server, raw, tmp_path):
    path, digest = large(tmp_path)
    for _ in range(3):
        raw.create_multipart_upload(**AT, ChecksumAlgorithm="SHA256")
    raw.create_multipart_upload(Bucket="evidence", Key="evidence/x/ab", ChecksumAlgorithm="SHA256")
    store.put_file("a", path, sha256=digest, retention=SEVEN_YEARS)
    assert [one["key"] for one in server.bucket.uploads.values()] == ["evidence/x/ab"]
