"""Names of the ledger's objects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import factories
from counterseal.ledger.layout import checkpoint_key, entry_key, identity_of, is_stream_id, place_of
from counterseal.manifest.release import Stream
from counterseal.store.interface import require_key

NAMES = st.text(min_size=1, max_size=80)


@given(NAMES, NAMES, st.integers(1, 10**12 - 1))
def test_every_place_has_a_key_that_is_read_back(repository: str, environment: str, sequence: int):
    identity = identity_of(Stream(repository=repository, environment=environment))
    assert is_stream_id(identity)
    for name in (entry_key, checkpoint_key):
        assert place_of(require_key(name(identity, sequence))) == (identity, sequence)


@given(st.integers(1, 10**12 - 2), st.integers(1, 10**12 - 2))
def test_keys_sort_as_their_sequences(one: int, other: int):
    assert (entry_key("s", one) < entry_key("s", other)) == (one < other)


@pytest.mark.parametrize(
    "key",
    [
        "streams/s/1.jsonl",
        "streams/s/000000000000.jsonl",
        "streams/s/0000000000001.jsonl",
        "streams/s/000000000001.json",
        "streams/s/000000000001.jsonl\n",
        "streams/S/000000000001.jsonl",
        "streams/000000000001.jsonl",
        "streams/s/t/000000000001.jsonl",
        "streams/s/00000000000\u0661.jsonl",
        "checkpoints/s/000000000001.jsonl",
        "blobs/s/000000000001.jsonl",
        "",
    ],
)
def test_other_names_are_not_the_ledgers(key: str):
    assert place_of(key) is None


def test_the_id_of_a_stream_is_the_formats():
    assert identity_of(factories.STREAM).startswith("acme-payments-production-")
