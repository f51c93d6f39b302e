"""The audit names everything that is wrong with ninety days, and nothing in the clean twin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from counterseal.audit.answer import EXIT_CODES, Grade
from counterseal.audit.verdicts import KINDS
from counterseal.store.blobs import blob_key
from simulators.bank import WINDOW
from simulators.wrongs import WRONGS

FINE = (Grade.COVERED, Grade.NOTE)


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
    told = {"awaiting-release", "emergency-reviewed", "not-passed", "policy-not-met-today", "waived"}
    assert notes == {*told, "no-anchor"}


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


def test_a_stage_that_was_not_run_is_named_in_a_field_of_its_own(clean, tmp_path):
    history = clean.copy(tmp_path / "repository")
    WRONGS["a scan that the policy of then wanted and nobody ran"](history)
    told = (verdict for one in history.audit().elements for verdict in one.verdicts)
    assert {verdict.stage for verdict in told if verdict.code == "control-not-run"} == {"sast"}


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


# -- after an earlier audit --------------------------------------------------------------------------------

BY_LISTING = (
    "a manifest deleted",
    "the newest release removed with its checkpoint",
    "a checkpoint removed",
    "a checkpoint forged",
    "a seal forged",
    "a manifest changed",
    "a seal by a strangers key",
    "a key revoked before it sealed",
    "two releases swapped",
    "an old manifest replayed",
    "a release of another stream copied in",
    "a verdict changed",
    "a record removed",
    "evidence removed",
    "evidence made longer",
    "an author approves alone",
    "an emergency that nobody reviewed",
    "a commit pushed past the gate",
    "a tag moved",
    "a deployment without evidence",
    "a manifest written over",
    "a delete marker over evidence",
    "a lock shortened",
    "a legal hold lifted past its book",
    "locks that nobody tells",
    "a listing that breaks off",
    "a policy that no protected branch held",
)
"""Wrongs that an audit names which carries over what an earlier one has verified."""


@pytest.fixture
def audited(clean, tmp_path):
    """A copy of the clean history with the state that an audit of it has left."""
    history = clean.copy(tmp_path / "repository")
    parts = {"state": tmp_path / "state", "sealer": history.auditor}
    assert bad(history.audit(**parts)) == set()
    return history, parts


def test_a_second_audit_carries_over_all_but_the_sample(audited):
    history, parts = audited
    answer = history.audit(**parts)
    assert bad(answer) == set()
    assert (answer.work.carried, answer.work.entries) == (8, 2)  # a sample of one, and the emergency
    assert len(answer.work.checkpoints) == 1
    fresh = history.audit().elements
    assert [one for one in answer.elements if one.name != "census"] == [
        one for one in fresh if one.name != "census"
    ]


@pytest.mark.parametrize("name", BY_LISTING)
def test_a_later_audit_names(audited, name):
    history, parts = audited
    wanted = WRONGS[name](history)
    found = bad(history.audit(**parts))
    assert (wanted.population, wanted.name, wanted.code) in found, sorted(found)


def test_what_has_its_size_still_is_found_by_the_sample(audited):
    """One byte of a file, changed in place where a lock does not keep it: the chance is the sample's."""
    history, parts = audited
    wanted = WRONGS["evidence changed"](history)
    history.demands = replace(history.demands, sample=100)
    assert (wanted.population, wanted.name, wanted.code) in bad(history.audit(**parts))


@pytest.mark.parametrize("wrong", ["forged", "facts", "foreign", "policy", "gone", "sealed by another"])
def test_a_state_that_is_not_to_be_believed_is_not(audited, tmp_path, wrong):
    history, parts = audited
    statement, facts = tmp_path / "state/verified.json", tmp_path / "state/verified.msgpack"
    if wrong == "forged":
        statement.write_bytes(statement.read_bytes().replace(b'"sig":"M', b'"sig":"N'))
    elif wrong == "facts":
        facts.write_bytes(facts.read_bytes()[:-1] + b"\x00")
    elif wrong == "foreign":
        keys = tuple(replace(key, comment="other") for key in history.trust.keys)
        history.trust = replace(history.trust, keys=keys)
    elif wrong == "policy":
        history.today = "version: 1\n"
    elif wrong == "gone":
        facts.unlink()
    else:
        statement.unlink()  # else there is no news, and nothing to be sealed
        history.audit(**(parts | {"sealer": history.stranger}))
    answer = history.audit(**parts)
    assert (answer.work.carried, answer.work.entries) == (0, 10)
    assert bad(answer) == set()


def test_a_wider_window_verifies_what_was_only_a_link(audited):
    history, parts = audited
    wider = replace(WINDOW, since="2026-08-01T00:00:00Z")
    del history.store.objects[
        blob_key(history.releases[0].statement.predicate.candidate.evidence[0].digest.sha256)
    ]
    assert "evidence-missing" in {code for _, _, code in bad(history.audit(wider, **parts))}
