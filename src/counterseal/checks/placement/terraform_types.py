"""Types of stores as the Terraform providers `aws`, `azurerm` and `google` write them.

Defaults are those of the providers' documentation: what is not set is what the cloud does without being told.
"""

from __future__ import annotations

from typing import Final

from counterseal.checks.placement.store_type import StoreType
from counterseal.checks.placement.values import (
    UNRESOLVED,
    Answer,
    Unresolved,
    Values,
    always,
    any_of,
    equals,
    flag,
    not_,
    positive,
    there,
)

_AWS: Final = ("arn", "availability_zone", "region")


def _open_network(values: Values) -> Answer:
    """Tell whether a database of Google's is reachable from everywhere."""
    networks = values.every("settings.0.ip_configuration.0.authorized_networks.*.value")
    if UNRESOLVED in networks:
        return UNRESOLVED
    return any(one in ("0.0.0.0/0", "::/0") for one in networks)


def _prevention(values: Values) -> Answer:
    """Tell whether a bucket of Google's may be public: nothing tells what its organisation enforces."""
    value = values.get("public_access_prevention")
    if isinstance(value, Unresolved):
        return value
    return False if value == "enforced" else None


AWS: Final[dict[str, StoreType]] = {
    # New objects are encrypted since January 2023; public access is told by another resource.
    "aws_s3_bucket": StoreType(
        encrypted=always(True),
        public=always(None),
        region=("bucket_region", "region"),
        names=("bucket", "arn"),
    ),
    "aws_db_instance": StoreType(
        encrypted=flag("storage_encrypted", False),
        public=flag("publicly_accessible", False),
        backups=positive("backup_retention_period", False),
        region=_AWS,
        names=("identifier", "arn"),
    ),
    "aws_rds_cluster": StoreType(
        encrypted=flag("storage_encrypted", False),
        backups=positive("backup_retention_period", True),
        region=("arn", "region"),
        names=("cluster_identifier", "arn"),
    ),
    "aws_rds_cluster_instance": StoreType(
        encrypted=flag("storage_encrypted", None),
        public=flag("publicly_accessible", False),
        backups=always(True),
        region=_AWS,
        names=("identifier", "arn"),
    ),
    "aws_docdb_cluster": StoreType(
        encrypted=flag("storage_encrypted", False),
        backups=positive("backup_retention_period", True),
        region=("arn", "region"),
        names=("cluster_identifier", "arn"),
    ),
    "aws_neptune_cluster": StoreType(
        encrypted=flag("storage_encrypted", False),
        backups=positive("backup_retention_period", True),
        region=("arn", "region"),
        names=("cluster_identifier", "arn"),
    ),
    "aws_dynamodb_table": StoreType(
        encrypted=always(True),
        backups=flag("point_in_time_recovery.0.enabled", False),
        region=("arn", "region"),
        replicas=("replica.*.region_name",),
        names=("name", "arn"),
    ),
    "aws_ebs_volume": StoreType(encrypted=flag("encrypted", None), region=_AWS, names=("arn", "id")),
    "aws_ebs_snapshot_copy": StoreType(
        encrypted=flag("encrypted", None), region=("arn", "region"), names=("id",)
    ),
    "aws_efs_file_system": StoreType(
        encrypted=flag("encrypted", False),
        region=("arn", "availability_zone_name", "region"),
        names=("name", "arn", "id", "creation_token"),
    ),
    "aws_fsx_lustre_file_system": StoreType(
        encrypted=always(True), region=("arn", "region"), names=("arn", "id")
    ),
    "aws_fsx_windows_file_system": StoreType(
        encrypted=always(True), region=("arn", "region"), names=("arn", "id")
    ),
    "aws_redshift_cluster": StoreType(
        encrypted=flag("encrypted", None),
        public=flag("publicly_accessible", None),
        backups=positive("automated_snapshot_retention_period", True),
        region=_AWS,
        replicas=("snapshot_copy.0.destination_region",),
        names=("cluster_identifier", "arn"),
    ),
    "aws_sqs_queue": StoreType(
        encrypted=any_of(flag("sqs_managed_sse_enabled", True), there("kms_master_key_id")),
        region=("arn", "region"),
        names=("name", "arn"),
    ),
    "aws_sns_topic": StoreType(
        encrypted=there("kms_master_key_id"), region=("arn", "region"), names=("name", "arn")
    ),
    "aws_kinesis_stream": StoreType(
        encrypted=equals("encryption_type", "KMS", False), region=("arn", "region"), names=("name", "arn")
    ),
    "aws_elasticache_replication_group": StoreType(
        encrypted=flag("at_rest_encryption_enabled", False),
        backups=positive("snapshot_retention_limit", False),
        region=("arn", "region"),
        names=("replication_group_id", "arn"),
    ),
    "aws_elasticache_cluster": StoreType(encrypted=always(None), region=_AWS, names=("cluster_id", "arn")),
    "aws_opensearch_domain": StoreType(
        encrypted=flag("encrypt_at_rest.0.enabled", False),
        public=not_(there("vpc_options")),
        backups=always(True),
        region=("arn", "region"),
        names=("domain_name", "arn"),
    ),
    "aws_cloudwatch_log_group": StoreType(
        encrypted=always(True), region=("arn", "region"), names=("name", "arn")
    ),
    "aws_ecr_repository": StoreType(encrypted=always(True), region=("arn", "region"), names=("name", "arn")),
    "aws_backup_vault": StoreType(
        encrypted=always(True), backups=always(True), region=("arn", "region"), names=("name", "arn")
    ),
    "aws_secretsmanager_secret": StoreType(
        encrypted=always(True),
        region=("arn", "region"),
        replicas=("replica.*.region",),
        names=("name", "arn"),
    ),
    "aws_ssm_parameter": StoreType(
        encrypted=equals("type", "SecureString", False), region=("arn", "region"), names=("name", "arn")
    ),
}
"""Stores of AWS. Copies that another resource makes are added where that one is read."""

