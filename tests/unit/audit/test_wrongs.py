"""The audit names everything that is wrong with ninety days, and nothing in the clean twin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from counterseal.audit.answer import EXIT_CODES, Grade
from counterseal.audit.verdicts import KINDS
from simulators.history import History, make_history
from simulators.wrongs import WRONGS

FINE = (Grade.COVERED, Grade.NOTE)


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> History:
    return make_history(tmp_path_factory.mktemp("history") / "repository")


def bad(answer):
    return {
        (one.population, one.name, verdict.code)
        for one in answer.elements
        for verdict in one.verdicts
        if verdict.grade not in FINE
    }


def test_the_clean_twin_has_nothing_worse_than_a_note(clean):
    answer = clean.audit()
    assert bad(answer) == set()
    assert EXIT_CODES[answer.grade] == 0
    counts = {one.population: one.count for one in answer.censuses}
    assert counts == {"changes": 20, "tags": 1, "deployments": 8, "releases": 9, "objects": counts["objects"]}
    assert counts["objects"] > 60
    notes = {verdict.code for one in answer.elements for verdict in one.verdicts} - {"covered"}
    assert notes == {"awaiting-release", "emergency-reviewed", "not-passed", "waived"}


@pytest.mark.parametrize("name", WRONGS)
def test_an_audit_names(clean, tmp_path, name):
    history = clean.copy(tmp_path / "repository")
    wanted = WRONGS[name](history)
    answer = history.audit()
    found = bad(answer)
    assert (wanted.population, wanted.name, wanted.code) in found, sorted(found)
    assert EXIT_CODES[answer.grade] == wanted.exit_code
    codes = {code for _, _, code in found}
    assert codes <= {wanted.code, "cannot-enumerate", *wanted.also}, sorted(found)


def test_there_are_at_least_forty():
    assert len(WRONGS) >= 40


def test_the_page_lists_every_wrong_and_every_verdict():
    page = (Path(__file__).resolve().parents[3] / "docs" / "audit.md").read_text()
    assert re.findall(r"^\| (.+) \| `test_an_audit_names\[(.+)\]` \|$", page, re.MULTILINE) == [
        (name, name) for name in WRONGS
    ]
    grades = "|".join(Grade)
    rows = re.findall(rf"^\| `([a-z-]+)` \| ({grades}) \| (.+) \|$", page, re.MULTILINE)
    assert rows == [(code, str(kind.grade), kind.means) for code, kind in KINDS.items()]
