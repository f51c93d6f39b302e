"""The specification says what the types, the rules and the vectors say."""

from __future__ import annotations

import re

import msgspec
import pytest

from conformance import page
from counterseal.manifest import types
from counterseal.manifest.rules import RULES
from counterseal.manifest.schema import manifest_schemas
from counterseal.manifest.statement import PREDICATES

FORMAT, POLICY = (path.read_text(encoding="utf-8") for path in page.PAGES)
STRUCTURES = page.structures(manifest_schemas().values())


@pytest.mark.parametrize("path", page.PAGES, ids=lambda path: path.name)
def test_the_tables_and_examples_are_the_generated_ones(path):
    text = path.read_text(encoding="utf-8")

    assert page.render(text) == text


@pytest.mark.parametrize("name", STRUCTURES)
def test_every_structure_has_a_heading_and_every_field_a_row(name):
    section = re.split(rf"^##+ {name}\n", FORMAT, flags=re.MULTILINE)[1].split("<!-- end -->")[0]

    assert f"<!-- fields {name} -->" in section
    assert re.findall(r"^\| `(\w+)` ", section, re.MULTILINE) == list(STRUCTURES[name]["properties"])


def test_every_rule_and_predicate_is_on_the_page():
    assert [rule for rule in RULES if f"| `{rule}` |" not in FORMAT] == []
    assert [uri for uri in PREDICATES if f"| `{uri}` |" not in FORMAT] == []


def test_every_small_type_is_in_its_table():
    table = FORMAT.partition("## Small types")[2].partition("### ")[0]

    assert tuple(re.findall(r"^\| ([a-z0-9-]+) \| (?:string|number)", table, re.MULTILINE)) == page.SMALL
    assert f"`{page._bounds(msgspec.json.schema(types.Slug))['pattern']}`" in table


@pytest.mark.parametrize("text", [FORMAT, POLICY], ids=["manifest", "policy"])
def test_every_link_inside_the_page_leads_somewhere(text):
    headings = re.findall(r"^##+ (.+)$", text, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", text)) - anchors == set()
