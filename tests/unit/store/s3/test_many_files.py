"""Many files at a time, each locked and told."""

from __future__ import annotations

import pytest

from counterseal.errors import StoreError
from counterseal.store.blobs import put_blobs
from unit.store.s3.given import SEVEN_YEARS


def many(tmp_path, count=30):
    paths = [tmp_path / f"{at}" for at in range(count)]
    for at, path in enumerate(paths):
        path.write_bytes(b"%d" % at)
    return paths


def test_many_files_are_stored_at_a_time_each_locked_and_told(store, server, tmp_path):
    told = []
    put_blobs(store, dict.fromkeys(many(tmp_path), SEVEN_YEARS), told=lambda *one: told.append(one))
    assert told == [(done, 30) for done in range(1, 31)]
    kept = [one for versions in server.bucket.objects.values() for one in versions]
    assert (len(kept), {one.mode for one in kept}) == (30, {"COMPLIANCE"})


def test_one_file_that_cannot_be_stored_ends_it_and_the_next_run_completes_it(store, server, tmp_path):
    paths = many(tmp_path)
    server.plan = [("PUT", 403)]
    with pytest.raises(StoreError, match="S3 refuses"):
        put_blobs(store, dict.fromkeys(paths, SEVEN_YEARS))
    put_blobs(store, dict.fromkeys(paths, SEVEN_YEARS))
    assert [len(versions) for versions in server.bucket.objects.values()] == [1] * 30
