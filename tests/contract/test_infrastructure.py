"""The template of the bucket is valid by AWS's linter; what each role may do is tried against moto's IAM."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from counterseal.errors import StoreError
from counterseal.manifest.release import Retention
from counterseal.store.s3 import S3Store
from simulators.bucket_template import ACCOUNT, BUCKET, PARAMETERS, PATH, TEMPLATE, resolved
from simulators.iam import Request, is_allowed
from simulators.s3 import FakeS3, environment

ROOT = Path(__file__).resolve().parents[2]
UNTIL = Retention("2099-01-01T00:00:00Z", "governance")
UNGUARDED = 5  # calls by which the test itself makes the bucket and a user, before rights count


RESOURCES = resolved(TEMPLATE["Resources"], PARAMETERS)


def policy(role):
    return RESOURCES[f"{role}Policy"]["Properties"]["PolicyDocument"]


def actions(document, effect):
    return {
        action
        for one in document["Statement"]
        if one["Effect"] == effect
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }


@pytest.fixture
def act_as(monkeypatch):
    """A function that makes the calls that follow those of a role; the bucket holds one locked object."""
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "x")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)

    def become(role):
        iam = boto3.client("iam", region_name="us-east-1")
        iam.create_user(UserName=role)
        iam.put_user_policy(UserName=role, PolicyName="one", PolicyDocument=json.dumps(policy(role)))
        key = iam.create_access_key(UserName=role)["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers who asked first
        return boto3.client("s3", region_name="us-east-1")

    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(
            Bucket=BUCKET, ObjectLockEnabledForBucket=True
        )
        boto3.client("s3", region_name="us-east-1").put_object(
            Bucket=BUCKET, Key="x/old", Body=b"old", ChecksumAlgorithm="SHA256"
        )
        yield become


def refused(call, **words):
    with pytest.raises(ClientError) as raised:
        call(Bucket=BUCKET, **words)
    return raised.value.response["Error"]["Code"] in {"AccessDenied", "403", "Forbidden"}


def test_the_template_is_valid():
    lint = str(Path(sys.executable).parent / "cfn-lint")
    done = subprocess.run([lint, "--", str(PATH)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@set_initial_no_auth_action_count(UNGUARDED)
def test_a_writer_seals_and_reads_back_and_deletes_nothing(act_as):
    s3 = act_as("Writer")
    store = S3Store(BUCKET, "x")
    stored = store.put("new", b"data", retention=UNTIL)
    assert store.get("new") == b"data"
    assert store.lock("new", None).mode == "governance"
    assert [one.key for one in store.versions("")] == ["new", "old"]
    assert stored.size == 4
    assert refused(s3.delete_object, Key="x/new")
    assert refused(s3.delete_object, Key="x/new", VersionId=stored.version)
    assert refused(s3.put_bucket_versioning, VersioningConfiguration={"Status": "Suspended"})


@set_initial_no_auth_action_count(UNGUARDED)
def test_an_auditor_reads_everything_and_writes_nothing(act_as):
    s3 = act_as("Auditor")
    store = S3Store(BUCKET, "x")
    assert store.get("old") == b"old"
    assert [one.key for one in store.versions("")] == ["old"]
    with pytest.raises(StoreError):
        store.put("new", b"data", retention=UNTIL)
    assert refused(s3.delete_object, Key="x/old")


@pytest.mark.parametrize("role", ["Writer", "Auditor", "Administrator"])
def test_no_role_deletes_shortens_or_has_more_than_it_names(role):
    allowed = actions(policy(role), "Allow")
    assert not any("*" in action or "Delete" in action or "Bypass" in action for action in allowed)
    assert ("s3:PutObject" in allowed) is (role != "Auditor")
    assert ("s3:PutObjectLegalHold" in allowed) is (role == "Administrator")


def test_the_bucket_denies_to_everybody_what_no_role_has():
    bucket = RESOURCES["EvidenceBucketPolicy"]["Properties"]["PolicyDocument"]
    denied = actions(bucket, "Deny")
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"} <= denied
    assert actions(bucket, "Allow") == set()
    made = RESOURCES["EvidenceBucket"]
    assert made["DeletionPolicy"] == made["UpdateReplacePolicy"] == "Retain"
    assert made["Properties"]["ObjectLockEnabled"] is True


def test_the_page_names_the_rights_of_a_writer():
    page = (ROOT / "docs" / "ledger.md").read_text()
    assert all(f"`{action}`" in page for action in actions(policy("Writer"), "Allow"))


# -- what the policies come to, by the logic of IAM --------------------------------------------------------

WRITER, AUDITOR, ADMINISTRATOR = (f"{ACCOUNT}{name}Role" for name in ("Writer", "Auditor", "Administrator"))
DEPLOYER, ANYBODY = PARAMETERS["SettingsPrincipal"], f"{ACCOUNT}power-user"
EVERYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
KEY = "arn:aws:kms:eu-west-1:111122223333:key/0"
OBJECT, HELD = "payments/streams/s/1.jsonl", "payments/holds/s/1/1.json"
CREATE = {"s3:ObjectCreationOperation": "true", "s3:if-none-match": "*"}
LOCKED = CREATE | {"s3:object-lock-mode": "COMPLIANCE", "s3:object-lock-remaining-retention-days": "2200"}
SETTINGS = (
    "DeleteBucket", "DeleteBucketPolicy", "DeleteBucketWebsite", "PutAnalyticsConfiguration", "PutBucketAcl",
    "PutBucketCORS", "PutBucketLogging", "PutBucketNotification", "PutBucketObjectLockConfiguration",
    "PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock", "PutBucketVersioning",
    "PutBucketWebsite", "PutEncryptionConfiguration", "PutIntelligentTieringConfiguration",
    "PutInventoryConfiguration", "PutLifecycleConfiguration", "PutReplicationConfiguration",
)  # fmt: skip
WAYS_TO_LOSE = (
    "DeleteObject", "DeleteObjectVersion", "BypassGovernanceRetention", "PutObjectAcl", "PutObjectVersionAcl",
    "ReplicateObject", "ReplicateDelete", "ReplicateTags", "ObjectOwnerOverrideToBucketOwner",
    "UpdateObjectEncryption",
)  # fmt: skip
SENT_KEY = {"s3:x-amz-server-side-encryption-customer-algorithm": "AES256"}
BEGUN = LOCKED | {"s3:ObjectCreationOperation": "false", "s3:if-none-match": None}


def may(who, action, key=OBJECT, /, given=PARAMETERS, **context):
    """Tell whether somebody may do something with an object, or with the bucket where no key is named."""
    resources = resolved(TEMPLATE["Resources"], dict(given))
    own = {WRITER: "Writer", AUDITOR: "Auditor", ADMINISTRATOR: "Administrator"}
    identity = (
        resources[f"{own[who]}Policy"]["Properties"]["PolicyDocument"]["Statement"]
        if who in own
        else EVERYTHING
    )
    bucket = resources["EvidenceBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    resource = f"arn:aws:s3:::{BUCKET}" + (f"/{key}" if key else "")
    return is_allowed(Request(who, f"s3:{action}", resource, context), identity, bucket)


@pytest.mark.parametrize("who", [WRITER, AUDITOR, ADMINISTRATOR, DEPLOYER, ANYBODY])
@pytest.mark.parametrize("action", WAYS_TO_LOSE)
def test_nobody_may_lose_evidence(who, action):
    assert not may(who, action)
    assert not may(who, action, **{"s3:object-lock-mode": "GOVERNANCE"})


@pytest.mark.parametrize("who", [WRITER, AUDITOR, ADMINISTRATOR, DEPLOYER, ANYBODY])
@pytest.mark.parametrize("action", SETTINGS)
def test_one_principal_may_change_settings(who, action):
    assert may(who, action, "") is (who == DEPLOYER)


@pytest.mark.parametrize("who", [WRITER, AUDITOR, ADMINISTRATOR, DEPLOYER, ANYBODY])
def test_the_administrator_alone_places_and_lifts_holds(who):
    assert may(who, "PutObjectLegalHold") is (who == ADMINISTRATOR)


ROWS = [
    # who, action, key, context, whether
    (WRITER, "PutObject", OBJECT, LOCKED, True),
    (WRITER, "PutObject", OBJECT, CREATE, True),
    (WRITER, "PutObject", OBJECT, {"s3:ObjectCreationOperation": "true"}, False),  # without a condition
    (WRITER, "PutObject", OBJECT, {"s3:ObjectCreationOperation": "false"}, True),  # a part of an upload
    (WRITER, "PutObject", OBJECT, LOCKED | {"s3:object-lock-remaining-retention-days": "29"}, False),
    (WRITER, "PutObject", OBJECT, LOCKED | {"s3:object-lock-remaining-retention-days": "30"}, True),
    (WRITER, "PutObject", OBJECT, LOCKED | {"s3:object-lock-remaining-retention-days": "3660"}, True),
    (WRITER, "PutObject", OBJECT, LOCKED | {"s3:object-lock-remaining-retention-days": "3661"}, False),
    (WRITER, "PutObject", OBJECT, BEGUN, True),  # an upload in parts is begun
    (WRITER, "PutObject", OBJECT, BEGUN | {"s3:object-lock-remaining-retention-days": "36500"}, False),
    (WRITER, "PutObject", OBJECT, LOCKED | SENT_KEY, False),
    (WRITER, "PutObject", OBJECT, BEGUN | SENT_KEY, False),
    (WRITER, "PutObject", HELD, LOCKED, False),
    (WRITER, "PutObject", "holds/s/1/1.json", LOCKED, False),
    (WRITER, "PutObjectRetention", HELD, {"s3:object-lock-remaining-retention-days": "2200"}, False),
    (WRITER, "PutObjectRetention", OBJECT, {"s3:object-lock-remaining-retention-days": "36500"}, False),
    (WRITER, "PutObject", OBJECT, LOCKED | {"aws:SecureTransport": "false"}, False),
    (WRITER, "PutObjectRetention", OBJECT, {"s3:object-lock-remaining-retention-days": "2200"}, True),
    (WRITER, "PutObjectRetention", OBJECT, {"s3:object-lock-remaining-retention-days": "1"}, False),
    (WRITER, "GetObject", OBJECT, {}, True),
    (WRITER, "GetObjectVersion", OBJECT, {}, True),
    (WRITER, "GetObjectRetention", OBJECT, {}, True),
    (WRITER, "AbortMultipartUpload", OBJECT, {}, True),
    (WRITER, "ListMultipartUploadParts", OBJECT, {}, True),
    (WRITER, "ListBucketMultipartUploads", "", {}, True),
    (WRITER, "ListBucketVersions", "", {}, True),
    (WRITER, "GetBucketPolicy", "", {}, False),
    (WRITER, "ReplicateObject", OBJECT, {}, False),
    (AUDITOR, "GetObject", OBJECT, {}, True),
    (AUDITOR, "GetObjectVersion", OBJECT, {}, True),
    (AUDITOR, "GetObjectLegalHold", OBJECT, {}, True),
    (AUDITOR, "GetObjectRetention", OBJECT, {}, True),
    (AUDITOR, "ListBucketVersions", "", {}, True),
    (AUDITOR, "GetBucketPolicy", "", {}, True),
    (AUDITOR, "GetObject", OBJECT, {"aws:SecureTransport": "false"}, False),
    (AUDITOR, "PutObject", OBJECT, LOCKED, False),
    (AUDITOR, "PutObjectRetention", OBJECT, {"s3:object-lock-remaining-retention-days": "2200"}, False),
    (ADMINISTRATOR, "PutObject", HELD, LOCKED, True),
    (ADMINISTRATOR, "PutObject", HELD, LOCKED | {"s3:object-lock-remaining-retention-days": "3"}, True),
    (ADMINISTRATOR, "PutObject", "holds/s/1/1.json", LOCKED, True),
    (ADMINISTRATOR, "PutObject", OBJECT, LOCKED, False),
    (ADMINISTRATOR, "PutObject", HELD, {"s3:ObjectCreationOperation": "true"}, False),
    (ADMINISTRATOR, "PutObjectRetention", OBJECT, {"s3:object-lock-remaining-retention-days": "3000"}, True),
    (ADMINISTRATOR, "PutObjectRetention", OBJECT, {"s3:object-lock-remaining-retention-days": "4000"}, False),
    (ADMINISTRATOR, "GetObject", OBJECT, {}, True),
    (ANYBODY, "PutObject", OBJECT, {"s3:ObjectCreationOperation": "true"}, False),
    (ANYBODY, "PutObject", OBJECT, LOCKED | {"s3:object-lock-remaining-retention-days": "1"}, False),
    (ANYBODY, "PutObject", HELD, LOCKED, False),
    (ANYBODY, "PutObject", OBJECT, LOCKED | SENT_KEY, False),
    (ANYBODY, "GetObject", OBJECT, {"aws:SecureTransport": "false"}, False),
    (DEPLOYER, "PutObject", OBJECT, {"s3:ObjectCreationOperation": "true"}, False),
]


@pytest.mark.parametrize(("who", "action", "key", "context", "whether"), ROWS)
def test_who_may_do_what(who, action, key, context, whether):
    assert may(who, action, key, **context) is whether


@pytest.mark.parametrize(
    ("changed", "context", "whether"),
    [
        ({"RetentionMode": "COMPLIANCE"}, {"s3:object-lock-mode": "GOVERNANCE"}, False),
        ({"RetentionMode": "COMPLIANCE"}, {"s3:object-lock-mode": "COMPLIANCE"}, True),
        ({"RetentionMode": "GOVERNANCE"}, {"s3:object-lock-mode": "GOVERNANCE"}, True),
        ({"KmsKey": KEY}, {"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY}, True),
        ({"KmsKey": KEY}, {"s3:x-amz-server-side-encryption-aws-kms-key-id": f"{KEY}1"}, False),
        ({"KmsKey": KEY}, {"s3:x-amz-server-side-encryption": "AES256"}, False),
        ({"KmsKey": KEY}, {"s3:x-amz-server-side-encryption": "aws:kms"}, True),
        ({"KmsKey": KEY}, {}, True),  # the bucket's rule encrypts with the key
        ({}, {"s3:x-amz-server-side-encryption": "AES256"}, True),
    ],
)
def test_what_parameters_make_of_it(changed, context, whether):
    assert may(WRITER, "PutObject", OBJECT, PARAMETERS | changed, **(LOCKED | context)) is whether


def test_roles_are_taken_by_whom_the_parameters_name():
    trust = RESOURCES["WriterRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert trust["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:bank/payments:environment:production",
    }
    by_job = RESOURCES["AuditorRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][1]
    assert by_job["Principal"] == {"Federated": PARAMETERS["IdentityProvider"]}
    assert by_job["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:bank/payments:environment:audit",
    }
    for role in ("Auditor", "Administrator"):
        trust = RESOURCES[f"{role}Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
        assert trust["Principal"] == {"AWS": PARAMETERS[f"{role}Principal"]}


def test_without_a_provider_no_job_becomes_anybody():
    given = PARAMETERS | {"IdentityProvider": ""}
    trust = resolved(TEMPLATE["Resources"], given)["AuditorRole"]["Properties"]["AssumeRolePolicyDocument"]
    assert [one["Action"] for one in trust["Statement"]] == ["sts:AssumeRole"]


def test_the_command_at_the_top_states_every_parameter_that_has_no_default():
    command = PATH.read_text().partition("AWSTemplateFormatVersion")[0]
    needed = {name for name, one in TEMPLATE["Parameters"].items() if "Default" not in one}
    assert {"IdentityProvider", "RetentionDays"} <= needed
    assert all(f"{name}=" in command for name in needed)


# -- what is really asked ----------------------------------------------------------------------------------

ASKED = {
    "AbortMultipartUpload": {"s3:AbortMultipartUpload"},
    "CompleteMultipartUpload": {"s3:PutObject"},
    "CreateMultipartUpload": {"s3:PutObject", "s3:PutObjectRetention"},
    "GetBucketVersioning": {"s3:GetBucketVersioning"},
    "GetObject": {"s3:GetObject", "s3:GetObjectVersion"},
    "GetObjectLockConfiguration": {"s3:GetBucketObjectLockConfiguration"},
    "HeadObject": {"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention", "s3:ListBucket"},
    "ListMultipartUploads": {"s3:ListBucketMultipartUploads"},
    "ListObjectVersions": {"s3:ListBucketVersions"},
    "ListParts": {"s3:ListMultipartUploadParts"},
    "PutObject": {"s3:PutObject", "s3:PutObjectRetention"},
    "PutObjectRetention": {"s3:PutObjectRetention"},
    "UploadPart": {"s3:PutObject"},
}
"""The rights that each takes (Amazon S3 User Guide, "Required permissions for S3 API operations")."""


def test_a_writer_has_the_rights_that_it_uses_and_no_other(monkeypatch, tmp_path):
    monkeypatch.setattr("counterseal.store.s3_parts.PART_BYTES", 1024)
    large = tmp_path / "large"
    large.write_bytes(b"x" * 5000)
    used = set()
    with FakeS3() as server, environment(monkeypatch, server):
        store = S3Store(server.name, "x")
        store.client.meta.events.register("before-call.s3", lambda model, **_: used.add(model.name))
        store.put("new", b"data", retention=UNTIL)
        store.extend("new", Retention("2100-01-01T00:00:00Z", "governance"))
        digest = hashlib.sha256(large.read_bytes()).hexdigest()
        with pytest.raises(StoreError):
            store.put_file("other", large, sha256="0" * 64, retention=UNTIL)
        store.client.create_multipart_upload(Bucket=server.name, Key="x/large")
        store.put_file("large", large, sha256=digest, retention=UNTIL)
        assert store.get("new") == b"data"
        assert [one.key for one in store.versions("")] == ["large", "new"]
        store.lock("new", None)
    assert used == set(ASKED)
    rights = set().union(*(ASKED[name] for name in used))
    assert rights == actions(policy("Writer"), "Allow")
