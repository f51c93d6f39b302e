"""The contract of S3 Object Lock: each row a test, on the strict imitation, on moto, on a real endpoint.

moto does not keep all of it: what it lets through is listed, and a row that it learns makes the list fail. A
real endpoint is asked where `COUNTERSEAL_S3_ENDPOINT` and `COUNTERSEAL_S3_BUCKET` name one whose bucket has
Object Lock and serves for nothing else: what is written there in compliance mode stays for a minute.
"""

from __future__ import annotations

import os
import secrets
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from simulators.s3 import FakeS3, environment

CONFIG = Config(retries={"total_max_attempts": 1}, request_checksum_calculation="when_required")
REAL = os.environ.get("COUNTERSEAL_S3_ENDPOINT"), os.environ.get("COUNTERSEAL_S3_BUCKET")
MOTO_LETS_THROUGH = {
    "test_versioning_cannot_be_suspended": "moto suspends versioning on a bucket with a lock",
    "test_compliance_cannot_be_shortened": "moto shortens a compliance lock",
    "test_compliance_cannot_become_governance": "moto changes the mode of a compliance lock",
    "test_a_mode_needs_a_date": "moto takes a mode without a date",
    "test_a_date_needs_a_mode": "moto takes a date without a mode",
    "test_a_date_lies_ahead": "moto takes a date that has passed",
    "test_a_checksum_that_is_wrong_is_refused": "moto does not compare checksums",
    "test_governance_keeps_a_version_from_being_deleted": "moto takes a bypass that says false for one",
    "test_governance_cannot_be_shortened_without_the_bypass": "moto shortens a governance lock for anybody",
}


@pytest.fixture(params=["imitation", "moto", "real"])
def place(request, monkeypatch):
    """A bucket with Object Lock: a client, the bucket's name, and a fresh key."""
    name = request.node.originalname
    key = f"contract/{secrets.token_hex(8)}"
    if request.param == "imitation":
        with FakeS3() as server, environment(monkeypatch, server):
            server.bucket.bypass = True
            yield SimpleNamespace(client=boto3.client("s3", config=CONFIG), bucket=server.name, key=key)
    elif request.param == "moto":
        if name in MOTO_LETS_THROUGH:
            request.applymarker(pytest.mark.xfail(reason=MOTO_LETS_THROUGH[name], strict=True))
        from moto import mock_aws

        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(variable, "x")
        monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
        with mock_aws():
            client = boto3.client("s3", region_name="us-east-1", config=CONFIG)
            client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
            yield SimpleNamespace(client=client, bucket="locked", key=key)
    else:
        if not all(REAL):
            pytest.skip("COUNTERSEAL_S3_ENDPOINT and COUNTERSEAL_S3_BUCKET name no real endpoint")
        print("writing locked objects that stay for a minute to", REAL[1])
        client = boto3.client("s3", endpoint_url=REAL[0], config=CONFIG)
        yield SimpleNamespace(client=client, bucket=REAL[1], key=key)


def soon(seconds=60):
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)


def put(place, data=b"one", **more):
    more = {"ChecksumAlgorithm": "SHA256"} | more
    return place.client.put_object(Bucket=place.bucket, Key=place.key, Body=data, **more)


def locked(place, mode="GOVERNANCE", until=None, **more):
    return put(place, ObjectLockMode=mode, ObjectLockRetainUntilDate=until or soon(), **more)["VersionId"]


def head(place, version=None):
    exact = {"VersionId": version} if version else {}
    return place.client.head_object(Bucket=place.bucket, Key=place.key, **exact)


def retain(place, version, mode, until, **more):
    return place.client.put_object_retention(
        Bucket=place.bucket, Key=place.key, VersionId=version,
        Retention={"Mode": mode, "RetainUntilDate": until}, **more,
    )  # fmt: skip


def delete(place, version=None, **more):
    exact = {"VersionId": version} if version else {}
    return place.client.delete_object(Bucket=place.bucket, Key=place.key, **exact, **more)


def refused(call, *given, **more):
    with pytest.raises(ClientError) as caught:
        call(*given, **more)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_lock_is_of_a_version_and_not_of_a_key(place):
    first = locked(place)
    second = put(place, b"two")["VersionId"]
    assert first != second
    assert head(place, first)["ObjectLockMode"] == "GOVERNANCE"
    assert "ObjectLockMode" not in head(place, second)


def test_versioning_cannot_be_suspended(place):
    suspended = {"Status": "Suspended"}
    call = place.client.put_bucket_versioning
    assert refused(call, Bucket=place.bucket, VersioningConfiguration=suspended) in (400, 409)


def test_governance_keeps_a_version_from_being_deleted(place):
    version = locked(place)
    assert refused(delete, place, version) == 403
    assert refused(delete, place, version, BypassGovernanceRetention=False) == 403


