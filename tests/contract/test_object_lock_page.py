"""The page on Object Lock names a test for each row; every one of them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ledger.md").read_text()
SECTION = PAGE[PAGE.index("### The contract of Object Lock") : PAGE.index("### The directory store")]
NAMED = sorted(set(re.findall(r"`(test_\w+)`", SECTION)))
DEFINED = {
    name
    for path in (ROOT / "tests" / "unit").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
}


def test_every_row_names_a_test():
    rows = [row for row in SECTION.splitlines() if row.startswith("| ") and "---" not in row]
    assert len(rows) >= 20
    assert len(NAMED) >= 25


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_is_named_exists(name):
    assert name in DEFINED
