from __future__ import annotations

import re
from pathlib import Path

from counterseal.errors import MalformedError
from counterseal.manifest import rules

SOURCE = Path(rules.__file__).parent.parent


def test_a_refusal_names_its_rule_to_people_and_programs():
    broken = rules.RuleBroken("json-depth", "nested too deeply", where="a.json")

    assert isinstance(broken, MalformedError)
    assert broken.rule == "json-depth"
    assert broken.diagnosis() == "malformed: a.json: nested too deeply [json-depth]"


def test_every_rule_that_is_raised_is_in_the_list():
    text = "".join(path.read_text() for path in (SOURCE / "manifest").glob("*.py"))
    raised = re.findall(r'RuleBroken\(\s*"([a-z0-9-]+)"', text) + re.findall(
        r'yield\s*\(?\s*"([a-z0-9]+-[a-z0-9-]+)",', text
    )

    enforced_elsewhere = {rule for rule in rules.RULES if rule.startswith(("seal-", "chain-"))} - {
        "chain-start"
    }
    assert set(raised) == set(rules.RULES) - enforced_elsewhere


def test_the_rules_of_the_chain_are_those_of_the_ledger():
    text = (SOURCE / "ledger" / "chain.py").read_text()
    raised = re.findall(r'Problem\(\s*"([a-z0-9-]+)"', text)

    assert set(raised) == {rule for rule in rules.RULES if rule.startswith("chain-")} - {"chain-start"}
