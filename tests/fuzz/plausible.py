"""Tells which spoilt statements may be accepted, without any code of counterseal."""

from __future__ import annotations

import json
from typing import Any

from fuzz.mutations import is_plain, same_shape

_OURS = ("release-manifest", "control-record", "checkpoint", "approval-request", "approval")
_OPTIONAL = frozenset(
    {
        *(
            "subject[].name",
            "predicate.reason",
            "predicate.binding.run",
            "predicate.origin.run",
            "predicate.tool.version",
        ),
        *(f"predicate.{name}" for name in ("counts", "evidence", "statements", "tool", "reasons", "waivers")),
        *(f"predicate.{name}" for name in ("validity", "approvals", "deployment", "retention")),
        *(f"predicate.counts.{name}" for name in ("errors", "failed", "passed", "skipped", "tests")),
    }
)
"""What our own predicates may lack. What a candidate may lack is not here: its digest covers it."""


def plausible_statement(data: bytes, valid: bytes) -> bool:
    """Tell whether canonical JSON is a statement that says something else, or in a foreign predicate."""
    if not is_plain(data):
        return False
    return same_shape(data, valid, _OPTIONAL) or _is_foreign(json.loads(data), json.loads(valid))


def _is_foreign(value: Any, valid: Any) -> bool:
    """Tell whether a statement has a predicate that is not ours, whose content is its maker's affair."""
    if not isinstance(value, dict) or value.keys() != valid.keys() or value["_type"] != valid["_type"]:
        return False
    ours = {f"https://counterseal.dev/{name}/v1" for name in _OURS}
    return isinstance(value["predicateType"], str) and value["predicateType"] not in ours
