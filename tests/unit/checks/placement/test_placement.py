"""Classification against what is deployed: plans, templates and manifests, good and bad."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.checks.placement.observe import observe_placement
from counterseal.policy.finding import Finding
from counterseal.policy.placement import Access, Data
from counterseal.policy.placement.classification import DataSet
from counterseal.policy.placement.judge import judge_grants, judge_placement
from counterseal.policy.problem import Problem
from simulators.plans import bucket, database, plan, provider, resource, text

EU = ("eu-west-1", "eu-central-1", "westeurope", "northeurope", "europe-west3", "EU")
FRANKFURT = provider("eu-central-1")
US = provider("us-east-1")
CARDS = DataSet(
    name="cards",
    class_="restricted",
    tags=("pci",),
    regions=EU,
    owner="payments",
    review_by="2027-01-01",
    legal_basis="contract",
    stores=(
        "aws_*.cards*",
        "module.*.aws_*.cards*",
        "bank-cards",
        "Cards*",
        "*/cards",
        "*/cards/*",
        "azurerm_*.cards",
        "google_*.cards",
    ),
)


def observed(tmp_path, content, kind="terraform-plan", name="plan.json", **more):
    (tmp_path / name).write_text(text(content))
    source = {"files": [name], "kind": kind, **more.pop("source", {})}
    rules = msgspec.convert({"infrastructure": [source], **more}, Data)
    return observe_placement(tmp_path, rules), rules


def said(tmp_path, content, kind="terraform-plan", name="plan.json", data=(CARDS,), **more):
    """Return what is wrong and what cannot be told, each in words."""
    placed, rules = observed(tmp_path, content, kind, name, **more)
    found = [*placed.findings, *judge_placement(data, placed.resources, rules, "2026-12-01")]
    words = [f"{one.rule} {one.subject}" for one in found if isinstance(one, Problem)]
    words += [
        f"? {one.reason.subject}"
        for one in found
        if isinstance(one, Finding) and one.outcome == "inconclusive"
    ]
    return words


B, D = "aws_s3_bucket.cards", "aws_db_instance.cards"
COPY = {"rule": [{"destination": [{"bucket": "arn:aws:s3:::bank-copy"}]}]}
REPLICATION = resource("aws_s3_bucket_replication_configuration.cards", COPY, links={"bucket": [f"{B}.id"]})
AWAY = resource("aws_s3_bucket.copy", {"bucket": "bank-copy"}, key="aws.us")
NAMED = DataSet(
    name="copies",
    class_="public",
    regions=("*",),
    owner="x",
    review_by="2027-01-01",
    legal_basis="none",
    stores=("aws_s3_bucket.copy",),
)
ALIASES = {"aws": provider("eu-west-1"), "aws.us": provider("us-east-1", alias="us")}
OPEN = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (plan(*bucket()), []),
        (plan(*bucket(), providers={"aws": FRANKFURT}), []),
        (plan(*bucket(), providers={"aws": US}), [f"residency {B}"]),
        (plan(*bucket(), providers={"aws": provider()}), [f"? {B}"]),
        (
            plan(
                *bucket(),
                providers={"aws": provider(variable="var.region")},
                variables={"region": "eu-west-1"},
            ),
            [],
        ),
        (
            plan(
                *bucket(),
                providers={"aws": provider(variable="var.region")},
                variables={"region": "us-east-1"},
            ),
            [f"residency {B}"],
        ),
        (plan(*bucket(), providers={"aws": provider(variable="var.region")}), [f"? {B}"]),
        (plan(*bucket(), providers={"aws": provider(variable="local.region")}), [f"? {B}"]),
        (plan(*bucket(key="aws.us"), providers=ALIASES), [f"residency {B}"]),
        (plan(*bucket(key="module.x:aws.us"), providers=ALIASES), [f"? {B}"]),
        (
            plan(
                resource(B, {"bucket": "x", "tags": {"region": "eu-west-1", "DATA_REGION": "eu-west-1"}}),
                *bucket()[1:],
                providers={"aws": US},
            ),
            [f"residency {B}"],
        ),
        (plan(resource(B, {"bucket": "x", "region": "ap-south-1"}), *bucket()[1:]), [f"residency {B}"]),
        (plan(resource(B, {"bucket": "x"}, unknown={"region": True}), *bucket()[1:]), [f"? {B}"]),
        (
            plan(
                resource(
                    D,
                    {
                        "arn": "arn:aws:rds:us-east-1:1:db:x",
                        "storage_encrypted": True,
                        "backup_retention_period": 1,
                    },
                    actions=("no-op",),
                )
            ),
            [f"residency {D}"],
        ),
        (
            plan(
                resource("module.pay.aws_db_instance.cards[0]", database()["change"]["change"]["after"]),
                providers={"aws": US},
            ),
            ["residency module.pay.aws_db_instance.cards[0]"],
        ),
        (
            plan(
                resource('aws_s3_bucket.cards["a.b[c]"]', {"bucket": "y"}),
                *bucket()[1:],
                providers={"aws": US},
            ),
            ['residency aws_s3_bucket.cards["a.b[c]"]', '? aws_s3_bucket.cards["a.b[c]"]'],
        ),
        (plan(*bucket(block=False)), [f"public-access {B}"]),
        (plan(*bucket(block=None)), [f"? {B}"]),
        (
            plan(
                *bucket(block=None),
                resource("aws_s3_bucket_acl.c", {"acl": "public-read"}, links={"bucket": [B]}),
            ),
            [f"public-access {B}"],
        ),
        (
            plan(
                *bucket(block=None),
                resource("aws_s3_bucket_policy.c", {"policy": OPEN, "bucket": "bank-cards"}),
            ),
            [f"public-access {B}"],
        ),
        (plan(*bucket(), resource("aws_s3_bucket_policy.c", {"policy": OPEN, "bucket": "bank-cards"})), []),
        (
            plan(
                *bucket(block=None),
                resource("aws_s3_bucket_policy.c", {}, unknown={"policy": True}, links={"bucket": [B]}),
            ),
            [f"? {B}"],
        ),
        (plan(*bucket(), AWAY, REPLICATION, providers=ALIASES), [f"residency {B}"]),
        (plan(*bucket(), REPLICATION), [f"? {B}", "? copies"]),
        (plan(database()), []),
        (plan(database(storage_encrypted=False)), [f"encryption {D}"]),
        (plan(database(storage_encrypted=None)), [f"encryption {D}"]),
        (plan(database(publicly_accessible=True)), [f"public-access {D}"]),
        (plan(database(backup_retention_period=0)), [f"backups {D}"]),
        (
            plan(
                resource(
                    D,
                    {"publicly_accessible": False, "backup_retention_period": 7},
                    unknown={"storage_encrypted": True},
                )
            ),
            [f"? {D}"],
        ),
        (
            plan(
                resource(
                    "aws_dynamodb_table.cards",
                    {
                        "name": "t",
                        "point_in_time_recovery": [{"enabled": True}],
                        "replica": [{"region_name": "us-east-1"}],
                    },
                )
            ),
            ["residency aws_dynamodb_table.cards"],
        ),
        (
            plan(
                resource(
                    "aws_dynamodb_table.cards", {"name": "t", "replica": [{"region_name": "eu-central-1"}]}
                )
            ),
            ["backups aws_dynamodb_table.cards"],
        ),
        (
            plan(
                database(),
                resource(
                    "aws_backup_plan.all",
                    {
                        "rule": [
                            {
                                "copy_action": [
                                    {"destination_vault_arn": "arn:aws:backup:us-west-2:1:backup-vault:x"}
                                ]
                            }
                        ]
                    },
                ),
            ),
            [f"residency {D}"],
        ),
        (
            plan(
                database(),
                resource(
                    "aws_db_instance_automated_backups_replication.c",
                    {},
                    key="aws.us",
                    links={"source_db_instance_arn": [f"{D}.arn"]},
                ),
                providers=ALIASES,
            ),
            [f"residency {D}"],
        ),
        (
            plan(
                resource(D, {"arn": "arn:aws:rds:us-east-1:1:db:x"}, actions=("delete",)), database("other")
            ),
            ["unclassified aws_db_instance.other", "? cards"],
        ),
        (plan(database("other")), ["unclassified aws_db_instance.other", "? cards"]),
        (plan(database(), resource("aws_timestreamwrite_table.t", {})), ["? aws_timestreamwrite_table.t"]),
        (
            plan(database(), resource("aws_iam_role_policy.t", {"policy": OPEN}), resource("aws_vpc.t", {})),
            [],
        ),
        (
            plan(database(), resource("aws_db_subnet_group.t", {}), resource("aws_db_parameter_group.t", {})),
            [],
        ),
        (plan(), ["? cards"]),
        (plan(database(), errored=True), ["? plan.json", "? cards"]),
        (plan(database(), complete=False), ["? plan.json", "? cards"]),
        ({**plan(database()), "format_version": "2.0"}, ["? plan.json", "? cards"]),
        ({"values": {}}, ["? plan.json", "? cards"]),
        ("{", ["? plan.json", "? cards"]),
        ('{"format_version": "1.2", "format_version": "1.2"}', ["? plan.json", "? cards"]),
        ({"format_version": "1.2", "resource_changes": [{"mode": "managed"}]}, ["? plan.json", "? cards"]),
        (
            plan(
                resource(
                    "azurerm_storage_account.cards",
                    {
                        "name": "c",
                        "location": "West Europe",
                        "account_replication_type": "LRS",
                        "allow_nested_items_to_be_public": False,
                        "public_network_access_enabled": False,
                    },
                    provider="azurerm",
                )
            ),
            ["backups azurerm_storage_account.cards"],
        ),
        (
            plan(
                resource(
                    "azurerm_storage_account.cards",
                    {"name": "c", "location": "uksouth", "account_replication_type": "RAGRS"},
                    provider="azurerm",
                )
            ),
            [
                "residency azurerm_storage_account.cards",
                "residency azurerm_storage_account.cards",
                "public-access azurerm_storage_account.cards",
                "backups azurerm_storage_account.cards",
            ],
        ),
        (
            plan(
                resource(
                    "azurerm_cosmosdb_account.cards",
                    {
                        "name": "c",
                        "location": "westeurope",
                        "public_network_access_enabled": False,
                        "geo_location": [{"location": "West Europe"}, {"location": "East US"}],
                    },
                    provider="azurerm",
                )
            ),
            ["residency azurerm_cosmosdb_account.cards"],
        ),
        (
            plan(
                resource(
                    "google_storage_bucket.cards",
                    {"name": "c", "location": "US", "public_access_prevention": "enforced"},
                    provider="google",
                )
            ),
            ["residency google_storage_bucket.cards", "backups google_storage_bucket.cards"],
        ),
        (
            plan(
                resource(
                    "google_sql_database_instance.cards",
                    {
                        "name": "c",
                        "region": "europe-west3",
                        "settings": [
                            {
                                "backup_configuration": [{"enabled": True, "location": "us"}],
                                "ip_configuration": [{"authorized_networks": [{"value": "0.0.0.0/0"}]}],
                            }
                        ],
                    },
                    provider="google",
                )
            ),
            [
                "residency google_sql_database_instance.cards",
                "public-access google_sql_database_instance.cards",
            ],
        ),
    ],
)
def test_a_plan_is_held_against_the_classification(tmp_path, content, words):
    data = (CARDS, NAMED) if "aws_s3_bucket_replication" in text(content) else (CARDS,)
    backups = [] if "bucket" in text(content) and "google" not in text(content) else ["restricted"]
    assert said(tmp_path, content, backups=backups, data=data) == words


SHUT = dict.fromkeys(
    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
)


def template(kind, **properties):
    return {"Resources": {"Cards": {"Type": kind, "Properties": properties}}}


RDS = {"StorageEncrypted": True, "PubliclyAccessible": False}
YAML = """
AWSTemplateFormatVersion: 2010-09-09
Parameters: {Place: {Type: String, Default: eu-west-1}}
Resources:
  Cards:
    Type: AWS::RDS::DBInstance
    Properties:
      StorageEncrypted: true
      PubliclyAccessible: %s
      AvailabilityZone: %s
