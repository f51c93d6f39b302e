"""When S3 fails: what passes, what stays, and who was first."""

from __future__ import annotations

import pytest

from counterseal.errors import StoreConflict, StoreError
from counterseal.store.s3 import S3Store
from unit.store.s3.given import FAULTS, SEVEN_YEARS


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["PUT", "HEAD", "GET"])
def test_a_fault_that_passes_changes_nothing(store, server, fault, method):
    server.plan = [(method, fault), (method, fault)]
    stored = store.put("a", b"data", retention=SEVEN_YEARS)
    assert len(server.bucket.objects["evidence/x/a"]) == 1
    assert store.get("a") == b"data"
    assert store.head("a") == stored


@pytest.mark.parametrize("fault", [500, 503, 409, "cut"])
def test_a_fault_that_stays_is_an_error_after_a_while(store, server, fault):
    server.plan = [("PUT", fault)] * 20
    with pytest.raises(StoreError):
        store.put("a", b"data")
    assert server.bucket.objects == {}


def test_an_answer_that_was_lost_is_told_from_somebody_elses_key(store, server, raw):
    server.plan = [("PUT", "cut after")]
    assert store.put("a", b"mine").version == "v00000001"
    raw.put_object(Bucket="evidence", Key="evidence/x/b", Body=b"theirs")
    server.plan = [("PUT", "cut")]
    with pytest.raises(StoreConflict):
        store.put("b", b"mine")


def test_what_is_forbidden_is_not_tried_again(store, server):
    server.plan = [("PUT", 403)] * 3
    with pytest.raises(StoreError, match="S3 refuses"):
        store.put("a", b"x")
    assert len(server.plan) == 2


def test_of_many_that_create_a_key_one_does(server):
    from concurrent.futures import ThreadPoolExecutor

    def create(at):
        try:
            return S3Store(server.name, pause=lambda _: None).put(
                "a", f"{at}".encode(), retention=SEVEN_YEARS
            )
        except StoreConflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [one for one in pool.map(create, range(24)) if one]
    assert len(won) == 1
    assert len(server.bucket.objects["a"]) == 1
