"""How much a right is: read, write or admin, for the words of each cloud.

What is wide enough to give oneself more is admin, whatever it is called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from counterseal.checks.placement.store_type import Place
from counterseal.checks.placement.values import UNRESOLVED, Values, holds_unresolved
from counterseal.policy.placement.resource import Grant, Privilege

EVERYBODY: Final = frozenset({"allUsers", "allAuthenticatedUsers"})
"""Whom a binding of Google Cloud gives a right to when it gives it to anybody."""

Judged: TypeAlias = "tuple[Privilege | None, str]"
"""How much it is, None when that cannot be told, and why."""

_READS: Final = re.compile(
    r"[a-z0-9-]+:(?:Get|List|Describe|Head|BatchGet|Query|Scan|Lookup|Search|View|Read|Select|Check|Download)[A-Za-z0-9*]*",
    re.IGNORECASE,
)
# Services and actions with which one gives oneself, or others, any right.
_RULES: Final = re.compile(
    r"(?:iam:(?:\*|(?:Add|Attach|Create|Put|Set|Update|Pass|Delete|Detach|Remove)[A-Za-z0-9*]*)|"
    r"organizations:[A-Za-z0-9*]+|sso(?:-admin)?:[A-Za-z0-9*]+|sts:(?:\*|AssumeRole[A-Za-z*]*))",
    re.IGNORECASE,
)
_MANAGED: Final[Mapping[str, Privilege]] = {
    "AdministratorAccess": "admin",
    "PowerUserAccess": "admin",
    "IAMFullAccess": "admin",
    "ReadOnlyAccess": "read",
    "ViewOnlyAccess": "read",
    "SecurityAudit": "read",
}


def grant_at(place: Place, principal: str | None, judged: Judged) -> Grant:
    """Return the right that something gives where it stands."""
    privilege, why = judged
    return Grant(
        address=place.address[:1024],
        type=place.type,
        source=place.source,
        environment=place.environment,
        action=place.action,
        principal=principal[:1024] if principal else None,
        privilege=privilege,
        why=why[:1000],
    )


def members_of(values: Values) -> set[str]:
    """Return whom a binding of Google Cloud is for, as far as that is known."""
    named = (one for path in ("member", "members.*") for one in values.every(path))
    return {one for one in named if isinstance(one, str)}


def worst(found: Iterable[Judged]) -> Judged:
    """Return the greatest of several rights; what cannot be told comes before all but admin."""
    judged = list(found)
    for sought in ("admin", None, "write", "read"):
        for privilege, why in judged:
            if privilege == sought:
                return privilege, why
    return None, "it names no right"


def of_policy(document: Any, *, of_one: bool = False) -> Judged:
    """Return how much an AWS policy document gives.

    Args:
        document: the document as JSON text or as plain values.
        of_one: whether it is the policy of one resource, so that it gives nothing beyond that.
    """
    if document is UNRESOLVED or document is None:
        return None, "its policy is known only when it is deployed"
    try:
        document = _parsed(document)
    except (ValueError, RecursionError):
        return None, "its policy is not JSON"
    if not isinstance(document, Mapping):
        return None, "its policy is no object"
    statements = _listed(document.get("Statement"))
    if not statements:
        return None, "its policy has no statement"
    allowed = [one for one in statements if not isinstance(one, Mapping) or one.get("Effect") != "Deny"]
    return (
        worst(_of_statement(one, of_one=of_one) for one in allowed) if allowed else ("read", "it only denies")
    )


def of_role(trust: Any, inline: Iterable[Any], managed: Iterable[Any]) -> Judged:
    """Return how much a role of AWS gives by itself: whom it trusts, and what is written into it.

    Args:
        trust: the policy that says who may take it.
        inline: the documents of its own policies.
        managed: the managed policies that it names.
    """
    if is_open(trust):
        return "admin", "anybody may take this role"
    given = [*map(of_policy, inline), *map(of_managed, managed)]
    return worst(given) if given else ("read", "it gives nothing by itself")


def of_managed(arn: Any) -> Judged:
    """Return how much a managed policy of AWS gives, by its name."""
    if not isinstance(arn, str):
        return None, "its policy is known only when it is deployed"
    name = arn.rpartition("/")[2]
    if not arn.startswith(("arn:aws:iam::aws:policy/", "arn:aws-us-gov:iam::aws:", "arn:aws-cn:iam::aws:")):
        return None, f"nobody can tell here what {name} allows"
    if name in _MANAGED:
        return _MANAGED[name], name
    if name.endswith("FullAccess"):
        return "write", name
    return (
        ("read", name)
        if name.endswith("ReadOnlyAccess")
        else (None, f"nobody can tell here what {name} allows")
    )


def of_google_role(role: Any) -> Judged:
    """Return how much a role of Google Cloud gives, by its name."""
    if not isinstance(role, str):
        return None, "its role is known only when it is deployed"
    if not role.startswith("roles/"):
        return None, f"nobody can tell here what {role} allows"
    if (
        role == "roles/owner"
        or "admin" in role.lower()
        or role.startswith(("roles/iam.", "roles/resourcemanager."))
    ):
        return "admin", role
    reads = role.lower().endswith(("viewer", "reader", "user.viewer")) or role == "roles/viewer"
    return ("read" if reads else "write"), role


def of_azure_role(name: Any) -> Judged:
    """Return how much a role of Azure gives, by its name."""
    if not isinstance(name, str) or not name:
        return None, "its role is not named"
    words = name.lower()
    if words == "owner" or "administrator" in words or "admin" in words.split():
        return "admin", name
    return ("read" if words.endswith("reader") else "write"), name


def of_rules(rules: Any) -> Judged:
    """Return how much the rules of a Kubernetes role give (RBAC)."""
    return worst(_of_rule(one) for one in _listed(rules)) if _listed(rules) else (None, "it has no rules")


def of_cluster_role(name: str) -> Judged | None:
    """Return how much one of the roles that every cluster has gives; None for any other."""
    known: Mapping[str, Privilege] = {
        "cluster-admin": "admin",
        "admin": "admin",
        "edit": "write",
        "view": "read",
    }
    return (known[name], name) if name in known else None


def is_open(document: Any) -> bool | None:
    """Tell whether a policy of a resource lets anybody in without a condition; None for one not known."""
    try:
        document = _parsed(document)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, Mapping) or holds_unresolved(document):
        return None
    return any(
        isinstance(one, Mapping)
        and one.get("Effect") == "Allow"
        and "Condition" not in one
        and "*" in _principals(one.get("Principal"))
        for one in _listed(document.get("Statement"))
    )


def _parsed(document: Any) -> Any:
    return json.loads(document) if isinstance(document, str) else document


def _principals(principal: Any) -> list[Any]:
    if isinstance(principal, Mapping):
        return [name for value in principal.values() for name in _listed(value)]
    return _listed(principal)


def _of_statement(statement: Any, *, of_one: bool) -> Judged:
    if not isinstance(statement, Mapping) or holds_unresolved(statement.get("Action")):
        return None, "what it allows is known only when it is deployed"
    if "NotAction" in statement:
        return "admin", "it allows everything but some actions"
    actions = _listed(statement.get("Action"))
    if not actions or not all(isinstance(one, str) for one in actions):
        return None, "it names no action"
    if of_one:
        return worst((("read" if _READS.fullmatch(one) else "write"), one) for one in actions)
    everywhere = any(one in ("*", UNRESOLVED) for one in _listed(statement.get("Resource", "*")))
    return worst(_of_action(one, everywhere) for one in actions)


def _of_action(action: str, everywhere: bool) -> Judged:
    if action in ("*", "*:*") or _RULES.fullmatch(action):
        return "admin", action
    if _READS.fullmatch(action):
        return "read", action
    if everywhere and action.endswith(":*"):
        return "admin", f"{action} on every resource"
    return "write", action


def _of_rule(rule: Any) -> Judged:
    if not isinstance(rule, Mapping):
        return None, "a rule is no object"
    verbs, resources = _listed(rule.get("verbs")), _listed(rule.get("resources"))
    if not verbs:
        return None, "a rule has no verbs"
    if {"escalate", "bind", "impersonate"} & set(map(str, verbs)):
        return "admin", f"verbs {', '.join(map(str, verbs))}"
    if "*" in verbs:
        return ("admin", "every verb") if "*" in resources or not resources else ("write", "every verb")
    secrets = {"secrets", "*"} & set(map(str, resources))
    if set(map(str, verbs)) <= {"get", "list", "watch"}:
        return ("write", "it reads secrets") if secrets else ("read", "it only reads")
    return ("admin", "it changes everything") if "*" in resources else ("write", "it changes things")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
