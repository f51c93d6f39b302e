from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from payments.api import Application
from payments.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with the bank's own account, which may go below zero, and two customers."""
    ledger = Ledger(str(tmp_path / "ledger.sqlite3"))
    ledger.open_account("bank", "EUR", overdraft=True)
    ledger.open_account("alice", "EUR")
    ledger.open_account("bob", "EUR")
    yield ledger
    ledger.close()


@pytest.fixture
def database(ledger: Ledger, tmp_path: Path) -> Iterator[sqlite3.Connection]:  # noqa: ARG001 - it makes the file
    """The ledger's database, opened by somebody else."""
    connection = sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)
    yield connection
    connection.close()


@pytest.fixture
def call(ledger: Ledger) -> Callable[..., tuple[int, Any]]:
    """Call the API; returns the status and the JSON of the answer."""
    application = Application(ledger)

    def call(
        method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> tuple[int, Any]:
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.input": io.BytesIO(data),
            **headers,
        }
        statuses: list[str] = []
        answer = application(environ, lambda status, _headers: statuses.append(status))
        return int(statuses[0].split()[0]), json.loads(b"".join(answer))

    return call
