"""Frequency: weeks that are complete and not frozen, and a band that a number may leave on both sides."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from counterseal.audit.population import Window
from unit.audit.dora_facts import at, attempt, measured


def test_a_month_without_deployments_is_seen():
    found = measured(*(attempt(number, 7 * number + 1) for number in range(6)))
    assert [week.attempts for week in found.weeks] == [1] * 6 + [0] * 7
    frequency = found.kpi("deployment-frequency")
    assert frequency.measure.value == pytest.approx(6 / 13)
    assert frequency.status == "not-met"


def test_weeks_before_the_first_release_are_none_of_the_service():
    found = measured(*(attempt(number, 7 * number + 1.5) for number in range(8, 13)))
    assert [week.attempts for week in found.weeks] == [1] * 5
    frequency = found.kpi("deployment-frequency")
    assert (frequency.status, frequency.measure.value) == ("met", 1)
    assert "weeks count from that of the first release on record, 2026-10-26" in frequency.notes


def test_a_frequency_tells_how_many_deployments_there_were():
    window = Window(since=at(1), until=at(12))
    found = measured(attempt(1, 2), attempt(2, 3), attempt(3, 8), window=window).kpi("deployment-frequency")
    assert "3 deployments in the window, 0 of them in complete weeks" in found.notes
    assert "it takes 4 complete weeks to judge it" in found.notes


def test_a_week_that_has_begun_is_not_scored():
    window = Window(since=at(2), until=at(17))
    found = measured(attempt(1, 3), attempt(2, 8), attempt(3, 15), window=window)
    assert [(week.monday, week.attempts) for week in found.weeks] == [("2026-09-07", 1)]


def test_too_many_deployments_are_a_sign_as_well():
    found = measured(*(attempt(number, number / 2) for number in range(180)))
    assert found.kpi("deployment-frequency").status == "not-met"


def test_the_weeks_begin_on_mondays():
    weeks = measured().weeks
    assert len(weeks) == 13
    assert all(date.fromisoformat(week.monday).weekday() == 0 for week in weeks)
    days = [date.fromisoformat(week.monday) for week in weeks]
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(days=7)}
