from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.approval.moments import earliest, later, order
from counterseal.errors import MalformedError
from counterseal.manifest.types import parse_time

TIMES = st.builds(
    lambda second, fraction: f"2026-11-23T10:00:{second:02}{fraction}Z",
    st.integers(0, 59),
    st.sampled_from(["", ".5", ".50", ".000001", ".05", ".0", ".000000"])
    | st.from_regex(r"\.[0-9]{1,6}", fullmatch=True),
)


@given(TIMES, TIMES)
def test_the_text_sorts_as_time_does(one, other):
    assert (order(one) < order(other)) == (parse_time(one) < parse_time(other))
    assert (order(one) == order(other)) == (parse_time(one) == parse_time(other))


def test_what_is_reckoned_is_to_the_second():
    assert later("2026-11-23T10:00:00.7Z", hours=1, seconds=1) == "2026-11-23T11:00:01Z"


def test_nothing_is_reckoned_beyond_the_calendar():
    with pytest.raises(MalformedError):
        later("9999-12-31T23:00:00Z", hours=2)


def test_the_earliest_moment_lies_after_the_given_one():
    moments = ["2026-11-23T10:00:00Z", "2026-11-23T12:00:00Z", "2026-11-23T11:00:00Z"]
    assert earliest(moments, after="2026-11-23T10:00:00Z") == "2026-11-23T11:00:00Z"
    assert earliest(moments, after="2026-11-23T12:00:00Z") is None
