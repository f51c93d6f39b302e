"""A large file, and the parts of it that are sent."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from counterseal.errors import StoreError
from counterseal.store.s3 import S3Store
from unit.store.s3.given import SEVEN_YEARS


def large(tmp_path: Path, size=4500):
    path = tmp_path / "large"
    path.write_bytes(os.urandom(size))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def parts_sent(server):
    return [query for method, _, query, _ in server.requests if method == "PUT" and "partNumber" in query]


def broken_off(server, path, digest, retention=SEVEN_YEARS):
    """Send some of the parts of a file, in a run that then ends; return how many are there."""
    server.plan = [("PUT", "slow"), ("PUT", "slow"), *[("PUT", 403)] * 3]
    with pytest.raises(StoreError):
        S3Store(server.name, "evidence/x").put_file("a", path, sha256=digest, retention=retention)
    server.plan = []
    (upload,) = server.bucket.uploads.values()
    server.requests.clear()
    return len(upload["parts"])
