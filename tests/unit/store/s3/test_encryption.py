"""Encryption: with the key that was asked for, and proven."""

from __future__ import annotations

import pytest

from counterseal.errors import StoreError
from counterseal.store.s3 import S3Store
from unit.store.s3.given import SEVEN_YEARS
from unit.store.s3.parts import broken_off, large, parts_sent

KMS = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [10, 4500])
def test_what_is_stored_is_encrypted_with_the_key_and_proven(server, tmp_path, size):
    path, digest = large(tmp_path, size)
    S3Store(server.name, kms=KMS).put_file("a", path, sha256=digest, retention=SEVEN_YEARS)
    assert server.bucket.objects["a"][0].kms == KMS


@pytest.mark.parametrize("told", [None, KMS.replace("1234abcd", "ffffffff")])
def test_a_store_that_encrypts_with_another_key_or_none_is_not_believed(server, monkeypatch, told):
    monkeypatch.setattr("simulators.s3_bucket.kms_of", lambda _: told)
    with pytest.raises(StoreError, match="not encrypted with"):
        S3Store(server.name, kms=KMS).put("a", b"x", retention=SEVEN_YEARS)


@pytest.mark.usefixtures("small_parts")
def test_an_upload_of_an_unknown_key_is_not_gone_on_with(server, tmp_path):
    path, digest = large(tmp_path)
    broken_off(server, path, digest)
    S3Store(server.name, "evidence/x", kms=KMS).put_file("a", path, sha256=digest, retention=SEVEN_YEARS)
    assert len(parts_sent(server)) == 5
    assert server.bucket.objects["evidence/x/a"][0].kms == KMS
