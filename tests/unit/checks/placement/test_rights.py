"""Rights: each is as great as what it allows, in plans, templates and clusters."""

from __future__ import annotations

import json

import pytest

from counterseal.policy.placement import Access
from counterseal.policy.placement.judge import judge_grants
from counterseal.policy.problem import Problem
from simulators.plans import plan, resource
from unit.checks.placement.cards import OPEN, observed


def policy(*actions, where="*", effect="Allow"):
    return json.dumps({"Statement": [{"Effect": effect, "Action": list(actions), "Resource": where}]})


A = "arn:aws:s3:::a/*"


@pytest.mark.parametrize(
    ("one", "privilege"),
    [
        (resource("aws_iam_policy.p", {"policy": policy("s3:GetObject", "s3:List*", where=A)}), "read"),
        (resource("aws_iam_policy.p", {"policy": policy("s3:PutObject", where=A)}), "write"),
        (resource("aws_iam_policy.p", {"policy": policy("s3:*", where=A)}), "write"),
        (resource("aws_iam_policy.p", {"policy": policy("s3:*")}), "admin"),
        (resource("aws_iam_policy.p", {"policy": policy("*")}), "admin"),
        (resource("aws_iam_policy.p", {"policy": policy("iam:PassRole")}), "admin"),
        (resource("aws_iam_policy.p", {"policy": policy("IAM:createuser")}), "admin"),
        (resource("aws_iam_policy.p", {"policy": policy("*", effect="Deny")}), "read"),
        (
            resource(
                "aws_iam_policy.p", {"policy": '{"Statement": {"Effect": "Allow", "NotAction": "iam:*"}}'}
            ),
            "admin",
        ),
        (resource("aws_iam_policy.p", {"policy": "{"}), None),
        (resource("aws_iam_policy.p", {}, unknown={"policy": True}), None),
        (
            resource(
                "aws_iam_role_policy_attachment.p",
                {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"},
            ),
            "admin",
        ),
        (
            resource(
                "aws_iam_role_policy_attachment.p",
                {"policy_arn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
            ),
            "write",
        ),
        (
            resource(
                "aws_iam_role_policy_attachment.p",
                {"policy_arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
            ),
            "read",
        ),
        (resource("aws_iam_role_policy_attachment.p", {"policy_arn": "arn:aws:iam::1:policy/ours"}), None),
        (resource("aws_iam_role.p", {"assume_role_policy": OPEN}), "admin"),
        (resource("aws_s3_bucket_policy.p", {"policy": OPEN}), "admin"),
        (resource("aws_kms_key_policy.p", {"policy": policy("kms:*")}), "write"),
        (resource("aws_sqs_queue_policy.p", {"policy": policy("sqs:GetQueueUrl")}), "read"),
        (resource("aws_iam_user_group_membership.p", {"groups": ["admins"]}), None),
        (resource("aws_ssoadmin_account_assignment.p", {}), None),
        (resource("azuread_directory_role_assignment.p", {}, provider="azuread"), None),
        (resource("aws_iam_role.p", {"assume_role_policy": policy("sts:AssumeRole")}), "read"),
        (resource("google_project_iam_member.p", {"role": "roles/owner"}, provider="google"), "admin"),
        (resource("google_project_iam_member.p", {"role": "roles/viewer"}, provider="google"), "read"),
        (
            resource("google_project_iam_binding.p", {"role": "roles/storage.admin"}, provider="google"),
            "admin",
        ),
        (resource("google_project_iam_member.p", {"role": "projects/x/roles/y"}, provider="google"), None),
        (
            resource("azurerm_role_assignment.p", {"role_definition_name": "Owner"}, provider="azurerm"),
            "admin",
        ),
        (
            resource(
                "azurerm_role_assignment.p",
                {"role_definition_name": "Storage Blob Data Reader"},
                provider="azurerm",
            ),
            "read",
        ),
        (resource("azurerm_role_assignment.p", {}, provider="azurerm"), None),
    ],
)
def test_a_right_is_as_great_as_what_it_allows(tmp_path, one, privilege):
    placed, _ = observed(tmp_path, plan(one))
    assert [grant.privilege for grant in placed.grants] == [privilege]
    told = list(judge_grants(placed.grants, Access()))
    kinds = {"read": [], "write": [], "admin": ["privilege"], None: ["inconclusive"]}
    assert [one.rule if isinstance(one, Problem) else one.outcome for one in told] == kinds[privilege]


RBAC = "apiVersion: rbac.authorization.k8s.io/v1\n"
BIND = RBAC + "kind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {name: %s}\nsubjects: [{name: eve}]\n"
ROLE = RBAC + "kind: ClusterRole\nmetadata: {name: r}\nrules: [{verbs: [%s], resources: [%s]}]\n"


@pytest.mark.parametrize(
    ("content", "privileges"),
    [
        (BIND % "cluster-admin", ["admin"]),
        (BIND % "view", ["read"]),
        (BIND % "unknown", [None]),
        (ROLE % ("get, list", "pods") + "---\n" + BIND % "r", ["read", "read"]),
        (ROLE % ("get", "secrets"), ["write"]),
        (ROLE % ("'*'", "'*'"), ["admin"]),
        (ROLE % ("create", "pods"), ["write"]),
        (ROLE % ("escalate", "roles"), ["admin"]),
        (RBAC + "kind: ClusterRole\nmetadata: {name: r}\naggregationRule: {}\n", [None]),
    ],
)
def test_roles_of_a_cluster_are_as_great_as_their_rules(tmp_path, content, privileges):
    placed, _ = observed(tmp_path, content, "kubernetes", "k.yml")
    assert [one.privilege for one in placed.grants] == privileges


def test_roles_of_a_template_are_as_great_as_their_policies(tmp_path):
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {},
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        },
    }
    placed, _ = observed(tmp_path, {"Resources": {"R": role}}, "cloudformation", "t.json")
    assert [one.privilege for one in placed.grants] == ["admin"]


def test_a_right_that_stays_as_it_is_or_goes_is_no_change(tmp_path):
    for action in ("no-op", "delete"):
        one = resource("aws_iam_policy.p", {"policy": policy("*")}, actions=(action,))
        assert list(judge_grants(observed(tmp_path, plan(one))[0].grants, Access())) == []
