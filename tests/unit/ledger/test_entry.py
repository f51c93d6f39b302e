"""Entries: two lines, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.errors import MalformedError
from counterseal.ledger.entry import Entry, decode_entry, encode_entry


def test_an_entry_is_its_two_seals_a_line_each():
    assert encode_entry(Entry(b"bundle", b"verdict")) == b"bundle\nverdict\n"
    assert decode_entry(b"bundle\nverdict\n", where="entry") == Entry(b"bundle", b"verdict")


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\n\n", b"a", b"a\n", b"a\nb", b"a\n\n", b"\nb\n", b"a\nb\n\n", b"a\nb\nc\n", b"a\nb\n "],
)
def test_anything_else_is_refused_with_its_place(data: bytes):
    with pytest.raises(MalformedError) as caught:
        decode_entry(data, where="streams/s/1")
    assert caught.value.where == "streams/s/1"


@given(st.lists(st.sampled_from([b"a", b"bb", b"\n", b"\r", b"\x0b", b"\x1c", b"\xc2\x85"]), max_size=8))
def test_what_is_read_is_written_byte_for_byte(parts: list[bytes]):
    data = b"".join(parts)
    try:
        entry = decode_entry(data, where="entry")
    except MalformedError:
        assert data.count(b"\n") != 2 or not data.endswith(b"\n") or b"\n\n" in data or data.startswith(b"\n")
    else:
        assert encode_entry(entry) == data
