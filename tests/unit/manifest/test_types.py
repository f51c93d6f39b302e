from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.manifest import types
from counterseal.manifest.rules import RuleBroken

MOMENTS = st.datetimes(timezones=st.timezones() | st.just(UTC)).filter(
    lambda moment: 1 < moment.year < 9999  # so that no offset leads out of the calendar
)


@given(MOMENTS)
def test_a_time_is_written_in_utc_and_reads_back_to_the_second(moment):
    text = types.format_time(moment)

    assert msgspec.convert(text, types.Time) == text
    assert types.parse_time(text) == moment.astimezone(UTC).replace(microsecond=0)


def test_a_time_east_of_utc_is_moved():
    moment = datetime(2026, 11, 23, 1, 30, tzinfo=timezone(timedelta(hours=2)))

    assert types.format_time(moment) == "2026-11-22T23:30:00Z"


def test_a_fraction_of_a_second_is_kept():
    assert types.parse_time("2026-11-23T10:00:00.25Z").microsecond == 250000


@pytest.mark.parametrize(
    "text", ["2026-11-23T10:00:00+00:00", "2026-11-23", "20261123T100000Z", "2026-W48-1T10:00:00Z", "now", ""]
)
def test_another_form_of_a_time_is_refused(text):
    with pytest.raises(RuleBroken) as caught:
        types.parse_time(text, where="createdAt")

    assert (caught.value.rule, caught.value.where) == ("schema", "createdAt")


@pytest.mark.parametrize("text", ["2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "0000-01-01T00:00:00Z"])
def test_a_day_that_does_not_exist_is_refused(text):
    assert msgspec.convert(text, types.Time) == text  # the schema cannot tell
    with pytest.raises(RuleBroken) as caught:
        types.parse_time(text)

    assert caught.value.rule == "time-calendar"


@given(st.text(max_size=30))
def test_parsing_a_time_fails_in_one_way_only(text):
    try:
        moment = types.parse_time(text)
    except RuleBroken:
        return
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("kind", [types.Sha256, types.GitObject, types.Slug, types.Time])
def test_no_pattern_lets_a_line_end_pass(kind):
    pattern = msgspec.json.schema(kind)["pattern"]

    assert pattern.startswith("^")
    assert re.search(r"\\Z\Z", pattern)


def test_structures_are_values():
    class Pair(types.Struct, frozen=True):
        first_name: str
        other: tuple[int, ...] = ()

    pair = Pair(first_name="a")

    assert msgspec.json.encode(pair) == b'{"firstName":"a"}'
    assert {pair, Pair(first_name="a")} == {pair}
    with pytest.raises(AttributeError):
        pair.first_name = "b"
