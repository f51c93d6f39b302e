from __future__ import annotations

import re
from pathlib import Path

import pytest

from counterseal.errors import MalformedError
from counterseal.policy.file import load_policy
from counterseal.policy.rules import RULES

APPROVAL = """approval:
  groups:
    security: {accounts: [1, 2, 2]}
    everybody: {teams: [acme/all]}
  classes:
    normal: {stages: [{name: one, groups: [security]}]}
  environments:
    production: {classes: [normal], default: normal}
"""


def load(text: str):
    return load_policy(text.encode(), where="p.yml")


@pytest.mark.parametrize(
    ("section", "place", "message"),
    [
        ("  names:\n    branches: [ok, '(?=x)']", "4:20", "branch.names.branches[1]: not a regular"),
        ("  names:\n    tags: ['(']", "4:12", "branch.names.tags[0]: not a regular"),
        ("  messages:\n    title:\n      - '(a)\\1'", "5:9", "branch.messages.title[0]: not a regular"),
        ("  tickets:\n    pattern: '['", "4:5", "branch.tickets.pattern: not a regular"),
        ("  tickets:\n    where: []", "4:5", "branch.tickets.where: no place"),
        ("  tickets:\n    states: [Open]", "4:5", "branch.tickets.states: only a tracker"),
        ("  tickets:\n    kinds: [Bug]", "4:5", "branch.tickets.kinds: only a tracker"),
        ("  tickets:\n    before-first-commit: true", "4:5", "branch.tickets.before-first-commit"),
        ("  signatures:\n    verify: local", "4:5", "branch.signatures.verify: nobody is believed"),
        ("  signatures:\n    allowed-signers: /etc/x", "4:5", "'/etc/x' is not a path inside"),
        ("  signatures:\n    allowed-signers: a/../../x", "4:5", "is not a path inside"),
        ("  protected-paths:\n    owners: nobody", "4:5", "there is no group nobody"),
        ("  protected-paths: {owners: security, quorum: 3}", "3:39", "only 2 may approve"),
        ("  protected-paths: {owners: security, paths: []}", "3:39", "no path is named"),
    ],
)
def test_what_nobody_can_mean_is_refused_with_line_and_column(section, place, message):
    with pytest.raises(MalformedError) as caught:
        load(f"version: 1\nbranch:\n{section}\n{APPROVAL}")
    assert caught.value.where == f"p.yml:{place}"
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("version: 1\nduties: {identities: ../people.yml}", "2:10", "duties.identities: '../people.yml'"),
        ("version: 1\nduties: {apart: [{role: approver, from: []}]}", "2:35", "kept apart from nothing"),
        ("version: 1\nbranch: {protected-paths: {owners: a}}", "2:28", "there is no group a"),
        (f"version: 1\n{APPROVAL}".replace("[acme/all]", "[]"), "5:5", "approval.groups.everybody: nobody"),
    ],
)
def test_the_other_sections_are_held_together_too(text, place, message):
    with pytest.raises(MalformedError) as caught:
        load(text)
    assert caught.value.where == f"p.yml:{place}"
    assert message in caught.value.message


def test_a_whole_policy_is_accepted():
    policy = load(
        "version: 1\nbranch:\n"
        "  names: {branches: ['feature/.+'], tags: ['v.+'], exempt-bots: [49699333]}\n"
        "  messages: {title: ['.+'], title-length: 72, sign-off: true}\n"
        "  signatures: {verify: either, allowed-signers: .github/signers, web-flow: all}\n"
        "  tickets: {tracker: jira, projects: [PAY], states: [Open], kinds: [Bug]}\n"
        "  protected-paths: {owners: everybody, quorum: 3}\n"
        "  posture: {environments: [production]}\n"
        f"duties: {{identities: .github/people.yml}}\n{APPROVAL}"
    )
    assert policy.branch.protected_paths.quorum == 3
    assert policy.branch.posture.rules == ("pull_request", "non_fast_forward", "deletion")


def test_a_pattern_that_would_make_other_engines_hang_is_accepted_since_this_one_cannot():
    assert load("version: 1\nbranch: {names: {branches: ['(a+)+']}}").branch.names.branches == ("(a+)+",)


def test_the_example_of_the_page_is_accepted_and_the_page_names_every_rule():
    page = (Path(__file__).parents[3] / "docs" / "policy.md").read_text()
    section = page.partition("### Branch\n")[2].partition("#### Patterns")[0]
    example = section.partition("```yaml\n")[2].partition("```")[0]
    assert load(f"version: 1\n{example}{APPROVAL}").branch.tickets.projects == ("PAY",)
    assert re.findall(r"^\| `([a-z-]+)` \| (?!\[|boolean|integer)", section, re.MULTILINE) == [
        rule.id for rule in RULES
    ]
