"""Rights that a Terraform plan gives: policies and attachments of AWS, bindings of Google, roles of Azure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from counterseal.checks.placement.rights import (
    Judged,
    is_open,
    of_azure_role,
    of_cluster_role,
    of_google_role,
    of_managed,
    of_policy,
    worst,
)
from counterseal.checks.placement.store_type import Place
from counterseal.checks.placement.values import UNRESOLVED, Values
from counterseal.policy.placement.resource import Grant

_GOOGLE_ENDS: Final = ("_iam_member", "_iam_binding", "_iam_policy")


def grant_of(place: Place, values: Values) -> Grant | None:
    """Return the right that a resource of a plan gives; None when it gives none."""
    if place.action == "delete":
        return None
    judge = _JUDGES.get(place.type)
    if judge is None and place.type.startswith("google_") and place.type.endswith(_GOOGLE_ENDS):
        judge = _google
    if judge is None:
        return None
    privilege, why = judge(values)
    return Grant(
        address=place.address[:1024],
        type=place.type,
        source=place.source,
        environment=place.environment,
        action=place.action,
        principal=_principal(values),
        privilege=privilege,
        why=why[:1000],
    )


def _principal(values: Values) -> str | None:
    paths = ("role", "user", "group", "member", "principal_id", "name")
    return next((text[:1024] for path in paths if (text := values.text(path))), None)


def _document(values: Values) -> Judged:
    return of_policy(values.get("policy"))


def _attachment(values: Values) -> Judged:
    arn = values.get("policy_arn")
    if arn is UNRESOLVED:
        return "read", "the policy is made by this plan and judged there"
    return of_managed(arn)


def _role(values: Values) -> Judged:
    """Return how much a role gives by itself: whom it trusts, and what is written into it."""
    if is_open(values.get("assume_role_policy")):
        return "admin", "anybody may take this role"
    inline = (of_policy(one) for one in values.every("inline_policy.*.policy"))
    managed = (of_managed(one) for one in values.every("managed_policy_arns.*") if one is not UNRESOLVED)
    given = [*inline, *managed]
    return worst(iter(given)) if given else ("read", "it gives nothing by itself")


def _google(values: Values) -> Judged:
    if values.get("policy_data") is not None:
        return None, "its policy is written as a whole"
    everybody = {"allUsers", "allAuthenticatedUsers"}
    members = {str(one) for path in ("member", "members.*") for one in values.every(path)}
    privilege, why = of_google_role(values.get("role"))
    return (
        ("admin", f"{why} for everybody") if privilege != "read" and everybody & members else (privilege, why)
    )


def _azure(values: Values) -> Judged:
    return of_azure_role(values.get("role_definition_name"))


def _cluster_role_binding(values: Values) -> Judged:
    name = values.text("role_ref.0.name")
    return (of_cluster_role(name) if name else None) or (None, f"nobody can tell here what {name} allows")


_JUDGES: Final[Mapping[str, Callable[[Values], Judged]]] = {
    "aws_iam_policy": _document,
    "aws_iam_role_policy": _document,
    "aws_iam_user_policy": _document,
    "aws_iam_group_policy": _document,
    "aws_iam_role_policy_attachment": _attachment,
    "aws_iam_user_policy_attachment": _attachment,
    "aws_iam_group_policy_attachment": _attachment,
    "aws_iam_policy_attachment": _attachment,
    "aws_iam_role": _role,
    "azurerm_role_assignment": _azure,
    "kubernetes_cluster_role_binding": _cluster_role_binding,
    "kubernetes_role_binding": _cluster_role_binding,
}
