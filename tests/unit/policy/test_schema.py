from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from counterseal.errors import MalformedError
from counterseal.manifest.schema import encode_schema
from counterseal.policy.file import load_policy
from counterseal.policy.schema import policy_schema
from counterseal.policy.tree import read_yaml

FILE = Path(__file__).parent.parent.parent.parent / "schemas" / "policy.schema.json"
SCHEMA = Draft202012Validator(policy_schema())


def test_the_file_is_the_schema_of_the_types():
    assert FILE.read_bytes() == encode_schema(policy_schema())


def test_the_schema_is_valid():
    Draft202012Validator.check_schema(policy_schema())


@pytest.mark.parametrize(
    "text",
    [
        "version: 1",
        "version: 1\nevidence: {expect: [a, 'a:b'], retention: {days: 1, mode: governance}}",
        "version: 2",
        "version: 1\nother: 1",
        "version: 1\nevidence: {expect: [a, a]}",
        "version: 1\nevidence: {expect: [A]}",
        "version: 1\nevidence: {expected: []}",
        "version: 1\nevidence: {retention: {}}",
        "version: 1\nevidence: {retention: {days: 0}}",
        "version: 1\nevidence: {retention: {days: 36526}}",
        "version: 1\nevidence: {retention: {days: 1, mode: none}}",
        "version: 1\nevidence: {retention: {days: 1, hours: 1}}",
    ],
)
def test_an_editor_accepts_what_the_loader_accepts(text):
    try:
        load_policy(text.encode(), where="p.yml")
        accepted = True
    except MalformedError:
        accepted = False

    assert SCHEMA.is_valid(read_yaml(text.encode(), where="p.yml").value) is accepted