"""


@pytest.mark.parametrize(
    ("content", "region", "words"),
    [
        (template("AWS::S3::Bucket", PublicAccessBlockConfiguration=SHUT), "eu-west-1", []),
        (template("AWS::S3::Bucket", PublicAccessBlockConfiguration=SHUT), "us-east-1", ["residency Cards"]),
        (template("AWS::S3::Bucket", PublicAccessBlockConfiguration=SHUT), None, ["? Cards"]),
        (
            template(
                "AWS::S3::Bucket",
                PublicAccessBlockConfiguration=SHUT,
                Tags=[{"Key": "region", "Value": "eu-west-1"}],
            ),
            "us-east-1",
            ["residency Cards"],
        ),
        (template("AWS::S3::Bucket"), "eu-west-1", ["? Cards"]),
        (template("AWS::S3::Bucket", AccessControl="PublicRead"), "eu-west-1", ["public-access Cards"]),
        (template("AWS::S3::Bucket", AccessControl={"Ref": "Acl"}), "eu-west-1", ["? Cards"]),
        (
            {
                "Resources": {
                    **template("AWS::S3::Bucket")["Resources"],
                    "P": {
                        "Type": "AWS::S3::BucketPolicy",
                        "Properties": {"Bucket": {"Ref": "Cards"}, "PolicyDocument": json.loads(OPEN)},
                    },
                }
            },
            "eu-west-1",
            ["public-access Cards"],
        ),
        (template("AWS::RDS::DBInstance", **RDS), "eu-west-1", []),
        (
            template("AWS::RDS::DBInstance", **{**RDS, "StorageEncrypted": "false"}),
            "eu-west-1",
            ["encryption Cards"],
        ),
        (
            template("AWS::RDS::DBInstance", **{**RDS, "StorageEncrypted": {"Ref": "Secret"}}),
            "eu-west-1",
            ["? Cards"],
        ),
        (
            template("AWS::DynamoDB::GlobalTable", Replicas=[{"Region": "us-east-1"}]),
            "eu-west-1",
            ["residency Cards"],
        ),
        (
            template("AWS::DynamoDB::GlobalTable", Replicas=[{"Region": {"Ref": "AWS::Region"}}]),
            "eu-west-1",
            [],
        ),
        (
            template("AWS::DynamoDB::GlobalTable", Replicas=[{"Region": {"Ref": "Other"}}]),
            "eu-west-1",
            ["? Cards"],
        ),
        (template("AWS::Timestream::Database"), "eu-west-1", ["? Cards"]),
        (
            {"Transform": "AWS::Serverless-2016-10-31", **template("AWS::S3::Bucket")},
            "eu-west-1",
            ["? t.yml", "? cards"],
        ),
        (YAML % ("false", "eu-west-1a"), "eu-west-1", []),
        (YAML % ("false", "us-east-1a"), "eu-west-1", ["residency Cards"]),
        (YAML % ("false", "!Sub '${AWS::Region}a'"), "us-east-1", ["residency Cards"]),
        (YAML % ("!Ref Open", "eu-west-1b"), "eu-west-1", ["? Cards"]),
        (YAML % ("false", "!Ref Place"), "eu-west-1", []),
        ("Resources: &a {Cards: *a}", "eu-west-1", ["? t.yml", "? cards"]),
        ("Resources: {A: {Type: x}, A: {Type: y}}", "eu-west-1", ["? t.yml", "? cards"]),
        ("a: 1", "eu-west-1", ["? t.yml", "? cards"]),
    ],
)
def test_a_template_is_held_against_the_classification(tmp_path, content, region, words):
    source = {"region": region} if region else {}
    assert said(tmp_path, content, "cloudformation", "t.yml", source=source) == words


CLASS = (
    "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\n"
    "provisioner: %s\nparameters: {%s}\n"
)
CLAIM = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: cards}\nspec: {storageClassName: fast}\n"
)
SET = """apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ledger, namespace: pay}
spec:
  volumeClaimTemplates:
    - metadata: {name: cards}
      spec: {storageClassName: fast}
