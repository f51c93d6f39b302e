"""The policy's parts `gate.data` and `gate.access`: where data may be, and which rights may be given."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.policy.base import Glob, Section, Slug
from counterseal.policy.placement.classification import Class

Region = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}\Z", description="a cloud provider's name of a region"
    ),
]
Type = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Infrastructure(Section, frozen=True, kw_only=True):
    """Where it is written what is deployed.

    Attributes:
        files: paths or patterns in the checkout.
        kind: what they are: plans as `terraform show -json` writes them, CloudFormation templates, or
            manifests.
        environment: the environment that they describe; any when absent.
        region: where templates and manifests are deployed to, which they do not say themselves; plans do.
    """

    files: Annotated[tuple[Glob, ...], msgspec.Meta(min_length=1)]
    kind: Literal["terraform-plan", "cloudformation", "kubernetes"]
    environment: Slug | None = None
    region: Region | None = None


class Data(Section, frozen=True, kw_only=True):
    """Where which data may be, and how they must be kept.

    Attributes:
        classification: the file that classifies the firm's data, by its path at the trusted ref.
        infrastructure: where it is written what is deployed.
        encryption: the classes of data whose stores must be encrypted.
        private: the classes of data whose stores may not be public.
        backups: the classes of data whose stores must have backups.
        unclassified: what becomes of a store that no data set names.
        absent: what becomes of a data set none of whose stores is deployed: a misspelt name looks the same.
        no-stores: types of resources that keep no data, although their names look as if they did.
    """

    classification: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] = (
        ".github/counterseal-data.yml"
    )
    infrastructure: Annotated[tuple[Infrastructure, ...], msgspec.Meta(min_length=1)]
    encryption: tuple[Class, ...] = ("internal", "confidential", "restricted")
    private: tuple[Class, ...] = ("internal", "confidential", "restricted")
    backups: tuple[Class, ...] = ()
    unclassified: Literal["block", "note"] = "block"
    absent: Literal["inconclusive", "note"] = "inconclusive"
    no_stores: tuple[Type, ...] = ()


class Access(Section, frozen=True, kw_only=True):
    """Which rights may be given without the named approver.

    Attributes:
        most: the greatest privilege that a change may give; for more a waiver of the kind `access` is needed,
            which only the accounts of `code.waivers.named` may grant.
    """

    most: Literal["read", "write"] = "write"
