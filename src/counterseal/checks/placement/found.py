"""What one file tells of what is deployed."""

from __future__ import annotations

from dataclasses import dataclass

from counterseal.policy.placement.resource import Grant, Resource


@dataclass(frozen=True)
class Found:
    """What a file tells.

    Attributes:
        resources: the stores.
        grants: the rights that are given.
    """

    resources: tuple[Resource, ...] = ()
    grants: tuple[Grant, ...] = ()
