"""Verifying the folders: what the ledger did not write is a finding and never an error."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from counterseal.errors import StoreError
from counterseal.ledger.layout import entry_key
from counterseal.store.directory import DirectoryStore
from simulators.deep_folder import deep_folder
from simulators.releases import World
from unit.ledger.findings import ID, codes, verify


@pytest.mark.parametrize(
    "key",
    [
        *(f"streams/{ID}/notes", "streams/x", "checkpoints/y/z", "blobs/md5/aa"),
        *(f"blobs/sha256/00/{'f' * 64}", "incidents/x", f"holds/{ID}/1.json", "approvals/anything/evil.exe"),
        *("approvals/debts/x/paid.json", "approvals/debts/paid.json", f"approvals/{'0' * 16}/seen/x.json"),
    ],
)
def test_what_the_ledger_did_not_write_is_a_finding(world: World, key: str):
    world.store.objects[key] = b""
    (finding,) = verify(world).findings
    assert (finding.code, finding.where) == ("object-unknown", key)


def test_names_that_are_not_text_are_findings_that_can_be_printed(tmp_path: Path):
    world = World(DirectoryStore(tmp_path))
    world.publish()
    (tmp_path / "streams" / "\udcff").write_bytes(b"")
    (tmp_path / "streams" / "link").symlink_to(tmp_path)
    report = verify(world)
    assert [finding.where for finding in report.findings] == ["streams/link", "streams/\\udcff"]
    assert str(report).encode()


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "old/streams/x",
        "tmpfile",
        "zzz",
        "blobs0",
        "streams0",
        "streams.txt",
        "blobs/\U0010ffff/x",
    ],
)
def test_what_lies_beside_the_ledgers_folders_is_a_finding(tmp_path: Path, name: str):
    world = World(DirectoryStore(tmp_path))
    world.publish()
    (tmp_path / "tmp" / "stray").write_bytes(b"")
    assert verify(world).findings == ()
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"")
    assert [(one.code, one.where) for one in verify(world).findings] == [("object-unknown", name)]
    assert verify(world, stream=ID).findings == ()


@pytest.mark.parametrize("folder", ["streams", "checkpoints", "blobs", f"streams/{ID}", f"checkpoints/{ID}"])
def test_a_folder_that_is_a_link_is_a_finding(tmp_path: Path, folder: str):
    world = World(DirectoryStore(tmp_path / "store"))
    world.publish()
    (tmp_path / "store" / folder).rename(tmp_path / "elsewhere")
    (tmp_path / "store" / folder).symlink_to(tmp_path / "elsewhere")
    for which in ({}, {"stream": ID}):
        world.store = DirectoryStore(tmp_path / "store")
        assert verify(world, **which).findings


def test_folders_of_any_depth_are_findings_and_never_an_error(tmp_path: Path):
    world = World(DirectoryStore(tmp_path))
    world.publish()
    with deep_folder(tmp_path / "blobs") as deep:
        Path(f"{tmp_path}/blobs/{deep}/file").write_bytes(b"")
        assert codes(verify(world)) == [("object-unknown", None)]


def test_a_listing_that_breaks_off_is_a_finding(tmp_path: Path):
    world = World(DirectoryStore(tmp_path))
    world.publish()
    shutil.rmtree(tmp_path / "checkpoints")
    (tmp_path / "checkpoints").write_bytes(b"")
    assert [finding.code for finding in verify(world).findings] == ["listing-unreadable", "object-unknown"]


def test_an_entry_that_cannot_be_read_is_a_finding(world: World, monkeypatch):
    get = world.store.get

    def fail(key, **_):
        if key == entry_key(ID, 2):
            raise StoreError("Input/output error", where=key)
        return get(key)

    monkeypatch.setattr(world.store, "get", fail)
    assert codes(verify(world)) == [("entry-unreadable", 2)]
