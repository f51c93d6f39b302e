"""Terraform plans in the shape of `terraform show -json`, and what is deployed by other means."""

from __future__ import annotations

import json


def plan(*resources, providers=None, variables=None, **more):
    """Return a plan of resources, each as `resource` makes it."""
    changes = [one["change"] for one in resources]
    root = {"resources": []}
    for one in resources:
        module = root
        for name in one["modules"]:
            call = module.setdefault("module_calls", {}).setdefault(name, {"module": {"resources": []}})
            module = call["module"]
        module.setdefault("resources", []).append(one["config"])
    stated = {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}}}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.5",
        "variables": {name: {"value": value} for name, value in (variables or {}).items()},
        "resource_changes": changes,
        "configuration": {"provider_config": providers or stated, "root_module": root},
        **more,
    }


def resource(
    address,
    after=None,
    *,
    unknown=None,
    actions=("create",),
    provider="aws",
    key=None,
    links=None,
    mode="managed",
):
    """Return a resource of a plan.

    Args:
        address: its address, modules and index too.
        after: what it will be.
        unknown: what of it is known only when it is deployed.
        actions: what is to be done.
        provider: the last word of its provider's name.
        key: the configuration of the provider.
        links: the references of each argument.
    """
    import re

    plain = re.sub(r'\[(?:"[^"]*"|\d+)\]', "", address)
    modules = re.findall(r"module\.([^.]+)\.", plain)
    own = re.sub(r"^(module\.[^.]+\.)+", "", plain)
    kind, _, name = own.partition(".")
    change = {
        "address": address,
        "mode": mode,
        "type": kind,
        "name": name,
        "provider_name": f"registry.terraform.io/hashicorp/{provider}",
        "change": {
            "actions": list(actions),
            "before": None,
            "after": None if tuple(actions) == ("delete",) else {**(after or {})},
            "after_unknown": {"arn": True, "id": True, **(unknown or {})}
            if "create" in actions
            else (unknown or {}),
        },
    }
    expressions = {argument: {"references": list(named)} for argument, named in (links or {}).items()}
    config = {
        "address": own,
        "mode": mode,
        "type": kind,
        "name": name,
        "provider_config_key": key or provider,
        "expressions": expressions,
    }
    return {"change": change, "config": config, "modules": modules}


def bucket(name="cards", *, block=True, **more):
    """Return a bucket, and the block of its public access."""
    one = resource(f"aws_s3_bucket.{name}", {"bucket": f"bank-{name}"}, **more)
    switches = dict.fromkeys(
        ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), block
    )
    shut = resource(
        f"aws_s3_bucket_public_access_block.{name}",
        switches,
        unknown={"bucket": True},
        links={"bucket": [f"aws_s3_bucket.{name}.id", f"aws_s3_bucket.{name}"]},
    )
    return [one] if block is None else [one, shut]


def database(name="cards", **after):
    """Return a database."""
    whole = {
        "identifier": f"bank-{name}",
        "storage_encrypted": True,
        "publicly_accessible": False,
        "backup_retention_period": 7,
        **after,
    }
    return resource(f"aws_db_instance.{name}", whole)


def provider(region=None, *, variable=None, **more):
    """Return a provider's configuration."""
    if variable:
        return {"name": "aws", "expressions": {"region": {"references": [variable]}}, **more}
    stated = {"region": {"constant_value": region}} if region else {}
    return {"name": "aws", "expressions": stated, **more}


def text(document):
    """Return a document as a file holds it."""
    return document if isinstance(document, str) else json.dumps(document)
