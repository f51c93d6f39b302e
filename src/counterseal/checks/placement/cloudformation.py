"""CloudFormation templates, in JSON or YAML.

A template does not say where it is deployed; the policy does. What an intrinsic function gives is known
only then, but for the pseudo parameter `AWS::Region`. Defaults of parameters decide nothing: whoever
deploys gives others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from counterseal.checks.inventory.documents import Unreadable
from counterseal.checks.placement.found import Found
from counterseal.checks.placement.rights import Judged, grant_at, is_open, of_policy, of_role
from counterseal.checks.placement.store_type import (
    Place,
    StoreType,
    looks_like_a_store,
    store_of,
    unknown_store,
)
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
from counterseal.policy.placement.resource import Resource

_BLOCKS: Final = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_REGION: Final = re.compile(r"\$\{AWS::Region\}")


def _bucket_is_public(values: Values) -> Answer:
    """Tell whether a bucket is public; policies stand beside it and are looked at later."""
    block = values.get("PublicAccessBlockConfiguration")
    switches = [Values(block).get(name) for name in _BLOCKS]
    if all(value in (True, "true") for value in switches):
        return False
    acl = values.get("AccessControl")
    if isinstance(acl, str) and acl.startswith(("PublicRead", "AuthenticatedRead")):
        return True
    if UNRESOLVED in (*switches, acl, block):
        return UNRESOLVED
    return True if block is not None else None


_STORES: Final[dict[str, StoreType]] = {
    "AWS::S3::Bucket": StoreType(encrypted=always(True), public=_bucket_is_public, names=("BucketName",)),
    "AWS::RDS::DBInstance": StoreType(
        encrypted=flag("StorageEncrypted", False),
        public=flag("PubliclyAccessible", None),
        backups=positive("BackupRetentionPeriod", True),
        region=("AvailabilityZone",),
        names=("DBInstanceIdentifier",),
    ),
    "AWS::RDS::DBCluster": StoreType(
        encrypted=flag("StorageEncrypted", False),
        backups=positive("BackupRetentionPeriod", True),
        names=("DBClusterIdentifier",),
    ),
    "AWS::DynamoDB::Table": StoreType(
        encrypted=always(True),
        backups=flag("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", False),
        names=("TableName",),
    ),
    "AWS::DynamoDB::GlobalTable": StoreType(
        encrypted=always(True), backups=always(None), replicas=("Replicas.*.Region",), names=("TableName",)
    ),
    "AWS::EC2::Volume": StoreType(encrypted=flag("Encrypted", None), region=("AvailabilityZone",)),
    "AWS::EFS::FileSystem": StoreType(
        encrypted=flag("Encrypted", False),
        backups=equals("BackupPolicy.Status", "ENABLED", False),
        replicas=("ReplicationConfiguration.Destinations.*.Region",),
    ),
    "AWS::Redshift::Cluster": StoreType(
        encrypted=flag("Encrypted", None),
        public=flag("PubliclyAccessible", None),
        backups=positive("AutomatedSnapshotRetentionPeriod", True),
        replicas=("SnapshotCopyConfiguration.DestinationRegion",),
        names=("ClusterIdentifier",),
    ),
    "AWS::SQS::Queue": StoreType(
        encrypted=any_of(flag("SqsManagedSseEnabled", True), there("KmsMasterKeyId")), names=("QueueName",)
    ),
    "AWS::SNS::Topic": StoreType(encrypted=there("KmsMasterKeyId"), names=("TopicName",)),
    "AWS::Kinesis::Stream": StoreType(encrypted=there("StreamEncryption"), names=("Name",)),
    "AWS::ElastiCache::ReplicationGroup": StoreType(
        encrypted=flag("AtRestEncryptionEnabled", False),
        backups=positive("SnapshotRetentionLimit", False),
        names=("ReplicationGroupId",),
    ),
    "AWS::OpenSearchService::Domain": StoreType(
        encrypted=flag("EncryptionAtRestOptions.Enabled", False),
        public=not_(there("VPCOptions")),
        backups=always(True),
        names=("DomainName",),
    ),
    "AWS::Logs::LogGroup": StoreType(encrypted=always(True), names=("LogGroupName",)),
    "AWS::SecretsManager::Secret": StoreType(
        encrypted=always(True), replicas=("ReplicaRegions.*.Region",), names=("Name",)
    ),
    "AWS::ECR::Repository": StoreType(encrypted=always(True), names=("RepositoryName",)),
}
# What deploys resources that this template does not show.
_HIDES: Final = re.compile(
    r"AWS::CloudFormation::Stack(Set)?\Z|.*::MODULE\Z|Custom::|AWS::CloudFormation::CustomResource\Z"
)
_PARTS: Final = re.compile(
    r"(Policy|SubnetGroup|ParameterGroup|OptionGroup|SecurityGroup\w*|Subscription|Plan|Selection)\Z"
)


def read_template(template: Any, source: str, environment: str | None, region: str | None) -> Found:
    """Read a template.

    Args:
        template: the template.
        source: the file that it is from.
        environment: the environment that it is about.
        region: where it is deployed; None when the policy does not say.

    Raises:
        Unreadable: it is no template, or makes its resources by a transform.
    """
    resources = template.get("Resources") if isinstance(template, dict) else None
    if not isinstance(resources, dict) or not resources:
        raise Unreadable("not a template: it has no resources")
    if "Transform" in template or any(str(name).startswith("Fn::ForEach") for name in resources):
        raise Unreadable("a transform makes its resources when it is deployed: give the processed template")
    stores, grants = [], []
    opened = {link: is_open(document) for link, document in _bucket_policies(resources, region)}
    for name, one in resources.items():
        kind = str(one["Type"])
        place = Place(
            name, kind, "aws", source, environment, "create", region, "the policy" if region else None
        )
        values = Values(resolved(one.get("Properties", {}), region))
        if kind in _STORES:
            stores.append(_opened(store_of(place, _STORES[kind], values), values, opened.get(name)))
        elif _HIDES.match(kind) or (looks_like_a_store(kind) and not _PARTS.search(kind)):
            stores.append(unknown_store(place))
        if kind in _JUDGES:
            grants.append(grant_at(place, _principal(values), _JUDGES[kind](values)))
    return Found(tuple(stores), tuple(grants))


def resolved(tree: Any, region: str | None) -> Any:
    """Return values with `UNRESOLVED` wherever an intrinsic function gives one only when it is deployed."""
    if isinstance(tree, list):
        return [resolved(one, region) for one in tree]
    if not isinstance(tree, dict):
        return tree
    if len(tree) == 1:
        (name, value), *_ = tree.items()
        if name == "Ref" or str(name).startswith("Fn::"):
            return _intrinsic(name, value, region)
    return {name: resolved(value, region) for name, value in tree.items()}


def _intrinsic(name: str, value: Any, region: str | None) -> str | Unresolved:
    if region is None:
        return UNRESOLVED
    if (name, value) == ("Ref", "AWS::Region"):
        return region
    if name == "Fn::Sub" and isinstance(value, str):
        text = _REGION.sub(region, value)
        return UNRESOLVED if "${" in text else text
    return UNRESOLVED


def _bucket_policies(resources: Mapping[str, Any], region: str | None) -> Iterator[tuple[str, Any]]:
    """Yield the policy of every bucket of the template that has one, by the bucket's name in it."""
    for one in resources.values():
        if one.get("Type") == "AWS::S3::BucketPolicy":
            properties = one.get("Properties", {})
            bucket = properties.get("Bucket")
            link = bucket.get("Ref") if isinstance(bucket, dict) else bucket
            yield str(link), resolved(properties.get("PolicyDocument"), region)


def _opened(store: Resource, values: Values, is_open_: bool | None) -> Resource:
    """Return a bucket as open where its policy is, and nothing blocks that."""
    from msgspec.structs import replace

    if is_open_ and _bucket_is_public(values) is not False:
        return replace(store, public=True)
    return store


def _principal(values: Values) -> str | None:
    return next(
        (text for path in ("RoleName", "UserName", "PolicyName") if (text := values.text(path))), None
    )


def _role(values: Values) -> Judged:
    return of_role(
        values.get("AssumeRolePolicyDocument"),
        values.every("Policies.*.PolicyDocument"),
        values.every("ManagedPolicyArns.*"),
    )


def _policy(values: Values) -> Judged:
    return of_policy(values.get("PolicyDocument"))


_JUDGES: Final[Mapping[str, Callable[[Values], Judged]]] = {
    "AWS::IAM::Policy": _policy,
    "AWS::IAM::ManagedPolicy": _policy,
    "AWS::IAM::UserPolicy": _policy,
    "AWS::IAM::RolePolicy": _policy,
    "AWS::IAM::GroupPolicy": _policy,
    "AWS::IAM::Role": _role,
    "AWS::IAM::User": _role,
    "AWS::IAM::Group": _role,
}
