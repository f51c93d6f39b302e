"""Rights that a Terraform plan gives: policies and attachments of AWS, bindings of Google, roles of Azure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from counterseal.checks.placement.rights import (
    EVERYBODY,
    Judged,
    grant_at,
    is_open,
    members_of,
    of_azure_role,
    of_cluster_role,
    of_google_role,
    of_managed,
    of_policy,
    of_role,
)
from counterseal.checks.placement.store_type import Place
from counterseal.checks.placement.values import UNRESOLVED, Values
from counterseal.policy.placement.resource import Grant

# Types that give rights of which the extent stands elsewhere: in a group, a permission set, a directory.
_UNREAD: Final = re.compile(
    r"aws_(ssoadmin|organizations|lakeformation|ram|identitystore|eks_access)_|"
    r"aws_iam_(group_membership|user_group_membership|openid_connect_provider|saml_provider|access_key|"
    r"user_login_profile)\Z|azuread_|azurerm_(pim_|key_vault_access_policy\Z)|google_.*iam_custom_role\Z|"
    r"kubernetes_(cluster_)?role(_v1)?\Z|kubernetes_(cluster_)?role_binding_v1\Z"
)
_GOOGLE_ENDS: Final = ("_iam_member", "_iam_binding", "_iam_policy")


def grant_of(place: Place, values: Values) -> Grant | None:
    """Return the right that a resource of a plan gives; None when it gives none."""
    if place.action == "delete":
        return None
    judge = _JUDGES.get(place.type)
    if judge is None and place.type.startswith("google_") and place.type.endswith(_GOOGLE_ENDS):
        judge = _google
    if judge is None and _UNREAD.match(place.type):
        judge = _unread
    if judge is None:
        return None
    return grant_at(place, _principal(values), judge(values))


def _principal(values: Values) -> str | None:
    paths = ("role", "user", "group", "member", "principal_id", "name")
    return next((text for path in paths if (text := values.text(path))), None)


def _document(values: Values) -> Judged:
    return of_policy(values.get("policy"))


def _attachment(values: Values) -> Judged:
    arn = values.get("policy_arn")
    if arn is UNRESOLVED:
        return "read", "the policy is made by this plan and judged there"
    return of_managed(arn)


def _of_resource(values: Values) -> Judged:
    """Return how much the policy of one resource gives: everything, where it lets in anybody."""
    if is_open(values.get("policy")):
        return "admin", "it lets in anybody"
    return of_policy(values.get("policy"), of_one=True)


def _unread(values: Values) -> Judged:  # noqa: ARG001 - the form of a judge
    return None, "what it gives stands elsewhere"


def _role(values: Values) -> Judged:
    managed = (one for one in values.every("managed_policy_arns.*") if one is not UNRESOLVED)
    return of_role(values.get("assume_role_policy"), values.every("inline_policy.*.policy"), managed)


def _google(values: Values) -> Judged:
    if values.get("policy_data") is not None:
        return None, "its policy is written as a whole"
    privilege, why = of_google_role(values.get("role"))
    if privilege != "read" and EVERYBODY & members_of(values):
        return "admin", f"{why} for everybody"
    return privilege, why


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
    **dict.fromkeys(
        (
            "aws_ecr_repository_policy",
            "aws_kms_key_policy",
            "aws_s3_bucket_policy",
            "aws_secretsmanager_secret_policy",
            "aws_sns_topic_policy",
            "aws_sqs_queue_policy",
        ),
        _of_resource,
    ),
    "azurerm_role_assignment": _azure,
    "kubernetes_cluster_role_binding": _cluster_role_binding,
    "kubernetes_role_binding": _cluster_role_binding,
}
