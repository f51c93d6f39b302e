"""What a policy demands to be on record of a release."""

from __future__ import annotations

import pytest

from counterseal.policy.demanded import demanded
from counterseal.policy.file import load_policy

APPROVAL = """
approval:
  groups: {security: {accounts: [1]}}
  classes: {normal: {stages: [{name: release, groups: [security]}]}}
  environments: {production: {classes: [normal], default: normal}}
"""


@pytest.mark.parametrize(
    ("sections", "wanted"),
    [
        ("", ()),
        ("evidence: {expect: [record, 'record:unit-tests']}", ("record", "record:unit-tests")),
        ("branch: {names: {branches: ['x']}}", ("branch-policy",)),
        ("code: {sast: {}}", ("sast",)),
        ("code: {sca: {}, sbom: {}}", ("sca", "sbom")),
        ("code: {licences: {allow: [MIT]}}", ("sbom",)),
        ("code: {waivers: {approvers: [1]}}", ()),
        ("gate: {licences: true}\nevidence: {expect: [policy-gate]}\ncode: {licences: {allow: [MIT]}}",
         ("policy-gate", "sbom")),
        (APPROVAL, ("approval-gate@production",)),
    ],
)  # fmt: skip
def test_a_section_demands_the_stage_that_judges_by_it(sections, wanted):
    assert demanded(load_policy(f"version: 1\n{sections}\n".encode(), where="policy")) == wanted
