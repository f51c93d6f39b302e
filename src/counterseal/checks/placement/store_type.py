"""Types of stores: where a provider writes what a rule wants to know of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from counterseal.checks.placement.values import UNRESOLVED, Answer, Reading, Unresolved, Values, always
from counterseal.policy.placement.resource import Action, Aspect, Resource

Provider = Literal["aws", "azure", "google", "kubernetes", "other"]


_NOT_TOLD: Final = always(None)
_NO: Final = always(False)


@dataclass(frozen=True)
class StoreType:
    """How one type of store is read.

    Attributes:
        encrypted: whether it is encrypted at rest.
        public: whether the public can reach it.
        backups: whether there are backups.
        region: paths of what names its region; that of the provider or the deployment when none is set.
        replicas: paths of the regions that it is copied to; `*` stands for every item of a list.
        names: paths of the names under which it is deployed.
    """

    encrypted: Reading = _NOT_TOLD
    public: Reading = _NO
    backups: Reading = _NO
    region: tuple[str, ...] = ()
    replicas: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a resource stands.

    Attributes:
        address: its address.
        type: its type.
        provider: its provider.
        source: the file.
        environment: the environment that the file is about.
        action: what is to be done with it.
        region: the region of the provider or the deployment, as far as it is known.
        region_from: what tells that.
    """

    address: str
    type: str
    provider: Provider
    source: str
    environment: str | None
    action: Action
    region: str | Unresolved | None
    region_from: str | None


# A region of AWS and one of its zones; Google's zones end with a letter after a hyphen.
_AWS_ZONE: Final = re.compile(r"([a-z]{2}(?:-[a-z]+)+-[0-9])[a-z]")
_GOOGLE_ZONE: Final = re.compile(r"([a-z]+-[a-z]+[0-9]+)-[a-z]")
_ARN: Final = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:([a-z0-9-]+):")

# What a cloud says of something that is there; of something that is not yet there, what asks for it decides.
_ACTUAL: Final = frozenset(
    {"arn", "availability_zone", "availability_zone_name", "AvailabilityZone", "bucket_region"}
)

# Words in the name of a type that look like a store, and ends of what only belongs to one.
_KEEPS: Final = re.compile(
    r"(?:^|[_:])(?:\w*)(?:bucket|storage|database|db|dynamo|sql|postgres|mysql|maria|mongo|redis|cache|memcached|"
    r"queue|topic|stream|kafka|volume|disk|filesystem|file_system|fsx|efs|snapshot|backup|vault|warehouse|redshift|"
    r"bigquery|dataset|table|search|elastic|cosmos|spanner|bigtable|firestore|timestream|qldb|keyspaces|ledger|lake|"
    r"registry|repository|secret|parameter|log_group|container|blob|share|datastore)",
    re.IGNORECASE,
)
_BELONGS: Final = re.compile(
    r"(?:_policy|_acl|_notification|_versioning|_lifecycle_configuration|_logging|_cors_configuration|_ownership_controls|"
    r"_public_access_block|_encryption_configuration|_replication_configuration|_parameter_group|_subnet_group|"
    r"_option_group|_security_group|_association|_attachment|_iam_\w+|_rule|_user|_role\w*|_grant|_permission\w*|"
    r"_route_table|route_table\w*|_plan|_selection|_subscription|_alarm|_metric_\w+|_policy_attachment|_access_point|"
    r"_replication|_website_configuration|_accelerate_configuration|_request_payment_configuration|_intelligent_tiering_configuration|"
    r"_inventory|_analytics_configuration|_object_lock_configuration|_server_side_encryption_configuration|_firewall_\w+|"
    r"_network_rules|_configuration|_endpoint|_rotation|_alias|_target|_mount_target|_backup_policy|_replica_key|_tag)$"
)


def looks_like_a_store(name: str) -> bool:
    """Tell whether the name of a type that is not known here looks as if it kept data."""
    return bool(_KEEPS.search(name)) and not _BELONGS.search(name)


def region_of(text: str) -> str | None:
    """Return the region that a zone, an ARN or a region names; None for what names none."""
    if text.startswith("arn:"):
        found = _ARN.match(text)
        return found[1] if found else None
    for zone in (_AWS_ZONE, _GOOGLE_ZONE):
        if found := zone.fullmatch(text):
            return found[1]
    return text.rpartition("/")[2].removeprefix("regional-") or None


def store_of(place: Place, known: StoreType, values: Values) -> Resource:
    """Return a store as rules see it."""
    region, region_from = _region(place, known, values)
    answers: dict[Aspect, Answer] = {
        "encryption": known.encrypted(values),
        "public-access": known.public(values),
        "backups": known.backups(values),
    }
    copies = [one for path in known.replicas for one in values.every(path)]
    open_: list[Aspect] = [aspect for aspect, answer in answers.items() if answer is UNRESOLVED]
    open_ += ["region"] if region is UNRESOLVED else []
    open_ += ["replicas"] if UNRESOLVED in copies else []
    where = region if isinstance(region, str) else None
    return Resource(
        address=place.address[:1024],
        type=place.type,
        provider=place.provider,
        names=_names(known.names, values),
        source=place.source,
        environment=place.environment,
        action=place.action,
        region=where,
        region_from=region_from if where else None,
        encrypted=_plain(answers["encryption"]),
        public=_plain(answers["public-access"]),
        replicas=_regions(place.provider, copies, where),
        backups=_plain(answers["backups"]),
        unresolved=tuple(sorted(open_)),
    )


def unknown_store(place: Place) -> Resource:
    """Return what looks like a store, and of which nobody here knows how to read it."""
    return Resource(
        address=place.address[:1024],
        type=place.type,
        provider=place.provider,
        kind="unknown",
        source=place.source,
        environment=place.environment,
        action=place.action,
    )


def _region(place: Place, known: StoreType, values: Values) -> tuple[str | Unresolved | None, str | None]:
    """Return where a store is: as it is deployed, before what it asks for, before its provider's region."""
    for path in known.region:
        value = values.get(path)
        if value is UNRESOLVED and path not in _ACTUAL:
            return UNRESOLVED, None
        if isinstance(value, str) and (region := region_of(value)):
            return _spelt(place.provider, region), f"its {path}"
    return place.region, place.region_from


def _names(paths: Iterable[str], values: Values) -> tuple[str, ...]:
    return tuple(sorted({name[:1024] for path in paths if (name := values.text(path))}))


def _regions(provider: Provider, copies: Iterable[object], own: str | None) -> tuple[str, ...]:
    named = {
        _spelt(provider, region) for one in copies if isinstance(one, str) and (region := region_of(one))
    }
    return tuple(sorted(named - {own or ""}))


def _spelt(provider: Provider, region: str) -> str:
    """Return a region in one spelling: Azure takes `West Europe` and `westeurope`, Google `eu` and `EU`."""
    if provider == "azure":
        return region.replace(" ", "").lower()
    return region.lower() if provider == "google" and "-" in region else region


def _plain(answer: Answer) -> bool | None:
    return answer if isinstance(answer, bool) else None


def provider_of(word: str) -> Provider:
    """Return the provider that a name such as `registry.terraform.io/hashicorp/aws` stands for."""
    known: Mapping[str, Provider] = {
        "aws": "aws",
        "awscc": "aws",
        "azurerm": "azure",
        "azapi": "azure",
        "google": "google",
        "google-beta": "google",
        "kubernetes": "kubernetes",
    }
    return known.get(word.rpartition("/")[2], "other")
