"""Resources: what is deployed, as plans, templates and manifests tell it, in one form for every provider."""

from __future__ import annotations

from typing import Literal, TypeAlias

from counterseal.manifest.types import Name, Text
from counterseal.policy.fact import Fact

Action: TypeAlias = Literal["create", "update", "replace", "delete", "no-op"]
Privilege: TypeAlias = Literal["read", "write", "admin"]
Aspect: TypeAlias = Literal["region", "encryption", "public-access", "backups", "replicas"]
"""What a rule may want to know of a store."""


class Resource(Fact, frozen=True, kw_only=True):
    """Something that is deployed.

    Attributes:
        address: where it stands in its plan, template or manifest.
        type: its type, in the provider's word.
        provider: whose it is.
        kind: whether it keeps data; `unknown` for a type that nobody here knows and whose name looks like it.
        names: the names under which it is deployed, where they are known.
        source: the file that tells it.
        environment: the environment that the file is about.
        action: what is to be done with it.
        region: where it is; null when that cannot be told.
        region_from: what tells the region.
        encrypted: whether it is encrypted at rest; null when that cannot be told.
        public: whether the public can reach it; null when that cannot be told.
        replicas: the other regions that its data are copied to.
        backups: whether there are backups; null when that cannot be told.
        unresolved: the aspects that are known only when it is deployed.
    """

    address: Name
    type: Name
    provider: Literal["aws", "azure", "google", "kubernetes", "other"]
    kind: Literal["store", "unknown"] = "store"
    names: tuple[Name, ...] = ()
    source: Name
    environment: Name | None = None
    action: Action = "create"
    region: Name | None = None
    region_from: Name | None = None
    encrypted: bool | None = None
    public: bool | None = None
    replicas: tuple[Name, ...] = ()
    backups: bool | None = None
    unresolved: tuple[Aspect, ...] = ()


class Grant(Fact, frozen=True, kw_only=True):
    """A right that is given to somebody.

    Attributes:
        address: where it stands.
        type: its type, in the provider's word.
        source: the file that tells it.
        environment: the environment that the file is about.
        action: what is to be done with it.
        principal: whom it is given to, where that is told.
        privilege: how much it is; null when that cannot be told.
        why: what makes it that much, or why it cannot be told.
    """

    address: Name
    type: Name
    source: Name
    environment: Name | None = None
    action: Action = "create"
    principal: Name | None = None
    privilege: Privilege | None = None
    why: Text = ""