"""
VOLUME = """apiVersion: v1
kind: PersistentVolume
metadata: {name: cards}
spec:
  storageClassName: fast
  nodeAffinity:
    required:
      nodeSelectorTerms:
        - matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [%s]}]
"""
LIST = """apiVersion: v1
kind: List
items: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: cards}}]
"""
EBS = CLASS % ("ebs.csi.aws.com", 'encrypted: "true"')


@pytest.mark.parametrize(
    ("content", "region", "words"),
    [
        (EBS + "---\n" + CLAIM, "eu-west-1", []),
        (EBS + "---\n" + CLAIM, "us-east-1", ["residency default/PersistentVolumeClaim/cards"]),
        (EBS + "---\n" + CLAIM, None, ["? default/PersistentVolumeClaim/cards"]),
        (
            CLASS % ("ebs.csi.aws.com", 'encrypted: "false"') + "---\n" + CLAIM,
            "eu-west-1",
            ["encryption default/PersistentVolumeClaim/cards"],
        ),
        (
            CLASS % ("ebs.csi.aws.com", "") + "---\n" + CLAIM,
            "eu-west-1",
            ["? default/PersistentVolumeClaim/cards"],
        ),
        (
            CLASS % ("example.com/disk", "") + "---\n" + CLAIM,
            "eu-west-1",
            ["? default/PersistentVolumeClaim/cards"],
        ),
        (CLAIM, "eu-west-1", ["? default/PersistentVolumeClaim/cards"]),
        (CLASS % ("pd.csi.storage.gke.io", "") + "---\n" + SET, "europe-west3", []),
        (EBS + "---\n" + VOLUME % "us-east-1a", "eu-west-1", ["residency PersistentVolume/cards"]),
        (EBS + "---\n" + VOLUME % "eu-west-1a, eu-west-1b", "us-east-1", []),
        (EBS + "---\n" + VOLUME % "eu-west-1a, us-east-1b", "eu-west-1", ["? PersistentVolume/cards"]),
        (
            LIST,
            "us-east-1",
            ["residency default/PersistentVolumeClaim/cards", "? default/PersistentVolumeClaim/cards"],
        ),
        ("kind: x", "eu-west-1", ["? k.yml", "? cards"]),
    ],
)
def test_manifests_are_held_against_the_classification(tmp_path, content, region, words):
    source = {"region": region} if region else {}
    assert said(tmp_path, content, "kubernetes", "k.yml", source=source) == words


def test_raw_configuration_is_not_read_and_says_what_to_give(tmp_path):
    placed, _ = observed(tmp_path, 'region = "eu-west-1"', name="main.tf")
    assert [one.reason.message for one in placed.findings] == [
        "configuration before it is planned: give the plan, by `terraform show -json`"
    ]


def test_files_that_are_not_there_or_lead_elsewhere_are_told(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "plan.json").write_text(text(plan(database())))
    (tmp_path / "in" / "link.json").symlink_to(tmp_path / "plan.json")
    rules = msgspec.convert(
        {"infrastructure": [{"files": ["none.json", "link.json"], "kind": "terraform-plan"}]}, Data
    )
    placed = observe_placement(tmp_path / "in", rules)
    assert [one.outcome for one in placed.findings] == ["inconclusive"] * 2
    assert placed.resources == ()


def test_files_about_another_environment_are_left_out(tmp_path):
    (tmp_path / "plan.json").write_text(text(plan(database())))
    source = {"files": ["plan.json"], "kind": "terraform-plan", "environment": "test"}
    rules = msgspec.convert({"infrastructure": [source]}, Data)
    assert observe_placement(tmp_path, rules, "production").files == 0
    assert observe_placement(tmp_path, rules, "test").files == observe_placement(tmp_path, rules).files == 1


def test_what_is_noted_does_not_block(tmp_path):
    assert said(tmp_path, plan(database("other")), unclassified="note", absent="note") == []


def test_a_type_that_keeps_nothing_is_left_out_when_the_policy_says_so(tmp_path):
    content = plan(database(), resource("aws_timestreamwrite_table.t", {}))
    assert said(tmp_path, content, **{"no-stores": ["aws_timestreamwrite_table"]}) == []


def test_an_entry_that_is_overdue_is_told(tmp_path):
    late = msgspec.structs.replace(CARDS, review_by="2026-11-30")
    assert said(tmp_path, plan(database()), data=(late,)) == ["classification-review cards"]


def test_a_message_says_what_is_where_and_what_is_allowed(tmp_path):
    placed, rules = observed(tmp_path, plan(*bucket(), providers={"aws": US}))
    problem = next(iter(judge_placement((CARDS,), placed.resources, rules, "2026-12-01")))
    assert problem.message.startswith("cards (restricted) may be in eu-west-1, eu-central-1")
    assert problem.message.endswith("and this is in us-east-1")
    assert problem.remedy.startswith("deploy it to one of: eu-west-1")


UNKNOWN = ("storage_encrypted", "publicly_accessible", "backup_retention_period", "region", "identifier")


@settings(max_examples=300)
@given(st.sets(st.sampled_from(UNKNOWN)))
def test_what_is_known_only_later_never_passes(tmp_path_factory, later):
    after = {
        "identifier": "bank-cards",
        "storage_encrypted": True,
        "publicly_accessible": False,
        "backup_retention_period": 7,
        "region": "eu-west-1",
    }
    known = {name: value for name, value in after.items() if name not in later}
    content = plan(resource(D, known, unknown=dict.fromkeys(later, True)))
    words = said(tmp_path_factory.mktemp("plan"), content, backups=["restricted"])
    assert len(words) == len(later - {"identifier"})
    assert set(words) <= {f"? {D}"}


def policy(*actions, where="*", effect="Allow"):
    return json.dumps({"Statement": [{"Effect": effect, "Action": list(actions), "Resource": where}]})


A = "arn:aws:s3:::a/*"


@pytest.mark.parametrize(
    ("one", "privilege"),
    [
        (resource("aws_iam_policy.p", {"policy": policy("s3:GetObject", "s3:List*", where=A)}), "read"),
        (resource("aws_iam_policy.p", {"policy": policy("s3:PutObject", where=A)}), "write"),
        (resource("aws_iam_policy.p", {"policy": policy("s3:*", where=A)}), "write"),
        (resource("aws_iam_policy.p", {"policy": policy("s3:*")}), "admin"),
        (resource("aws_iam_policy.p", {"policy": policy("*")}), "admin"),
        (resource("aws_iam_policy.p", {"policy": policy("iam:PassRole")}), "admin"),
        (resource("aws_iam_policy.p", {"policy": policy("IAM:createuser")}), "admin"),
        (resource("aws_iam_policy.p", {"policy": policy("*", effect="Deny")}), "read"),
        (
            resource(
                "aws_iam_policy.p", {"policy": '{"Statement": {"Effect": "Allow", "NotAction": "iam:*"}}'}
            ),
            "admin",
        ),
        (resource("aws_iam_policy.p", {"policy": "{"}), None),
        (resource("aws_iam_policy.p", {}, unknown={"policy": True}), None),
        (
            resource(
                "aws_iam_role_policy_attachment.p",
                {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"},
            ),
            "admin",
        ),
        (
            resource(
                "aws_iam_role_policy_attachment.p",
                {"policy_arn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
            ),
            "write",
        ),
        (
            resource(
                "aws_iam_role_policy_attachment.p",
                {"policy_arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
            ),
            "read",
        ),
        (resource("aws_iam_role_policy_attachment.p", {"policy_arn": "arn:aws:iam::1:policy/ours"}), None),
        (resource("aws_iam_role.p", {"assume_role_policy": OPEN}), "admin"),
        (resource("aws_s3_bucket_policy.p", {"policy": OPEN}), "admin"),
        (resource("aws_kms_key_policy.p", {"policy": policy("kms:*")}), "write"),
        (resource("aws_sqs_queue_policy.p", {"policy": policy("sqs:GetQueueUrl")}), "read"),
        (resource("aws_iam_user_group_membership.p", {"groups": ["admins"]}), None),
        (resource("aws_ssoadmin_account_assignment.p", {}), None),
        (resource("azuread_directory_role_assignment.p", {}, provider="azuread"), None),
        (resource("aws_iam_role.p", {"assume_role_policy": policy("sts:AssumeRole")}), "read"),
        (resource("google_project_iam_member.p", {"role": "roles/owner"}, provider="google"), "admin"),
        (resource("google_project_iam_member.p", {"role": "roles/viewer"}, provider="google"), "read"),
        (
            resource("google_project_iam_binding.p", {"role": "roles/storage.admin"}, provider="google"),
            "admin",
        ),
        (resource("google_project_iam_member.p", {"role": "projects/x/roles/y"}, provider="google"), None),
        (
            resource("azurerm_role_assignment.p", {"role_definition_name": "Owner"}, provider="azurerm"),
            "admin",
        ),
        (
            resource(
                "azurerm_role_assignment.p",
                {"role_definition_name": "Storage Blob Data Reader"},
                provider="azurerm",
            ),
            "read",
        ),
        (resource("azurerm_role_assignment.p", {}, provider="azurerm"), None),
    ],
)
def test_a_right_is_as_great_as_what_it_allows(tmp_path, one, privilege):
    placed, _ = observed(tmp_path, plan(one))
    assert [grant.privilege for grant in placed.grants] == [privilege]
    told = list(judge_grants(placed.grants, Access()))
    kinds = {"read": [], "write": [], "admin": ["privilege"], None: ["inconclusive"]}
    assert [one.rule if isinstance(one, Problem) else one.outcome for one in told] == kinds[privilege]


RBAC = "apiVersion: rbac.authorization.k8s.io/v1\n"
BIND = RBAC + "kind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {name: %s}\nsubjects: [{name: eve}]\n"
ROLE = RBAC + "kind: ClusterRole\nmetadata: {name: r}\nrules: [{verbs: [%s], resources: [%s]}]\n"


@pytest.mark.parametrize(
    ("content", "privileges"),
    [
        (BIND % "cluster-admin", ["admin"]),
        (BIND % "view", ["read"]),
        (BIND % "unknown", [None]),
        (ROLE % ("get, list", "pods") + "---\n" + BIND % "r", ["read", "read"]),
        (ROLE % ("get", "secrets"), ["write"]),
        (ROLE % ("'*'", "'*'"), ["admin"]),
        (ROLE % ("create", "pods"), ["write"]),
        (ROLE % ("escalate", "roles"), ["admin"]),
        (RBAC + "kind: ClusterRole\nmetadata: {name: r}\naggregationRule: {}\n", [None]),
    ],
)
def test_roles_of_a_cluster_are_as_great_as_their_rules(tmp_path, content, privileges):
    placed, _ = observed(tmp_path, content, "kubernetes", "k.yml")
    assert [one.privilege for one in placed.grants] == privileges


def test_roles_of_a_template_are_as_great_as_their_policies(tmp_path):
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {},
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        },
    }
    placed, _ = observed(tmp_path, {"Resources": {"R": role}}, "cloudformation", "t.json")
    assert [one.privilege for one in placed.grants] == ["admin"]


def test_a_right_that_stays_as_it_is_or_goes_is_no_change(tmp_path):
    for action in ("no-op", "delete"):
        one = resource("aws_iam_policy.p", {"policy": policy("*")}, actions=(action,))
        assert list(judge_grants(observed(tmp_path, plan(one))[0].grants, Access())) == []


ONE = 'aws_s3_bucket.cards["a"]'
OTHER = 'aws_s3_bucket.cards["b"]'
SHUT_ALL = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)


@pytest.mark.parametrize(
    ("block", "link", "words"),
    [
        ('aws_s3_bucket_public_access_block.c["a"]', "aws_s3_bucket.cards", [f"? {OTHER}"]),
        ("aws_s3_bucket_public_access_block.c", 'aws_s3_bucket.cards["a"].id', [f"? {OTHER}"]),
        ("aws_s3_bucket_public_access_block.c", "aws_s3_bucket.cards", [f"? {ONE}", f"? {OTHER}"]),
    ],
)
def test_what_shuts_one_instance_shuts_no_other(tmp_path, block, link, words):
    buckets = [resource(name, {"bucket": name[-3]}) for name in (ONE, OTHER)]
    shut = resource(block, SHUT_ALL, unknown={"bucket": True}, links={"bucket": [link]})
    assert said(tmp_path, plan(*buckets, shut)) == words


@pytest.mark.parametrize("kind", ["helm_release", "aws_cloudformation_stack", "kubernetes_manifest"])
def test_what_deploys_something_that_the_plan_does_not_show_is_inconclusive(tmp_path, kind):
    assert said(tmp_path, plan(database(), resource(f"{kind}.x", {}))) == [f"? {kind}.x"]


@pytest.mark.parametrize("kind", ["AWS::CloudFormation::Stack", "Acme::Store::MODULE", "Custom::Bucket"])
def test_what_deploys_something_that_the_template_does_not_show_is_inconclusive(tmp_path, kind):
    content = {
        "Resources": {
            **template("AWS::S3::Bucket", PublicAccessBlockConfiguration=SHUT)["Resources"],
            "Nested": {"Type": kind, "Properties": {}},
        }
    }
    assert said(tmp_path, content, "cloudformation", "t.json", source={"region": "eu-west-1"}) == ["? Nested"]


@pytest.mark.parametrize("kind", ["azurerm_storage_container", "aws_s3_object", "google_sql_database"])
def test_what_lies_within_a_store_is_where_that_one_is(tmp_path, kind):
    assert said(tmp_path, plan(database(), resource(f"{kind}.x", {}))) == []
