"""What the fake refuses, as S3 does: one row of the semantics after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from unit.store.s3.given import AT, GOVERNED, LATER, SEVEN_YEARS

LOCK = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": LATER}


def refused(call, **given):
    with pytest.raises(ClientError) as caught:
        call(**given)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_lock_is_of_a_version_and_a_new_version_has_its_own(raw, store):
    store.put("a", b"first", retention=SEVEN_YEARS)
    raw.put_object(**AT, Body=b"second")
    assert raw.get_object(**AT)["Body"].read() == b"second"
    assert raw.get_object(**AT, VersionId="v00000001")["Body"].read() == b"first"


def test_versioning_cannot_be_suspended_on_a_bucket_with_a_lock(raw):
    assert (
        refused(raw.put_bucket_versioning, Bucket="evidence", VersioningConfiguration={"Status": "Suspended"})
        == 409
    )


def test_governance_needs_the_right_and_the_header(raw, store, server):
    version = store.put("a", b"x", retention=GOVERNED).version
    assert refused(raw.delete_object, **AT, VersionId=version) == 403
    assert refused(raw.delete_object, **AT, VersionId=version, BypassGovernanceRetention=True) == 403
    server.bucket.bypass = True
    assert refused(raw.delete_object, **AT, VersionId=version) == 403
    raw.delete_object(**AT, VersionId=version, BypassGovernanceRetention=True)
    assert server.bucket.objects["evidence/x/a"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"Mode": "GOVERNANCE", "RetainUntilDate": LATER},
        {"Mode": "COMPLIANCE", "RetainUntilDate": LATER - timedelta(1)},
    ],
)
def test_compliance_cannot_be_shortened_changed_or_deleted_by_anybody(raw, store, server, change):
    version = store.put("a", b"x", retention=SEVEN_YEARS).version
    server.bucket.bypass = True
    given = {**AT, "VersionId": version, "BypassGovernanceRetention": True}
    assert refused(raw.delete_object, **given) == 403
    assert refused(raw.put_object_retention, **given, Retention=change, ChecksumAlgorithm="SHA256") == 403
    longer = {"Mode": "COMPLIANCE", "RetainUntilDate": LATER + timedelta(1)}
    raw.put_object_retention(**AT, VersionId=version, Retention=longer, ChecksumAlgorithm="SHA256")


def test_a_legal_hold_is_no_retention_and_no_bypass_lifts_it(raw, store, server):
    version = store.put("a", b"x").version
    raw.put_object_legal_hold(**AT, VersionId=version, LegalHold={"Status": "ON"}, ChecksumAlgorithm="SHA256")
    server.bucket.bypass = True
    assert refused(raw.delete_object, **AT, VersionId=version, BypassGovernanceRetention=True) == 403
    raw.put_object_legal_hold(
        **AT, VersionId=version, LegalHold={"Status": "OFF"}, ChecksumAlgorithm="SHA256"
    )
    raw.delete_object(**AT, VersionId=version)


def test_the_default_of_a_bucket_applies_at_creation_and_gives_way_to_what_is_stated(raw, store, server):
    server.bucket.default = ("GOVERNANCE", 10)
    assert store.put("a", b"x").mode == "governance"
    assert store.put("b", b"x", retention=SEVEN_YEARS).mode == "compliance"


@pytest.mark.parametrize(
    "lock",
    [{"ObjectLockMode": "COMPLIANCE"}, {"ObjectLockRetainUntilDate": LATER},
     {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": datetime(2020, 1, 1, tzinfo=UTC)}],
)  # fmt: skip
def test_mode_and_date_come_together_and_lie_ahead(raw, lock):
    assert refused(raw.put_object, **AT, Body=b"x", ChecksumAlgorithm="SHA256", **lock) == 400


def test_a_lock_without_a_checksum_and_a_wrong_checksum_are_refused(raw):
    assert refused(raw.put_object, **AT, Body=b"x", **LOCK, ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==") == 400
    assert refused(raw.put_object, **AT, Body=b"x", **LOCK, ChecksumSHA256="A" * 43 + "=") == 400


def test_a_lock_on_a_bucket_without_one_is_refused(raw, server):
    server.bucket.lock = False
    assert refused(raw.put_object, **AT, Body=b"x", **LOCK, ChecksumAlgorithm="SHA256") == 400


def test_a_conditional_write_never_replaces_but_goes_past_a_delete_marker(raw, store):
    store.put("a", b"x")
    assert refused(raw.put_object, **AT, Body=b"y", IfNoneMatch="*") == 412
    raw.delete_object(**AT)
    raw.put_object(**AT, Body=b"y", IfNoneMatch="*")
