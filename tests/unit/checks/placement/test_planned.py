"""Which resources of a plan are about which store."""

from __future__ import annotations

import msgspec
import pytest

from counterseal.checks.placement.observe import observe_placement
from counterseal.policy.placement import Data
from simulators.plans import plan, provider, resource, text

SHUT = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)
OPEN = {"acl": "public-read"}
BLOCK = "aws_s3_bucket_public_access_block.cards"


def public(tmp_path, *resources):
    """Return of every store whether it is public."""
    (tmp_path / "plan.json").write_text(text(plan(*resources, providers={"aws": provider("eu-west-1")})))
    source = {"files": ["plan.json"], "kind": "terraform-plan"}
    found = observe_placement(tmp_path, msgspec.convert({"infrastructure": [source]}, Data))
    assert not found.findings
    return {one.address: one.public for one in found.resources}


@pytest.mark.parametrize(
    ("block", "shut"),
    [
        ('module.pay["a"].' + BLOCK, True),
        ('module.pay["a"].' + BLOCK + "[0]", True),
        ('module.pay["b"].' + BLOCK, False),
        ('module.pay["b"].' + BLOCK + "[0]", False),
        ("module.pay." + BLOCK, False),
        (BLOCK, False),
    ],
)
def test_what_shuts_a_store_of_one_instance_of_a_module_shuts_none_of_another(tmp_path, block, shut):
    bucket = 'module.pay["a"].aws_s3_bucket.cards'
    shutting = resource(block, SHUT, links={"bucket": ["aws_s3_bucket.cards.id", "aws_s3_bucket.cards"]})
    assert public(tmp_path, resource(bucket, OPEN), shutting) == {bucket: not shut}


@pytest.mark.parametrize("first", [True, False])
def test_what_a_replacement_left_behind_does_not_hide_what_took_its_place(tmp_path, first):
    bucket = resource("aws_s3_bucket.cards", OPEN)
    left = resource("aws_s3_bucket.cards", actions=["delete"])
    left["change"]["deposed"] = "a1b2c3d4"
    both = (left, bucket) if first else (bucket, left)
    assert public(tmp_path, *both) == {"aws_s3_bucket.cards": True}