def test_governance_is_bypassed_with_right_and_header(place):
    version = locked(place)
    delete(place, version, BypassGovernanceRetention=True)
    assert refused(head, place, version) in (404, 400)


def test_governance_cannot_be_shortened_without_the_bypass(place):
    version = locked(place, until=soon(600))
    assert refused(retain, place, version, "GOVERNANCE", soon(60)) == 403
    retain(place, version, "GOVERNANCE", soon(60), BypassGovernanceRetention=True)


def test_compliance_cannot_be_deleted_by_anybody(place):
    version = locked(place, "COMPLIANCE")
    assert refused(delete, place, version) == 403
    assert refused(delete, place, version, BypassGovernanceRetention=True) == 403


def test_compliance_cannot_be_shortened(place):
    version = locked(place, "COMPLIANCE", soon(60))
    assert refused(retain, place, version, "COMPLIANCE", soon(10)) == 403


def test_compliance_cannot_become_governance(place):
    version = locked(place, "COMPLIANCE", soon(60))
    assert refused(retain, place, version, "GOVERNANCE", soon(60), BypassGovernanceRetention=True) == 403


def test_compliance_can_be_extended(place):
    version = locked(place, "COMPLIANCE", soon(30))
    until = soon(60)
    retain(place, version, "COMPLIANCE", until)
    assert head(place, version)["ObjectLockRetainUntilDate"].replace(microsecond=0) == until


def test_a_legal_hold_is_no_retention_and_no_bypass_lifts_it(place):
    version = locked(place)
    hold = {"Bucket": place.bucket, "Key": place.key, "VersionId": version}
    place.client.put_object_legal_hold(**hold, LegalHold={"Status": "ON"})
    assert head(place, version)["ObjectLockLegalHoldStatus"] == "ON"
    assert refused(delete, place, version, BypassGovernanceRetention=True) == 403
    place.client.put_object_legal_hold(**hold, LegalHold={"Status": "OFF"})
    delete(place, version, BypassGovernanceRetention=True)


def test_a_mode_needs_a_date(place):
    assert refused(put, place, ObjectLockMode="GOVERNANCE") == 400


def test_a_date_needs_a_mode(place):
    assert refused(put, place, ObjectLockRetainUntilDate=soon()) == 400


def test_a_date_lies_ahead(place):
    past = datetime(2020, 1, 1, tzinfo=UTC)
    assert refused(put, place, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=past) == 400


def test_a_lock_needs_a_checksum(place):
    body = {"Bucket": place.bucket, "Key": place.key, "Body": b"x"}
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": soon()}
    place.client.meta.events.register("before-sign.s3.PutObject", _without_checksum)
    assert refused(place.client.put_object, **body, **lock) == 400


def _without_checksum(request, **_):
    for name in (
        "Content-MD5",
        "x-amz-checksum-sha256",
        "x-amz-checksum-crc32",
        "x-amz-sdk-checksum-algorithm",
    ):
        del request.headers[name]


def test_a_checksum_that_is_wrong_is_refused(place):
    wrong = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="  # of nothing
    body = {"Bucket": place.bucket, "Key": place.key, "Body": b"x"}
    assert refused(place.client.put_object, **body, ChecksumSHA256=wrong) == 400


def test_a_delete_without_a_version_adds_a_marker_and_removes_nothing(place):
    version = locked(place)
    marker = delete(place)
    assert marker["DeleteMarker"] is True
    assert refused(head, place) == 404
    assert head(place, version)["ContentLength"] == 3
    delete(place, marker["VersionId"])
    assert head(place)["VersionId"] == version


def test_a_condition_keeps_a_key_from_being_written_over(place):
    put(place, IfNoneMatch="*")
    assert refused(put, place, b"two", IfNoneMatch="*") == 412


def test_a_condition_goes_past_a_delete_marker(place):
    put(place, IfNoneMatch="*")
    delete(place)
    put(place, b"two", IfNoneMatch="*")
    assert head(place)["ContentLength"] == 3


def test_a_listing_of_versions_shows_markers_and_the_latest(place):
    first, marker = put(place)["VersionId"], delete(place)["VersionId"]
    listed = place.client.list_object_versions(Bucket=place.bucket, Prefix=place.key)
    assert [(one["VersionId"], one["IsLatest"]) for one in listed["Versions"]] == [(first, False)]
    assert [(one["VersionId"], one["IsLatest"]) for one in listed["DeleteMarkers"]] == [(marker, True)]


def test_a_lock_ends(place):
    version = locked(place, "COMPLIANCE", soon(2))
    time.sleep(3)
    delete(place, version)


def test_a_key_that_is_not_there_is_told(place):
    assert refused(head, place) == 404
