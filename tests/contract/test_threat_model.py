"""The threat model names a test for each attack; every one of them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "`test_" in line]
DEFINED = {
    name
    for path in (ROOT / "tests").rglob("*.py")
    if "node_modules" not in path.parts
    for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
}


def test_there_are_attacks():
    assert len(ROWS) >= 30


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", PAGE))))
def test_a_test_that_is_named_exists(name):
    assert name in DEFINED
