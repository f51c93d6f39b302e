"""Plans held against the classification, good and bad."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.policy.placement.classification import DataSet
from simulators.plans import bucket, database, plan, provider, resource, text
from unit.checks.placement.cards import CARDS, FRANKFURT, OPEN, US, said

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


@pytest.mark.parametrize("kind", ["azurerm_storage_container", "aws_s3_object", "google_sql_database"])
def test_what_lies_within_a_store_is_where_that_one_is(tmp_path, kind):
    assert said(tmp_path, plan(database(), resource(f"{kind}.x", {}))) == []
