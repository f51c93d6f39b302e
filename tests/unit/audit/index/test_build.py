"""The index is made from what is sealed, from nothing else, and is the same each time."""

from __future__ import annotations

import shutil

import pytest
from msgspec.structs import replace

from counterseal.audit.index.build import build_index
from counterseal.audit.index.duck import opened
from counterseal.audit.index.page import PAGE, read_page
from counterseal.audit.index.queries import Query, queries
from counterseal.errors import CountersealError, StoreError, UsageError
from simulators.bank import WINDOW
from unit.audit.index.forger import EXPECTED, TRUST, content, edit, reseal


@pytest.fixture
def index(clean, tmp_path):
    folder = tmp_path / "index"
    build_index(folder, clean[1], EXPECTED, trust=TRUST)
    return folder


def answer(folder, name, value=""):
    query = queries()[name]
    with opened(folder, read_page(folder)) as ask:
        return ask(query, query.bind(replace(WINDOW, since="2026-01-01T00:00:00Z"), value))


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
    build_index(index, reversed(clean[1]), EXPECTED, trust=TRUST)
    assert content(index) == before


def test_nothing_of_an_index_that_was_there_is_taken_over(clean, index):
    before = content(index)
    edit(min(index.glob("expected/*/*.parquet")), "DELETE FROM t")
    shutil.copytree(index / "change", index / "waiver", dirs_exist_ok=True)
    reseal(index)
    build_index(index, clean[1], EXPECTED, trust=TRUST)
    assert content(index) == before
    assert not list(index.parent.glob(".index-*"))


def test_a_release_whose_seal_does_not_hold_has_no_rows(clean, tmp_path):
    _, releases = clean
    broken = [replace(releases[0], manifest=None, payload=None), *releases[1:]]
    build_index(tmp_path / "index", broken, trust=TRUST)
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


@pytest.mark.parametrize("name", ["rows.parquet", ".rows.parquet", "more.parquet"])
def test_a_file_that_is_a_link_is_refused(index, tmp_path, name):
    file = min(index.rglob("release/*/*.parquet"))
    kept = shutil.move(file, tmp_path / "elsewhere.parquet")
    (file.with_name(name)).symlink_to(kept)
    with pytest.raises(StoreError):
        answer(index, "releases")


@pytest.mark.parametrize("name", ["release/month=9999-01", "other", ".hidden"])
def test_a_folder_that_is_a_link_is_refused(index, tmp_path, name):
    month = min((index / "release").iterdir())
    (index / name).symlink_to(shutil.copytree(month, tmp_path / "elsewhere"))
    with pytest.raises(StoreError, match="link"):
        answer(index, "releases")


def test_a_path_that_reads_like_a_partition_is_refused(clean, tmp_path):
    folder = tmp_path / "stream=x" / "index"
    build_index(folder, clean[1], trust=TRUST)
    with pytest.raises(UsageError, match="equals"):
        answer(folder, "releases")


def test_the_engine_draws_nothing_where_the_answer_is_printed(index):
    page = read_page(index)
    shown = Query("shown", "Whether progress is shown.", (), "SELECT current_setting('enable_progress_bar')")
    with opened(index, page) as ask:
        assert ask(shown, ()).rows == ((0,),)


def test_a_folder_of_something_else_is_left_alone(clean, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("x")
    with pytest.raises(UsageError):
        build_index(tmp_path / "notes", clean[1], trust=TRUST)
    assert (tmp_path / "notes" / "mine.txt").read_text() == "x"


def test_names_of_files_lead_nowhere_else(index):
    stolen = index.parent / "outside" / "month=2026-09" / "rows.parquet"
    stolen.parent.mkdir(parents=True)
    shutil.copy(min(index.rglob("release/*/*.parquet")), stolen)
    reseal(index, {"release/../../outside/month=2026-09/rows.parquet": stolen})
    with pytest.raises(StoreError, match="too many"):
        answer(index, "releases")
