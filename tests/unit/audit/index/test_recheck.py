"""What an index says is held against the store: what is reported, its heads, its counts, and a sample."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.audit.index import recheck
from counterseal.audit.index.build import build_index
from counterseal.audit.index.duck import opened
from counterseal.audit.index.page import read_page
from counterseal.audit.index.queries import queries
from counterseal.audit.index.recheck import newer, require_same, require_whole
from counterseal.errors import SealError
from counterseal.ledger.layout import entry_key
from simulators.bank import WINDOW
from unit.audit.index.forger import EXPECTED, TRUST, edit, reseal


@pytest.fixture
def index(clean, tmp_path):
    folder = tmp_path / "index"
    build_index(folder, clean[1], EXPECTED, trust=TRUST)
    return folder


def reported(releases):
    return [(one.stream, one.sequence, one.payload) for one in releases]


def same(history, folder, places):
    page = read_page(folder)
    with opened(folder, page) as ask:
        return require_same(history.store, history.trust, page, ask, places)


def whole(history, folder):
    page = read_page(folder)
    with opened(folder, page) as ask:
        require_whole(history.store, history.trust, page, ask)


@pytest.fixture
def everything(monkeypatch):
    """A sample that has every release."""
    chosen = lambda page: [(s, n) for s, head in page.heads.items() for n in range(1, head.sequence + 1)]  # noqa: E731
    monkeypatch.setattr(recheck, "_sample", chosen)


def test_an_index_of_the_store_has_what_the_store_demands(clean, index, everything, monkeypatch):
    history, releases = clean
    whole(history, index)
    monkeypatch.setattr(recheck, "_BATCH", 2)
    assert same(history, index, reported(releases) * 2) == len(releases)


def test_another_payload_than_the_sealed_one_is_told(clean, index):
    history, releases = clean
    with pytest.raises(SealError, match="sealed is"):
        same(history, index, [(releases[0].stream, releases[0].sequence + 1, releases[0].payload)])


EDITS = {
    "release": [
        "UPDATE t SET approval_count = 3", "UPDATE t SET outcome = 'failed'", "DELETE FROM t",
        "INSERT INTO t FROM t",
        "UPDATE t SET created_at = TIMESTAMP '2001-01-01'", "UPDATE t SET lead_seconds = 7",
        "UPDATE t SET commit_id = NULL", "UPDATE t SET changes_complete = NOT changes_complete",
    ],
    "evidence": ["UPDATE t SET stage = 'sca', name = 'dependencies'", "DELETE FROM t"],
    "change": ["DELETE FROM t", "INSERT INTO t FROM t LIMIT 1"],
    "participant": ["UPDATE t SET part = 'reviewer'", "UPDATE t SET account = 1"],
    "ticket": ["DELETE FROM t"],
    "approval": ["UPDATE t SET account = account + 1", "DELETE FROM t"],
    "expected": ["DELETE FROM t WHERE stage = 'sca'", "UPDATE t SET name = 'x' WHERE name IS NULL"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "statement"), [(name, one) for name, some in EDITS.items() for one in some]
)
def test_whatever_is_edited_in_a_table_is_told_of_a_release_that_is_looked_at(
    clean, index, everything, table, statement
):
    history, releases = clean
    for file in index.glob(f"{table}/*/*.parquet"):
        edit(file, statement)
    reseal(index)
    with pytest.raises(SealError, match=f"other rows of it in {table}"):
        same(history, index, reported(releases))
    with pytest.raises(SealError, match=r"other rows|each release once"):
        whole(history, index)


def test_rows_that_were_moved_into_another_month_are_told(clean, index, everything):
    history, releases = clean
    for month in (index / "release").iterdir():
        month.rename(month.with_name("month=2001-01"))
        break
    reseal(index)
    with pytest.raises(SealError, match="other rows"):
        whole(history, index)
    with pytest.raises(SealError, match="other rows"):
        same(history, index, reported(releases))


def test_rows_that_somebody_added_to_a_table_without_any_are_told(clean, index, everything):
    history, _ = clean
    month = min((index / "ticket").iterdir())
    (index / "waiver" / month.name).mkdir(parents=True, exist_ok=True)
    target = index / "waiver" / month.name / "rows.parquet"
    target.write_bytes((index / "ticket" / month.name / "rows.parquet").read_bytes())
    row = "'sca' AS stage, 'CVE-1' AS waiver, 'r' AS rule, ticket, CAST(NULL AS TIMESTAMP) AS expires_at"
    edit(target, f"CREATE OR REPLACE TABLE t AS SELECT stream, sequence, payload, {row} FROM t")
    reseal(index)
    with pytest.raises(SealError, match="other rows of it in waiver"):
        whole(history, index)


def test_a_store_that_was_altered_since_is_told(clean, index, tmp_path):
    history = clean[0].copy(tmp_path / "copy")
    place = reported(clean[1])[0]
    history.store.objects[entry_key(*place[:2])][0].data = b"{}\n{}\n"
    with pytest.raises(SealError, match="does not verify"):
        same(history, index, [place])


def test_an_index_that_is_behind_or_ahead_is_told(clean, index, tmp_path):
    history, releases = clean
    page = read_page(index)
    assert newer(history.store, history.trust, page) == []
    build_index(tmp_path / "old", releases[:-1], trust=TRUST)
    old = read_page(tmp_path / "old")
    assert newer(history.store, history.trust, old) == [releases[-1].stream]
    short = history.copy(tmp_path / "copy")
    del short.store.objects[entry_key(releases[-1].stream, releases[-1].sequence)]
    with pytest.raises(SealError, match="the store"):
        newer(short.store, history.trust, page)


def test_an_index_of_another_store_with_the_same_names_is_told(clean, index):
    history, _ = clean
    page = read_page(index)
    heads = {stream: replace(head, payload="e" * 64) for stream, head in page.heads.items()}
    with pytest.raises(SealError, match="sealed is"):
        newer(history.store, history.trust, replace(page, heads=heads))


def test_an_index_that_keeps_quiet_about_a_release_is_told(clean, tmp_path):
    history, releases = clean
    quiet = tmp_path / "quiet"
    build_index(quiet, [one for one in releases if one.sequence != 3], trust=TRUST)
    with pytest.raises(SealError, match="each release once"):
        whole(history, quiet)


def test_an_index_that_has_another_release_in_its_place_is_told(clean, tmp_path, everything):
    history, releases = clean
    other = [replace(one, payload=releases[0].payload) for one in releases]
    build_index(tmp_path / "other", other, trust=TRUST)
    with pytest.raises(SealError, match="other rows"):
        whole(history, tmp_path / "other")


def test_a_sample_is_of_releases_that_the_index_says_it_has(index):
    page = read_page(index)
    for _ in range(50):
        places = recheck._sample(page)
        assert places
        assert all(1 <= sequence <= page.heads[stream].sequence for stream, sequence in places)
    assert recheck._sample(replace(page, heads={})) == []


def test_questions_name_releases_or_only_count_them(index):
    page = read_page(index)
    with opened(index, page) as ask:
        counted = {
            name
            for name, query in queries().items()
            if not {"stream", "sequence", "payload"}
            <= set(ask(query, query.bind(WINDOW, _value(query))).columns)
        }
    assert counted == {"completeness", "delivery"}


def _value(query):
    kinds = {"value": "x", "commit": "c" * 40, "number": "1", "days": "1"}
    return next((kinds[name] for name in query.parameters if name in kinds), "")
