"""Freezes and calendars: time in which nobody deploys is neither scored nor waited for."""

from __future__ import annotations

import pytest

from counterseal.audit.dora.freezes import freezes_of
from counterseal.audit.dora.model import Freeze
from counterseal.policy.approval import ApprovalPolicy, Calendar
from counterseal.policy.approval import Freeze as PolicyFreeze
from unit.audit.dora_facts import HOUR, at, attempt, measured, weekly


def test_a_clock_change_adds_no_business_time():
    calendar = Calendar(zone="Europe/Dublin", from_="09:00", until="17:00")
    # from Friday the 23rd of October to Monday the 26th: summer time ends on Sunday
    one = attempt(1, 56 + 0.5, lead=3)
    found = measured(one, calendar=calendar).kpi("lead-time")
    assert found.more["business-p50"].value == (4 + 3) * HOUR  # 13:00 to 17:00 IST; 9:00 to 12:00 GMT


def freeze(begin, end, name="year-end"):
    return Freeze(name=name, since=at(begin), until=at(end))


def test_a_freeze_is_no_business_time():
    calendar = Calendar(zone="UTC", from_="09:00", until="17:00")
    one = attempt(1, 3.5, lead=3)  # Monday noon to Thursday noon: 5 + 8 + 8 + 3 hours
    took = [
        measured(one, calendar=calendar, freezes=freezes).kpi("lead-time").more["business-p50"].value
        for freezes in ((), (freeze(1, 2),), (freeze(1, 2), freeze(1.5, 2.5, "other")), (freeze(0, 9),))
    ]
    assert took == [24 * HOUR, 16 * HOUR, 13 * HOUR, 0]  # where two overlap, it is one


def test_a_frozen_week_is_not_scored_and_shown():
    attempts = [attempt(number, 7 * number + 1.5) for number in range(13) if number not in {4, 5}]
    open_ = measured(*attempts).kpi("deployment-frequency")
    assert (open_.measure.n, open_.measure.value) == (13, pytest.approx(11 / 13))
    found = measured(*attempts, freezes=(freeze(28, 42),))
    shut = found.kpi("deployment-frequency")
    assert (shut.measure.n, shut.measure.value, shut.status) == (11, 1, "met")
    assert "2 weeks frozen and not scored" in shut.notes
    assert [week.frozen for week in found.weeks] == [False] * 4 + [True] * 2 + [False] * 7
    assert [one.name for one in found.freezes] == ["year-end"]


def test_a_deployment_in_a_freeze_is_told():
    found = measured(*weekly(13), freezes=(freeze(28, 35),)).kpi("deployment-frequency")
    assert "1 deployment in frozen weeks" in found.notes
    assert measured(*weekly(13), freezes=(freeze(28, 35),)).kpi("change-failure-rate").measure.n == 13


@pytest.mark.parametrize("days", [(28, 32), (29, 35), (28, 32.99)])
def test_a_week_that_a_freeze_leaves_open_is_scored(days):
    found = measured(*weekly(13), freezes=(freeze(*days),))
    assert not any(week.frozen for week in found.weeks)


def test_a_calendar_tells_which_days_a_freeze_has_to_shut():
    calendar = Calendar(zone="UTC", from_="09:00", until="17:00", days=("mon", "tue"))
    found = measured(*weekly(13), freezes=(freeze(28, 30),), calendar=calendar)
    assert [week.frozen for week in found.weeks].count(True) == 1


def test_the_freezes_of_a_policy_are_those_of_every_environment():
    def named(name, *environments):
        return PolicyFreeze(
            name=name, zone="Europe/Dublin", from_="2026-10-24T00:00", until="2026-10-26T00:00",
            environments=environments,
        )  # fmt: skip

    freezes = (named("all"), named("one", "production-eu"), named("both", "production-eu", "production-us"))
    policy = ApprovalPolicy(groups={}, classes={}, environments={}, freezes=freezes)
    found = freezes_of(policy, ("production-eu", "production-us"))
    assert [one.name for one in found] == ["all", "both"]
    # summer time ends on the 25th
    assert {(one.since, one.until) for one in found} == {("2026-10-23T23:00:00Z", "2026-10-26T00:00:00Z")}
    assert freezes_of(None, ("production",)) == ()
