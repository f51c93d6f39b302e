"""Card data that has its place: how it is classified, and what is said of files about it."""

from __future__ import annotations

import json

import msgspec

from counterseal.checks.placement.observe import observe_placement
from counterseal.policy.finding import Finding
from counterseal.policy.placement import Data
from counterseal.policy.placement.classification import DataSet
from counterseal.policy.placement.judge import judge_placement
from counterseal.policy.problem import Problem
from simulators.plans import provider, text

EU = ("eu-west-1", "eu-central-1", "westeurope", "northeurope", "europe-west3", "EU")
FRANKFURT = provider("eu-central-1")
US = provider("us-east-1")
CARDS = DataSet(
    name="cards",
    class_="restricted",
    tags=("pci",),
    regions=EU,
    owner="payments",
    review_by="2027-01-01",
    legal_basis="contract",
    stores=(
        "aws_*.cards*",
        "module.*.aws_*.cards*",
        "bank-cards",
        "Cards*",
        "*/cards",
        "*/cards/*",
        "azurerm_*.cards",
        "google_*.cards",
    ),
)


def observed(tmp_path, content, kind="terraform-plan", name="plan.json", **more):
    (tmp_path / name).write_text(text(content))
    source = {"files": [name], "kind": kind, **more.pop("source", {})}
    rules = msgspec.convert({"infrastructure": [source], **more}, Data)
    return observe_placement(tmp_path, rules), rules


def said(tmp_path, content, kind="terraform-plan", name="plan.json", data=(CARDS,), **more):
    """Return what is wrong and what cannot be told, each in words."""
    placed, rules = observed(tmp_path, content, kind, name, **more)
    found = [*placed.findings, *judge_placement(data, placed.resources, rules, "2026-12-01")]
    words = [f"{one.rule} {one.subject}" for one in found if isinstance(one, Problem)]
    words += [
        f"? {one.reason.subject}"
        for one in found
        if isinstance(one, Finding) and one.outcome == "inconclusive"
    ]
    return words


OPEN = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
)
SHUT = dict.fromkeys(
    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
)


def template(kind, **properties):
    return {"Resources": {"Cards": {"Type": kind, "Properties": properties}}}
