"""A store in S3, the server behind it, and what anybody with the rights could do there."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config

from counterseal.store import s3_parts as module
from counterseal.store.s3 import S3Store
from simulators.s3 import FakeS3, environment


@pytest.fixture
def server(monkeypatch):
    with FakeS3() as made, environment(monkeypatch, made):
        yield made


@pytest.fixture
def store(server):
    return S3Store(server.name, "evidence/x", pause=lambda _: None)


@pytest.fixture
def raw(server):
    """Return a client that does what anybody with the rights could do."""
    config = Config(retries={"total_max_attempts": 1}, request_checksum_calculation="when_required")
    return boto3.client("s3", config=config)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(module, "PART_BYTES", 1000)
