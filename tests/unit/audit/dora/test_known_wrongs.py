"""Delivery metrics: each wrong that others are known for has the right answer here."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.audit.dora.facts import ending_of
from counterseal.audit.dora.model import encode_metrics, read_metrics
from counterseal.audit.dora.statistics import quantile
from counterseal.audit.population import Window
from counterseal.errors import MalformedError
from counterseal.manifest.types import Outcome
from counterseal.policy.approval import Calendar
from unit.audit.dora_facts import DAY, HOUR, WINDOW, at, attempt, incident, measured, weekly


def test_two_incidents_on_one_deployment_are_one_failed_deployment():
    """Wrong 1: incidents are counted instead of failed deployments, which gives more than 100 %."""
    found = measured(
        attempt(1, 1),
        attempt(2, 8),
        incidents=tuple(incident(f"i{number}", 1.1, 1.2, caused_by=(1,)) for number in range(5)),
    )
    assert found.kpi("change-failure-rate").measure.value == 0.5


def test_a_deployment_that_failed_in_the_pipeline_counts_on_both_sides():
    """Wrong 2: only successes are looked at."""
    found = measured(attempt(1, 1), attempt(2, 2, "failed"), attempt(3, 3, "rolled-back"), attempt(4, 4))
    rate = found.kpi("change-failure-rate").measure
    assert (rate.value, rate.n) == (0.5, 4)


def test_no_failures_are_a_rate_of_nothing_with_its_interval():
    """Wrong 3a: without incidents the rate is "not available"."""
    rate = measured(*weekly(13), observation=0).kpi("change-failure-rate")
    assert (rate.measure.value, rate.measure.n, rate.measure.low) == (0, 13, 0)
    assert rate.measure.high == pytest.approx(0.247, abs=0.001)


def test_nothing_is_never_the_best_score():
    """Wrong 3b: no data is 0 hours."""
    found = measured()
    for kpi in found.kpis:
        assert kpi.status in ("not-demonstrable", "no-target", "not-met"), kpi.key
        assert kpi.measure.value is None or kpi.key == "deployment-frequency"
    assert found.kpi("time-to-restore").status == "not-demonstrable"
    assert found.kpi("deployment-frequency").status == "not-met"  # thirteen weeks without a deployment


@pytest.mark.parametrize(
    ("values", "half"), [([1, 2, 3, 10], 2.5), ([1, 2, 3], 2), ([5], 5), ([1, 2, 3, 4, 5, 60], 3.5)]
)
def test_the_median_of_an_even_number_is_between_the_middle_two(values, half):
    """Wrong 4: the lower middle value is called the median."""
    assert quantile(values, 0.5) == half
    assert quantile(values[::-1], 0.5) == half


def test_an_open_incident_counts_at_its_age():
    """Wrong 5: unresolved incidents are dropped, so that an outage improves the figure."""
    window = Window(since=WINDOW.since, until=at(10))
    before = measured(attempt(1, 1), incidents=(incident("a", 2, 2.1),), window=window)
    after = measured(attempt(1, 1), incidents=(incident("a", 2, 2.1), incident("b", 5)), window=window)
    assert before.kpi("time-to-restore").status == "met"
    assert after.kpi("time-to-restore").status == "not-met"
    assert after.kpi("time-to-restore").more["longest"].value == 5 * DAY
    assert [one.restored_at for one in after.incidents] == [at(2.1), None]


def test_the_wait_for_approval_is_part_of_the_lead_time():
    """Wrong 6: merge and workflow are added, and the gate between them is never seen."""
    one = attempt(1, 10).journeys[0]
    parts = {"authored_at": at(6), "landed_at": at(7), "asked_at": at(7.5), "approved_at": at(9.5)}
    found = measured(attempt(1, 10, journeys=(replace(one, **parts),))).kpi("lead-time")
    assert found.measure.value == 4 * DAY
    stages = {
        name: found.more[name].value / DAY
        for name in ("coding-and-review", "build", "approval-wait", "rollout")
    }
    assert stages == {"coding-and-review": 1, "build": 0.5, "approval-wait": 2, "rollout": 0.5}
    assert sum(stages.values()) * DAY == found.measure.value


def test_an_incident_that_follows_a_deployment_is_only_suspected():
    """Wrong 7: incidents are attributed by time."""
    found = measured(attempt(1, 1), attempt(2, 8), incidents=(incident("a", 1.1, 1.2),))
    assert found.kpi("change-failure-rate").measure.value == 0
    assert found.suspected == ("a",)
    told = measured(attempt(1, 1), incidents=(incident("a", 1.1, 1.2, cause="other"),))
    assert told.suspected == ()


@pytest.mark.parametrize("count", [101, 1001])
def test_nothing_is_cut_off(count):
    """Wrong 8: listings end at 100 or 1,000."""
    found = measured(*(attempt(number, 1 + number * 0.05) for number in range(count)))
    assert found.kpi("change-failure-rate").measure.n == count
    assert len(found.lead_seconds) == count


def test_the_metrics_are_a_document():
    """Wrong 9: there is text output only."""
    found = measured(*weekly(13))
    assert read_metrics(encode_metrics(found), "x") == found
    with pytest.raises(MalformedError):
        read_metrics(b"[]", "x")


def test_weekends_and_holidays_do_not_count_as_business_time():
    """Wrong 10: nobody tells clock from business time."""
    calendar = Calendar(zone="Europe/Dublin", from_="09:00", until="17:00", holidays=("2026-09-07",))
    one = attempt(1, 8.5, lead=4)  # Friday noon (UTC) to Tuesday noon, over a weekend and a holiday
    found = measured(one, calendar=calendar).kpi("lead-time")
    assert found.measure.value == 4 * DAY
    # Friday 13:00 to 17:00 and Tuesday 9:00 to 13:00, in Dublin's summer time
    assert found.more["business-p50"].value == 8 * HOUR


def test_rework_is_told():
    """Wrong 11: the rework rate is asked for and never there."""
    found = measured(
        attempt(1, 1), attempt(2, 2), attempt(3, 3), attempt(4, 4),
        incidents=(incident("a", 1.1, 2, caused_by=(1,), reworked_by=(2,)),),
    )  # fmt: skip
    assert found.kpi("rework-rate").measure.value == 0.25


@pytest.mark.parametrize(
    ("outcome", "rollout", "ending"),
    [
        (Outcome.FAILED, Outcome.FAILED, "failed"),
        (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE, "failed"),
        (Outcome.FAILED, Outcome.PASSED, "failed"),
        (Outcome.PASSED, Outcome.PASSED, "success"),
    ],
)
def test_a_rollout_without_steps_is_an_attempt(outcome, rollout, ending):
    """Wrong 2 again: a rollout that failed is told by its record, and nobody wrote down its steps."""
    record = type("R", (), {"stage": "rollout", "outcome": rollout})()
    gate = type("R", (), {"stage": "approval-gate", "outcome": Outcome.FAILED})()
    manifest = type("M", (), {"outcome": outcome, "deployment": (), "decisions": (record,)})()
    assert ending_of(manifest) == ending
    refused = type("M", (), {"outcome": Outcome.FAILED, "deployment": (), "decisions": (gate,)})()
    assert ending_of(refused) is None
