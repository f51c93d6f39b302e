"""The index is made from what is sealed: built anew it is the same, and what was altered is told."""

from __future__ import annotations

import hashlib
import json
import shutil
from functools import partial

import pytest
from msgspec.structs import replace

from counterseal.audit.index.build import PAGE, build_index, read_page
from counterseal.audit.index.duck import ask
from counterseal.audit.index.queries import queries
from counterseal.audit.index.recheck import newer, require_same, require_whole
from counterseal.audit.sources.gather import proof_of
from counterseal.audit.sources.scan import scan
from counterseal.errors import CountersealError, SealError, UsageError
from counterseal.ledger.layout import entry_key
from simulators.history import WINDOW, make_history

EXPECTED = ("record", "approval-gate", "sca:dependencies")


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    history = make_history(tmp_path_factory.mktemp("history") / "repository")
    return history, scan(proof_of(history.sources(), WINDOW)).releases


@pytest.fixture
def index(clean, tmp_path):
    folder = tmp_path / "index"
    build_index(folder, clean[1], EXPECTED)
    return folder


def answer(folder, name, value=""):
    query = queries()[name]
    return ask(folder, query, query.bind(replace(WINDOW, since="2026-01-01T00:00:00Z"), value))


def content(folder):
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def test_every_release_is_there(clean, index):
    _, releases = clean
    found = answer(index, "releases")
    assert found.releases() == [(one.stream, one.sequence, one.payload) for one in releases]


def test_what_is_expected_and_not_there_is_named(index):
    lacking = {(row[3], row[4]) for row in answer(index, "incomplete").rows}
    assert ("sca", "dependencies") in lacking
    assert not {stage for stage, _ in lacking} & {"record", "approval-gate"}


def test_deleted_and_built_anew_it_is_the_same(clean, index):
    before = content(index)
    shutil.rmtree(index)
    build_index(index, clean[1], EXPECTED)
    assert content(index) == before


def test_months_of_which_nothing_changed_stay(clean, index, monkeypatch):
    written = []
    monkeypatch.setattr("counterseal.audit.index.build.write_month", lambda *given: written.append(given[1]))
    before = content(index)
    build_index(index, clean[1], EXPECTED)
    assert (written, content(index)) == ([], before)


def test_a_month_with_a_new_release_and_one_that_was_altered_are_written(clean, index, monkeypatch):
    _, releases = clean
    some = [one for one in releases if one.sequence < releases[-1].sequence]
    shutil.rmtree(index)
    build_index(index, some, EXPECTED)
    altered = min(index.rglob("release/*/*.parquet"))
    altered.write_bytes(altered.read_bytes()[:-1] + b"x")
    build_index(index, releases, EXPECTED)
    assert len(answer(index, "releases").rows) == len(releases)
    assert not list(index.parent.glob(".index-*"))


def test_a_release_whose_seal_does_not_hold_has_no_rows(clean, tmp_path):
    _, releases = clean
    broken = [replace(releases[0], manifest=None, payload=None), *releases[1:]]
    build_index(tmp_path / "index", broken)
    assert len(answer(tmp_path / "index", "releases").rows) == len(releases) - 1


@pytest.mark.parametrize("how", ["altered", "removed", "added", "page"])
def test_an_index_that_somebody_altered_answers_nothing(index, how):
    file = min(index.rglob("*.parquet"))
    if how == "altered":
        file.write_bytes(file.read_bytes() + b"\0")
    elif how == "removed":
        file.unlink()
    elif how == "added":
        shutil.copy(file, file.with_name("more.parquet"))
    else:
        (index / PAGE).write_bytes(b'{"version":2}')
    with pytest.raises(CountersealError):
        answer(index, "releases")


def test_a_folder_of_something_else_is_left_alone(clean, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("x")
    with pytest.raises(UsageError):
        build_index(tmp_path / "notes", clean[1])
    assert (tmp_path / "notes" / "mine.txt").read_text() == "x"


# -- against the store ------------------------------------------------------------------------------------


def test_what_is_reported_is_read_again(clean, index):
    history, releases = clean
    reported = answer(index, "releases").releases()
    assert require_same(history.store, history.trust, reported) == len(releases)
    stream, sequence, payload = reported[0]
    with pytest.raises(SealError, match="sealed is"):
        require_same(history.store, history.trust, [(stream, sequence + 1, payload)])


def test_a_store_that_was_altered_since_is_told(clean, index, tmp_path):
    history = clean[0].copy(tmp_path / "copy")
    stream, sequence, _ = reported = answer(index, "releases").releases()[0]
    history.store.objects[entry_key(stream, sequence)][0].data = b"{}\n{}\n"
    with pytest.raises(SealError, match="does not verify"):
        require_same(history.store, history.trust, [reported])


def test_an_index_that_is_behind_or_ahead_is_told(clean, index, tmp_path):
    history, releases = clean
    page = read_page(index)
    assert newer(history.store, page) == []
    build_index(tmp_path / "old", releases[:-1])
    assert newer(history.store, read_page(tmp_path / "old")) == [releases[-1].stream]
    short = history.copy(tmp_path / "copy")
    del short.store.objects[entry_key(releases[-1].stream, releases[-1].sequence)]
    with pytest.raises(SealError, match="the store"):
        newer(short.store, page)


def test_an_index_that_keeps_quiet_about_a_release_is_told(clean, index, tmp_path):
    history, releases = clean
    require_whole(history.store, history.trust, read_page(index), partial(ask, index))
    quiet = tmp_path / "quiet"
    page = build_index(quiet, [one for one in releases if one.sequence != 3])
    with pytest.raises(SealError, match="each release once"):
        require_whole(history.store, history.trust, page, partial(ask, quiet))


def test_an_index_that_has_another_release_in_its_place_is_told(clean, tmp_path):
    history, releases = clean
    other = [replace(one, payload=releases[0].payload) for one in releases]
    page = build_index(tmp_path / "other", other)

    def often():
        for _ in range(20):  # a sample may be of the first release alone
            require_whole(history.store, history.trust, page, partial(ask, tmp_path / "other"))

    with pytest.raises(SealError, match="sealed is"):
        often()


def test_names_of_files_lead_nowhere_else(clean, index):
    page = json.loads((index / PAGE).read_text())
    month = min(page["sources"])
    outside = f"../outside/month={month}/rows.parquet"
    stolen = index.parent / "outside" / f"month={month}" / "rows.parquet"
    stolen.parent.mkdir(parents=True)
    stolen.write_bytes(b"x")
    page["files"][outside] = hashlib.sha256(b"x").hexdigest()
    (index / PAGE).write_text(json.dumps(page))
    build_index(index, clean[1], EXPECTED)
    assert outside not in read_page(index).files
    assert not [one for one in index.parent.rglob("outside") if one != index.parent / "outside"]
