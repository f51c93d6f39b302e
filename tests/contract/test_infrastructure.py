"""The template of the bucket is valid by AWS's linter; what each role may do is tried against moto's IAM."""

import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from counterseal.errors import StoreError
from counterseal.manifest.release import Retention
from counterseal.store.s3 import S3Store

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "infrastructure" / "evidence-bucket.yml"
BUCKET = "bank-evidence"
UNTIL = Retention("2099-01-01T00:00:00Z", "governance")
UNGUARDED = 5  # calls by which the test itself makes the bucket and a user, before rights count


class _Loader(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions."""


def _function(loader, tag, node):
    value = (
        loader.construct_scalar(node)
        if isinstance(node, yaml.ScalarNode)
        else loader.construct_sequence(node, deep=True)
    )
    if tag == "Sub":
        return value.replace("${AWS::Partition}", "aws").replace("${BucketName}", BUCKET)
    return {tag: value}


_Loader.add_multi_constructor("!", _function)

RESOURCES = yaml.load(TEMPLATE.read_text(), _Loader)["Resources"]


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
    done = subprocess.run([lint, "--", str(TEMPLATE)], capture_output=True, text=True, check=False)
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
    assert ("s3:PutObject" in allowed) is (role == "Writer")
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