AZURE: Final[dict[str, StoreType]] = {
    "azurerm_storage_account": StoreType(
        encrypted=always(True),
        public=any_of(
            flag("allow_nested_items_to_be_public", True), flag("public_network_access_enabled", True)
        ),
        region=("location",),
        names=("name", "id"),
    ),
    "azurerm_mssql_server": StoreType(
        encrypted=always(True),
        public=flag("public_network_access_enabled", True),
        backups=always(True),
        region=("location",),
        names=("name", "id"),
    ),
    "azurerm_postgresql_flexible_server": StoreType(
        encrypted=always(True),
        public=flag("public_network_access_enabled", True),
        backups=always(True),
        region=("location",),
        names=("name", "id"),
    ),
    "azurerm_mysql_flexible_server": StoreType(
        encrypted=always(True),
        public=flag("public_network_access_enabled", None),
        backups=always(True),
        region=("location",),
        names=("name", "id"),
    ),
    "azurerm_cosmosdb_account": StoreType(
        encrypted=always(True),
        public=flag("public_network_access_enabled", True),
        backups=always(True),
        region=("location",),
        replicas=("geo_location.*.location",),
        names=("name", "id"),
    ),
    "azurerm_key_vault": StoreType(
        encrypted=always(True),
        public=flag("public_network_access_enabled", True),
        region=("location",),
        names=("name", "id"),
    ),
    "azurerm_managed_disk": StoreType(encrypted=always(True), region=("location",), names=("name", "id")),
    "azurerm_redis_cache": StoreType(
        encrypted=always(True),
        public=flag("public_network_access_enabled", True),
        region=("location",),
        names=("name", "id"),
    ),
    "azurerm_servicebus_namespace": StoreType(
        encrypted=always(True),
        public=flag("public_network_access_enabled", True),
        region=("location",),
        names=("name", "id"),
    ),
    "azurerm_log_analytics_workspace": StoreType(
        encrypted=always(True), region=("location",), names=("name", "id")
    ),
    "azurerm_container_registry": StoreType(
        encrypted=always(True),
        public=flag("public_network_access_enabled", True),
        region=("location",),
        replicas=("georeplications.*.location",),
        names=("name", "id"),
    ),
}
"""Stores of Azure, all encrypted at rest. What copies to a paired region is told in `attached`."""

GOOGLE: Final[dict[str, StoreType]] = {
    "google_storage_bucket": StoreType(
        encrypted=always(True), public=_prevention, region=("location",), names=("name", "id")
    ),
    "google_sql_database_instance": StoreType(
        encrypted=always(True),
        public=_open_network,
        backups=flag("settings.0.backup_configuration.0.enabled", False),
        region=("region",),
        replicas=("settings.0.backup_configuration.0.location",),
        names=("name", "id"),
    ),
    "google_bigquery_dataset": StoreType(
        encrypted=always(True), public=always(None), region=("location",), names=("dataset_id", "id")
    ),
    "google_spanner_instance": StoreType(encrypted=always(True), region=("config",), names=("name", "id")),
    "google_pubsub_topic": StoreType(
        encrypted=always(True),
        replicas=("message_storage_policy.0.allowed_persistence_regions.*",),
        names=("name", "id"),
    ),
    "google_compute_disk": StoreType(encrypted=always(True), region=("zone",), names=("name", "id")),
    "google_filestore_instance": StoreType(
        encrypted=always(True), region=("location", "zone"), names=("name", "id")
    ),
    "google_redis_instance": StoreType(
        encrypted=always(True), region=("region", "location_id"), names=("name", "id")
    ),
    "google_bigtable_instance": StoreType(
        encrypted=always(True), region=("cluster.0.zone",), replicas=("cluster.*.zone",), names=("name", "id")
    ),
    "google_artifact_registry_repository": StoreType(
        encrypted=always(True), region=("location",), names=("repository_id", "id")
    ),
}
"""Stores of Google Cloud, which are all encrypted at rest."""

STORES: Final[dict[str, StoreType]] = {**AWS, **AZURE, **GOOGLE}
"""Every type of store that is known."""

WITHIN: Final = frozenset(
    {
        "aws_cloudwatch_log_stream",
        "aws_db_proxy",
        "aws_dynamodb_table_item",
        "aws_ecr_lifecycle_policy",
        "aws_glue_catalog_table",
        "aws_s3_bucket_object",
        "aws_s3_object",
        "aws_secretsmanager_secret_version",
        "azurerm_cosmosdb_sql_container",
        "azurerm_cosmosdb_sql_database",
        "azurerm_key_vault_secret",
        "azurerm_mssql_database",
        "azurerm_mysql_flexible_database",
        "azurerm_postgresql_flexible_server_database",
        "azurerm_servicebus_queue",
        "azurerm_servicebus_topic",
        "azurerm_storage_blob",
        "azurerm_storage_container",
        "azurerm_storage_queue",
        "azurerm_storage_share",
        "azurerm_storage_table",
        "google_bigquery_table",
        "google_bigtable_table",
        "google_spanner_database",
        "google_sql_database",
        "google_storage_bucket_object",
    }
)
"""Types that lie within a store of another type, and are where and as that one is."""

HIDES: Final = frozenset(
    {
        "aws_cloudformation_stack",
        "aws_cloudformation_stack_set",
        "azurerm_resource_group_template_deployment",
        "azurerm_subscription_template_deployment",
        "helm_release",
        "kubectl_manifest",
        "kubernetes_manifest",
    }
)
"""Types that deploy what another file tells, which a plan does not show."""
