from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.approval.calendar import in_utc, moments, windows
from counterseal.approval.timetable import timetable
from counterseal.errors import MalformedError
from counterseal.manifest.types import format_time, parse_time
from counterseal.policy.approval import Calendar
from unit.approval import worlds

HOUR = 3600


def _calendar(**changes):
    given = {"zone": "Europe/Berlin", "from": "09:00", "until": "17:00"}
    return msgspec.convert({**given, **changes}, Calendar)


def _after(start, hours, calendar):
    return format_time(moments(calendar, parse_time(start), [round(hours * HOUR)])[0])


def test_without_a_calendar_every_hour_counts():
    assert _after("2026-11-27T15:00:00Z", 24, None) == "2026-11-28T15:00:00Z"


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-23T09:00:00Z", 2, "2026-11-23T11:00:00Z"),  # inside a Monday; Berlin is an hour ahead
        ("2026-11-23T15:00:00Z", 2, "2026-11-24T09:00:00Z"),  # an hour on Monday, the other on Tuesday
        ("2026-11-23T15:00:00Z", 1, "2026-11-23T16:00:00Z"),  # to the very end of the day
        ("2026-11-23T02:00:00Z", 1, "2026-11-23T09:00:00Z"),  # before work begins
        ("2026-11-27T15:30:00Z", 1, "2026-11-30T08:30:00Z"),  # over a weekend
        ("2026-11-28T12:00:00Z", 8, "2026-11-30T16:00:00Z"),  # from a Saturday
        ("2026-11-23T16:00:00Z", 1, "2026-11-24T09:00:00Z"),  # exactly at the end of work
    ],
)
def test_time_passes_only_while_people_work(start, hours, end):
    assert _after(start, hours, _calendar()) == end


def test_time_does_not_pass_on_a_holiday():
    christmas = _calendar(holidays=["2026-12-25", "2027-01-01"])
    assert _after("2026-12-24T15:00:00Z", 2, christmas) == "2026-12-28T09:00:00Z"


def test_the_hours_of_a_day_follow_the_clocks_of_the_zone():
    """Clocks in Berlin go back on 2026-10-25 and forward on 2027-03-28."""
    calendar = _calendar()
    assert _after("2026-10-23T14:00:00Z", 2, calendar) == "2026-10-26T09:00:00Z"
    assert _after("2027-03-26T15:00:00Z", 2, calendar) == "2027-03-29T08:00:00Z"


def test_the_night_on_which_clocks_change_is_an_hour_longer_or_shorter():
    nights = _calendar(**{"from": "00:00", "until": "06:00", "days": ["sun"]})
    (longer,) = [end - begin for begin, end in windows(nights, parse_time("2026-10-25T00:30:00Z"))][:1]
    (shorter,) = [end - begin for begin, end in windows(nights, parse_time("2027-03-28T00:30:00Z"))][:1]
    assert (longer, shorter) == (timedelta(hours=7), timedelta(hours=5))


def test_a_time_that_clocks_leave_out_or_show_twice_is_one_moment():
    assert format_time(in_utc("2027-03-28T02:30", "Europe/Berlin")) == "2027-03-28T01:30:00Z"
    assert format_time(in_utc("2026-10-25T02:30", "Europe/Berlin")) == "2026-10-25T00:30:00Z"


def test_a_window_that_a_clock_change_swallows_has_no_time():
    """From 02:30, which becomes 03:30, until 03:15."""
    nights = _calendar(**{"from": "02:30", "until": "03:15", "days": ["sun"]})
    begin, end = next(iter(windows(nights, parse_time("2027-03-28T00:00:00Z"))))
    assert begin == end
    assert _after("2027-03-28T00:00:00Z", 0.5, nights) == "2027-04-04T01:00:00Z"


def test_a_calendar_without_time_is_refused_and_not_waited_for():
    with pytest.raises(MalformedError, match="too little time"):
        _after("2026-11-23T09:00:00Z", 1, msgspec.structs.replace(_calendar(), days=()))


def test_the_end_of_the_calendar_is_refused():
    with pytest.raises(MalformedError, match="calendar"):
        _after("9999-12-31T09:00:00Z", 24, None)
    with pytest.raises(MalformedError, match="too little time"):
        _after("9999-12-31T09:00:00Z", 24, _calendar())


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 - made aware below
    st.lists(st.integers(1, 200 * HOUR), min_size=1, max_size=5).map(sorted),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
)
def test_as_much_business_time_passes_as_was_asked_for(start, offsets, zone):
    """Add up the windows between start and end again, the long way."""
    begin = parse_time(start.isoformat(timespec="seconds") + "Z")
    calendar = _calendar(zone=zone)
    found = moments(calendar, begin, offsets)
    assert found == sorted(found)
    for offset, end in zip(offsets, found, strict=True):
        passed = timedelta()
        for opens, closes in windows(calendar, begin):
            if opens >= end:
                break
            passed += max(min(closes, end) - max(opens, begin), timedelta())
        assert passed == timedelta(seconds=offset)


def test_the_timetable_of_a_request_runs_in_business_time():
    rules = worlds.with_class("normal", calendar="office", deadline=16)
    rules = msgspec.structs.replace(rules, calendars={"office": _calendar()})
    found = timetable(worlds.request(requested_at="2026-11-26T15:00:00Z"), rules)
    assert found.deadline == "2026-11-30T15:00:00Z"
    assert [rung.at for rung in found.reminders] == ["2026-11-27T15:00:00Z", "2026-11-30T11:48:00Z"]
    assert [(rung.at, rung.groups) for rung in found.escalations] == [("2026-11-30T11:00:00Z", ("duty",))]
