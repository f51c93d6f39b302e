"""Exports of deployments: every line is read, or the whole export is refused."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.audit.sources import exports
from counterseal.audit.sources.exports import read_export
from counterseal.errors import MalformedError
from counterseal.manifest.record import Outcome

COMMIT, DIGEST = "c" * 40, "d" * 64
LEAST = {"id": "7", "environment": "production", "commit": COMMIT, "started_at": "2026-11-01T10:00:00Z"}
FULL = LEAST | {
    "finished_at": "2026-11-01T10:05:00Z", "outcome": "failed", "rolled_back": "yes", "person_id": "41001",
    "artifacts": f"{DIGEST} {'e' * 64}", "release": "s/1", "platform": "argo", "url": "https://x.example/7",
}  # fmt: skip


def as_csv(*rows, head=None):
    target = io.StringIO()
    writer = csv.DictWriter(target, head or list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode()


def test_every_column_is_read():
    (one,) = read_export(as_csv(FULL), "x.csv")
    assert (one.id, one.platform, one.environment, one.commit) == ("7", "argo", "production", COMMIT)
    assert (one.outcome, one.rolled_back, one.person.id) == (Outcome.FAILED, True, 41001)
    assert (one.artifacts, one.release, one.url) == ((DIGEST, "e" * 64), "s/1", "https://x.example/7")
    assert (one.started_at, one.finished_at) == (FULL["started_at"], FULL["finished_at"])


def test_csv_and_json_say_the_same():
    plain = FULL | {"rolled_back": True, "person_id": 41001, "artifacts": FULL["artifacts"].split()}
    written = read_export(as_csv(FULL), "x.csv")
    assert read_export(json.dumps([plain]).encode(), "x.json") == written
    assert read_export(json.dumps({"deployments": [plain]}).encode(), "x.json") == written
    assert read_export(b"\xef\xbb\xbf" + as_csv(FULL), "x.csv") == written  # as spreadsheets write it


def test_what_is_empty_says_nothing():
    (one,) = read_export(as_csv(dict.fromkeys(FULL, "") | LEAST), "x.csv")
    assert (one.platform, one.outcome, one.rolled_back, one.person, one.artifacts) == (
        "export",
        None,
        False,
        None,
        (),
    )
    assert read_export(b"id,environment,commit,started_at\r\n", "x.csv") == ()
    assert read_export(b"[]", "x.json") == ()
    plain = b"\xef\xbb\xbf" + json.dumps([LEAST]).encode()
    assert len(read_export(plain, "x.json")) == 1  # a mark of order hides no bracket


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"commit": COMMIT[:12]}, "commit"),
        ({"commit": COMMIT.upper()}, "commit"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"started_at": "2026-02-30T00:00:00Z"}, "calendar"),
        ({"started_at": "2026-11-01T10:00:00+01:00"}, "started_at"),
        ({"finished_at": "2026-11-01T09:00:00Z"}, "before it began"),
        ({"outcome": "fine"}, "outcome"),
        ({"rolled_back": "perhaps"}, "neither true nor false"),
        ({"person_id": "dana"}, "person_id"),
        ({"person_id": "٤"}, "person_id"),
        ({"person_id": "0"}, "person_id"),
        ({"person_id": "9" * 5000}, "person_id"),
        ({"artifacts": "d" * 63}, "artifacts"),
        ({"id": ""}, "id"),
        ({"environment": "  "}, "environment"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_line_that_cannot_be_read_refuses_the_whole(change, said):
    good, bad = (
        dict.fromkeys([*FULL, *change], "") | LEAST,
        dict.fromkeys([*FULL, *change], "") | FULL | change,
    )
    rows = [bad, good | {"id": "8"}] if "colour" not in change else [bad]
    with pytest.raises(MalformedError) as raised:
        read_export(as_csv(*rows), "x.csv")
    assert said in str(raised.value.message)
    assert (raised.value.where or "").startswith("x.csv")


@pytest.mark.parametrize(
    "data",
    [
        as_csv(LEAST) + b"8,production\r\n",
        as_csv(LEAST).rstrip() + b",more\r\n",
        b"id,id,environment,commit,started_at\r\n",
        b'id,environment\r\n"open',
        b"\xff\xfe",
        b"[1]",
        b"",
        b"\xef\xbb\xbf",
        b"anything",
        b"id;environment;commit;started_at\r\n",
        b"id,environment,commit\r\n",
        b"id,environment,commit,started_at,colour\r\n",
        b'{"deployments": [], "more": 1}',
        b'[{"id": "1", "id": "2"}]',
        b"[" * 5000,
        b'{"deployments": {}}',
    ],
)
def test_what_is_no_export_is_refused(data):
    with pytest.raises(MalformedError):
        read_export(data, "x")


def test_a_deployment_that_stands_there_twice_is_refused():
    with pytest.raises(MalformedError, match="twice"):
        read_export(as_csv(LEAST, LEAST | {"environment": "staging"}), "x.csv")
    other = read_export(as_csv(LEAST | {"platform": "a"}, LEAST | {"platform": "b"}), "x.csv")
    assert len(other) == 2


def test_more_than_anybody_reads_is_refused(monkeypatch):
    monkeypatch.setattr(exports, "MOST", 2)
    rows = [LEAST | {"id": str(number)} for number in range(3)]
    assert len(read_export(as_csv(*rows[:2]), "x.csv")) == 2
    with pytest.raises(MalformedError, match="at most 2"):
        read_export(as_csv(*rows), "x.csv")
    monkeypatch.setattr(exports, "_LIMIT", 10)
    with pytest.raises(MalformedError, match="bytes"):
        read_export(as_csv(LEAST), "x.csv")


@given(st.binary(max_size=300))
def test_anything_is_read_or_refused(data):
    for given_ in (data, as_csv(LEAST) + data):
        try:
            found = read_export(given_, "x")
        except MalformedError:
            continue
        assert all(one.commit for one in found)


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
        min_size=1,
        max_size=4,
        unique_by=str.strip,
    )
)
def test_no_line_is_lost(names):
    rows = [LEAST | {"id": name, "url": f"x{name}"} for name in names]
    try:
        found = read_export(as_csv(*rows), "x.csv")
    except MalformedError:
        return
    assert len(found) == len(names)
