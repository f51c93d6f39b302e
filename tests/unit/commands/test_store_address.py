"""The address of a store: whoever only reads says that a folder is not there, and nothing else about it."""

from __future__ import annotations

import pytest

READERS = {
    "verify": {},
    "report release": {"out": "pages"},
    "dora-metrics": {},
    "audit": {},
    "index build": {"index": "index"},
    "approve": {"request": "0" * 16, "candidate": "0" * 64, "out": "pages"},
}


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("address", ["dir:{}/no/such/folder", "{}/no/such/folder", "no-folder"])
def test_a_folder_that_is_not_there_is_a_wrong_address(workspace, command, address):
    given = {"store": address.format(workspace.home), "trust": str(workspace.trust)}
    if command == "approve":
        given["key"] = workspace.key
    done = workspace.run(command, **given, **READERS[command])
    assert (done.code, done.result["reasons"][0]["message"]) == (2, "there is no such folder")
    assert not (workspace.root / "no-folder").exists()
    assert not (workspace.root / "pages").exists()
