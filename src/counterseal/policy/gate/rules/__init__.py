"""The rules of the policy's section `gate`, in the order in which they are told: one rule, one module."""

from __future__ import annotations

from typing import Final

from counterseal.policy.gate.rule import Rule, rule_of
from counterseal.policy.gate.rules import (
    access,
    components,
    emergency,
    evidence,
    freezes,
    licences,
    placement,
    retention,
    separation,
    severity,
    waivers,
)

RULES: Final[tuple[Rule, ...]] = tuple(
    map(
        rule_of,
        (
            evidence,
            severity,
            licences,
            components,
            waivers,
            placement,
            access,
            separation,
            freezes,
            retention,
            emergency,
        ),
    )
)
"""Every rule, in order."""
