"""The template of the evidence bucket, with its functions worked out as CloudFormation does."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

PATH = Path(__file__).resolve().parents[2] / "infrastructure" / "evidence-bucket.yml"
BUCKET = "bank-evidence"
ACCOUNT = "arn:aws:iam::111122223333:role/"
PARAMETERS = {
    "BucketName": BUCKET, "RetentionMode": "GOVERNANCE", "RetentionDays": "30", "MinimumRetentionDays": "30",
    "MaximumRetentionDays": "3660", "AuditEnvironment": "audit",
    "SettingsPrincipal": f"{ACCOUNT}deployer", "AdministratorPrincipal": f"{ACCOUNT}records", "KmsKey": "",
    "AuditorPrincipal": f"{ACCOUNT}audit", "IdentityProvider": "arn:aws:iam::111122223333:oidc-provider/x",
    "Repository": "bank/payments", "Environment": "production",
}  # fmt: skip
NOTHING = object()


class _Loader(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions."""


def _function(loader, tag, node):
    if isinstance(node, yaml.ScalarNode):
        return {f"!{tag}": loader.construct_scalar(node)}
    return {f"!{tag}": loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _function)
TEMPLATE = yaml.load(PATH.read_text(), _Loader)


def resolved(value, given):
    """Return a part of the template with its functions worked out, as CloudFormation does."""
    if isinstance(value, list):
        return [one for one in (resolved(part, given) for part in value) if one is not NOTHING]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (name := next(iter(value))).startswith("!"):
        return _called(name[1:], value[name], given)
    found = {key: resolved(part, given) for key, part in value.items()}
    return {key: part for key, part in found.items() if part is not NOTHING}


def _called(name, value, given):
    if name == "Ref":
        return NOTHING if value == "AWS::NoValue" else given.get(value, f"ref:{value}")
    if name == "Sub":
        return re.sub(
            r"\$\{(.+?)\}", lambda one: {"AWS::Partition": "aws"}.get(one[1]) or given[one[1]], value
        )
    if name == "GetAtt":
        return f"{ACCOUNT}{value.partition('.')[0]}"
    if name == "If":
        condition, yes, no = value
        return resolved(yes if resolved(TEMPLATE["Conditions"][condition], given) else no, given)
    first = [resolved(one, given) for one in value]
    return {"Equals": lambda: first[0] == first[1], "Not": lambda: not first[0]}[name]()
