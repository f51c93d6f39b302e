"""`store doctor`: what it says of a bucket, well or ill."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from counterseal.commands import _run
from counterseal.manifest.types import format_time
from counterseal.store.interface import Retention
from counterseal.store.s3 import S3Store
from simulators.s3 import FakeS3, environment

LATER = Retention(retain_until=format_time(datetime.now(UTC) + timedelta(days=40)), mode="compliance")


@pytest.fixture
def server(monkeypatch):
    with FakeS3() as made, environment(monkeypatch, made):
        yield made


def doctor(workspace, server, mode="compliance", days=30):
    kept = {"days": days, **({"mode": mode} if mode else {})}
    (workspace.root / "p.json").write_text(json.dumps({"version": 1, "evidence": {"retention": kept}}))
    done = workspace.run("store doctor", store=f"s3://{server.name}/x", policy="p.json")
    return done.code, [one["subject"] for one in done.result["reasons"]]


def test_a_bucket_that_is_well_has_nothing_to_mend(workspace, server):
    S3Store(server.name, "x").put("a", b"x", retention=LATER)
    before = len([one for one in server.requests if one[0] in ("PUT", "POST", "DELETE")])
    assert doctor(workspace, server) == (0, ["rights"])
    assert len([one for one in server.requests if one[0] in ("PUT", "POST", "DELETE")]) == before


def deleted(server):
    S3Store(server.name, "x").put("a", b"x", retention=LATER)
    server.bucket.delete("x/a", None, {})


def written_over(server):
    S3Store(server.name, "x").put("a", b"x", retention=LATER)
    server.bucket.put("x/a", b"y", {})


def unreadable(server):
    S3Store(server.name, "x").put("a", b"x", retention=LATER)
    server.bucket.reads_lock = False


def unlocked(server):
    server.bucket.lock = False


def unversioned(server):
    server.bucket.lock, server.bucket.versioning = False, None


@pytest.mark.parametrize(
    ("spoil", "ill"),
    [
        (deleted, ["objects"]),
        (written_over, ["objects"]),
        (unreadable, ["proof"]),
        (unlocked, ["lock"]),
        (unversioned, ["versioning", "lock"]),
    ],
)
def test_what_is_ill_is_told_with_what_to_do(workspace, server, spoil, ill):
    spoil(server)
    assert doctor(workspace, server) == (13, [*ill, "rights"])


def test_a_clock_that_is_wrong_is_told(workspace, server, monkeypatch):
    monkeypatch.setattr(_run, "now", lambda: datetime.now(UTC) + timedelta(minutes=5))
    assert doctor(workspace, server) == (13, ["clock", "rights"])


def test_a_bucket_that_does_not_answer_is_unknown_and_a_lock_that_nobody_wants_is_no_matter(
    workspace, server
):
    server.bucket.lock = False
    assert doctor(workspace, server, mode=None) == (0, ["rights"])
    done = workspace.run("store doctor", store="s3://another/x")
    assert (done.code, done.result["outcome"]) == (14, "inconclusive")


def test_a_directory_is_no_bucket(workspace):
    assert workspace.run("store doctor", store="dir:x").code == 2
