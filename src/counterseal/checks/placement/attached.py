"""What other resources of a plan say of a store: whether it is public, and where it is copied to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from counterseal.checks.placement.planned import About, Planned
from counterseal.checks.placement.rights import EVERYBODY, is_open, members_of
from counterseal.checks.placement.store_type import region_of
from counterseal.checks.placement.values import UNRESOLVED, Values
from counterseal.policy.placement.resource import Aspect, Resource

_BLOCKS: Final = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
_BINDINGS: Final = ("google_storage_bucket_iam_member", "google_storage_bucket_iam_binding")
_OPEN_ACLS: Final = frozenset({"public-read", "public-read-write", "website", "authenticated-read"})
# Microsoft's paired regions, to which geo-redundant storage is copied.
_PAIRS: Final = (
    ("northeurope", "westeurope"),
    ("uksouth", "ukwest"),
    ("francecentral", "francesouth"),
    ("germanywestcentral", "germanynorth"),
    ("switzerlandnorth", "switzerlandwest"),
    ("norwayeast", "norwaywest"),
    ("swedencentral", "swedensouth"),
    ("eastus", "westus"),
    ("eastus2", "centralus"),
    ("westus2", "westcentralus"),
    ("northcentralus", "southcentralus"),
    ("canadacentral", "canadaeast"),
    ("japaneast", "japanwest"),
    ("koreacentral", "koreasouth"),
    ("southeastasia", "eastasia"),
    ("australiaeast", "australiasoutheast"),
    ("centralindia", "southindia"),
)


def attach(planned: Iterable[Planned], stores: dict[str, Resource]) -> None:
    """Complete stores by what the other resources of their plan say of them.

    Args:
        planned: every resource of the plan.
        stores: the stores by address, which are replaced.
    """
    by_address = {one.place.address: one for one in planned}
    everything = [one for one in by_address.values() if one.place.action != "delete"]
    about = About(everything)
    backups = [one for one in everything if one.place.type == "aws_backup_plan"]
    for address, store in list(stores.items()):
        own, mine = by_address[address], about.store(store)
        whole = _with_public(store, own, mine)
        stores[address] = _with_copies(whole, list(_copies(own, mine, backups, stores)))


def _with_public(store: Resource, own: Planned, mine: list[Planned]) -> Resource:
    if store.type == "aws_s3_bucket":
        answer = _bucket_is_public(own, mine)
        open_: set[Aspect] = set(store.unresolved) | ({"public-access"} if answer is UNRESOLVED else set())
        public = answer if isinstance(answer, bool) else None
        return replace(store, public=public, unresolved=tuple(sorted(open_)))
    if store.type == "google_storage_bucket" and store.public is None:
        bindings = (one for one in mine if one.place.type in _BINDINGS)
        everybody = any(EVERYBODY & members_of(one.values) for one in bindings)
        return replace(store, public=True) if everybody else store
    return store


def _bucket_is_public(own: Planned, mine: list[Planned]) -> object:
    """Tell whether a bucket is public: a whole block of public access outranks lists and policies."""
    blocks = [one for one in mine if one.place.type == "aws_s3_bucket_public_access_block"]
    switches = [one.values.get(name) for one in blocks for name in _BLOCKS]
    if blocks and all(value is True for value in switches):
        return False
    lists = [
        own.values.get("acl"),
        *(one.values.get("acl") for one in mine if one.place.type == "aws_s3_bucket_acl"),
    ]
    policies = [one.values.get("policy") for one in mine if one.place.type == "aws_s3_bucket_policy"]
    if any(isinstance(one, str) and one in _OPEN_ACLS for one in lists) or any(map(is_open, policies)):
        return True
    if any(value is UNRESOLVED for value in (*switches, *lists, *policies)):
        return UNRESOLVED
    return True if blocks else None


def _copies(
    own: Planned, mine: list[Planned], backups: list[Planned], stores: dict[str, Resource]
) -> Iterator[object]:
    """Yield the regions that a store is copied to; `UNRESOLVED` for one that nobody can tell."""
    for one in mine:
        if one.place.type == "aws_s3_bucket_replication_configuration":
            yield from (
                _region_of_bucket(arn, stores) for arn in one.values.every("rule.*.destination.0.bucket")
            )
        elif one.place.type == "aws_efs_replication_configuration":
            yield from one.values.every("destination.*.region")
        elif one.place.type == "aws_db_instance_automated_backups_replication":
            yield one.place.region or UNRESOLVED
    for arn in own.values.every("replication_configuration.0.rules.*.destination.0.bucket"):
        yield _region_of_bucket(arn, stores)
    if own.place.provider == "azure" and _is_geo_redundant(own.values):
        yield _pair_of(stores[own.place.address].region)
    if own.place.provider == "aws":
        # A backup plan copies whatever its selections name, also by tags; so it may be any store of the plan.
        for one in backups:
            yield from one.values.every("rule.*.copy_action.*.destination_vault_arn")


def _region_of_bucket(arn: object, stores: dict[str, Resource]) -> object:
    name = arn.rpartition(":")[2] if isinstance(arn, str) else None
    known = next((one for one in stores.values() if name and name in one.names), None)
    return known.region if known and known.region else UNRESOLVED


def _is_geo_redundant(values: Values) -> bool:
    kind = values.get("account_replication_type")
    return (isinstance(kind, str) and "G" in kind.upper().removeprefix("RA")[:1]) or values.get(
        "geo_redundant_backup_enabled"
    ) is True


def _pair_of(region: str | None) -> object:
    for one, other in _PAIRS:
        if region in (one, other):
            return other if region == one else one
    return UNRESOLVED


def _with_copies(store: Resource, copies: list[object]) -> Resource:
    regions = {region for one in copies if isinstance(one, str) and (region := region_of(one))}
    replicas = tuple(sorted((regions | set(store.replicas)) - {store.region or ""}))
    untold: set[Aspect] = {"replicas"} if any(not isinstance(one, str) for one in copies) else set()
    return replace(store, replicas=replicas, unresolved=tuple(sorted(untold | set(store.unresolved))))
