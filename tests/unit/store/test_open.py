"""Addresses of stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterseal.errors import UsageError
from counterseal.store.open import open_store


@pytest.mark.parametrize("form", ["dir:{}", "{}"])
def test_a_directory_is_opened_by_scheme_or_plain_path(tmp_path: Path, form: str):
    open_store(form.format(tmp_path / "store")).put("a", b"data")
    assert (tmp_path / "store" / "a").read_bytes() == b"data"


def test_a_relative_path_is_meant_from_where_the_store_was_opened(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store("store")
    monkeypatch.chdir("/")
    store.put("a", b"data")
    assert (tmp_path / "store" / "a").exists()


@pytest.mark.parametrize(
    "uri",
    ["s3:bucket", "s3://", "s3://UPPER/x", "s3://bucket/../x", "gs://bucket", "http://x", "dir:", "", "a\0b"],
)
def test_what_names_no_store_is_refused(uri: str):
    with pytest.raises(UsageError):
        open_store(uri)


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/", "s3://bucket/a/b", "s3://bucket/a/b/"])
def test_a_bucket_is_opened_and_nothing_is_asked_of_it(uri: str):
    from counterseal.store.s3 import S3Store

    assert isinstance(open_store(uri), S3Store)


@pytest.mark.parametrize("key", ["alias/evidence", "1234abcd", "arn:aws:kms:eu-west-1:111122223333:alias/x"])
def test_a_key_that_could_not_be_read_back_is_refused(monkeypatch, key):
    monkeypatch.setenv("COUNTERSEAL_S3_KMS_KEY", key)
    with pytest.raises(UsageError, match="no ARN of a key"):
        open_store("s3://evidence/x")
