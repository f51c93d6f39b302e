"""The store in S3: a test for each thing that Object Lock promises or leaves open, and each way to fail."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from counterseal.errors import Inconclusive, KeyMissing, StoreConflict, StoreError, UsageError
from counterseal.ledger.verify import verify_store
from counterseal.manifest.types import format_time
from counterseal.seal.trust import EMPTY
from counterseal.store import s3_parts as module
from counterseal.store.blobs import put_blob, put_blobs
from counterseal.store.interface import Retention
from counterseal.store.s3 import S3Store
from simulators.s3 import FakeS3, environment

LATER = datetime(2033, 1, 1, tzinfo=UTC)
SEVEN_YEARS = Retention(retain_until="2033-01-01T00:00:00Z", mode="compliance")
GOVERNED = Retention(retain_until="2033-01-01T00:00:00Z", mode="governance")


@pytest.fixture
def server(monkeypatch):
    with FakeS3() as made, environment(monkeypatch, made):
        yield made


@pytest.fixture
def store(server):
    return S3Store(server.name, "evidence/x", pause=lambda _: None)


@pytest.fixture
def raw(server):
    """Return a client that does what anybody with the rights could do."""
    config = Config(retries={"total_max_attempts": 1}, request_checksum_calculation="when_required")
    return boto3.client("s3", config=config)


AT = {"Bucket": "evidence", "Key": "evidence/x/a"}
LOCK = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": LATER}


def refused(call, **given):
    with pytest.raises(ClientError) as caught:
        call(**given)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


# -- what the fake refuses, as S3 does: one row of the semantics after the other ---------------------------


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


# -- what the store makes of it ----------------------------------------------------------------------------


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


LONGER = Retention(retain_until="2040-01-01T00:00:00Z", mode="compliance")


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


# -- when S3 fails ------------------------------------------------------------------------------------------

FAULTS = [500, 503, 409, 412, "cut", "cut after", "slow"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["PUT", "HEAD", "GET"])
def test_a_fault_that_passes_changes_nothing(store, server, fault, method):
    server.plan = [(method, fault), (method, fault)]
    stored = store.put("a", b"data", retention=SEVEN_YEARS)
    assert len(server.bucket.objects["evidence/x/a"]) == 1
    assert store.get("a") == b"data"
    assert store.head("a") == stored


@pytest.mark.parametrize("fault", [500, 503, 409, "cut"])
def test_a_fault_that_stays_is_an_error_after_a_while(store, server, fault):
    server.plan = [("PUT", fault)] * 20
    with pytest.raises(StoreError):
        store.put("a", b"data")
    assert server.bucket.objects == {}


def test_an_answer_that_was_lost_is_told_from_somebody_elses_key(store, server, raw):
    server.plan = [("PUT", "cut after")]
    assert store.put("a", b"mine").version == "v00000001"
    raw.put_object(Bucket="evidence", Key="evidence/x/b", Body=b"theirs")
    server.plan = [("PUT", "cut")]
    with pytest.raises(StoreConflict):
        store.put("b", b"mine")


def test_what_is_forbidden_is_not_tried_again(store, server):
    server.plan = [("PUT", 403)] * 3
    with pytest.raises(StoreError, match="S3 refuses"):
        store.put("a", b"x")
    assert len(server.plan) == 2


def test_of_many_that_create_a_key_one_does(server):
    from concurrent.futures import ThreadPoolExecutor

    def create(at):
        try:
            return S3Store(server.name, pause=lambda _: None).put(
                "a", f"{at}".encode(), retention=SEVEN_YEARS
            )
        except StoreConflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [one for one in pool.map(create, range(24)) if one]
    assert len(won) == 1
    assert len(server.bucket.objects["a"]) == 1


# -- large files --------------------------------------------------------------------------------------------


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(module, "PART_BYTES", 1000)


def large(tmp_path: Path, size=4500):
    path = tmp_path / "large"
    path.write_bytes(os.urandom(size))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


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


def parts_sent(server):
    return [query for method, _, query, _ in server.requests if method == "PUT" and "partNumber" in query]


def broken_off(server, path, digest, retention=SEVEN_YEARS):
    """Send some of the parts of a file, in a run that then ends; return how many are there."""
    server.plan = [("PUT", "slow"), ("PUT", "slow"), *[("PUT", 403)] * 3]
    with pytest.raises(StoreError):
        S3Store(server.name, "evidence/x").put_file("a", path, sha256=digest, retention=retention)
    server.plan = []
    (upload,) = server.bucket.uploads.values()
    server.requests.clear()
    return len(upload["parts"])


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


# -- many files, and encryption -----------------------------------------------------------------------------


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


def test_a_missing_key_is_told_apart_from_a_bucket_that_is_not_there(server):
    with pytest.raises(KeyMissing):
        S3Store(server.name, pause=lambda _: None).get("a")
    with pytest.raises(UsageError, match="no such bucket"):
        S3Store("another", pause=lambda _: None).get("a")


def test_whoever_is_not_logged_in_learns_nothing_and_is_told_what_to_do(server, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(Inconclusive, match="nobody is logged in") as caught:
        S3Store(server.name).get("a")
    assert "AWS_ACCESS_KEY_ID" in caught.value.remedy


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch"])
def test_a_login_that_is_not_taken_is_none(code):
    def refuse(**_):
        raise ClientError({"Error": {"Code": code}}, "ListObjectVersions")

    with pytest.raises(Inconclusive, match="nobody is logged in"):
        list(S3Store("evidence", client=SimpleNamespace(list_object_versions=refuse)).versions(""))


def test_a_role_that_is_refused_is_no_login():
    def refuse(**_):
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRoleWithWebIdentity")

    with pytest.raises(Inconclusive, match="nobody is logged in"):
        list(S3Store("evidence", client=SimpleNamespace(list_object_versions=refuse)).versions(""))


def test_a_place_that_cannot_be_reached_says_nothing_of_the_store(server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(Inconclusive, match="cannot be reached"):
        S3Store(server.name, pause=lambda _: None).get("a")


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_is_the_one_that_the_environment_names(server, monkeypatch, name):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv(name, "eu-south-2")
    assert S3Store(server.name).client.meta.region_name == "eu-south-2"


def test_time_is_written_to_the_second(store):
    until = format_time(datetime.now(UTC) + timedelta(days=3))
    assert (
        store.put("a", b"x", retention=Retention(retain_until=until, mode="governance")).retain_until == until
    )
