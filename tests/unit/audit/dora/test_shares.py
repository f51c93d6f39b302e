"""Shares: the change failure rate with what may still turn out to have failed, and emergencies."""

from __future__ import annotations

from counterseal.audit.dora.model import Stopped
from counterseal.audit.dora.statistics import share_of
from counterseal.audit.population import Window
from unit.audit.dora_facts import at, attempt, incident, measured


def test_an_incident_before_the_first_deployment_blames_nobody():
    found = measured(attempt(1, 5), incidents=(incident("a", 1, 1.1),))
    assert found.kpi("change-failure-rate").measure.value == 0
    assert found.kpi("time-to-restore").measure.n == 1


def test_an_emergency_that_nobody_reviewed_is_not_met():
    one, other = attempt(1, 1, emergency=True, reviewed=True), attempt(2, 2, emergency=True, reviewed=False)
    assert measured(one).kpi("emergencies-reviewed").status == "met"
    assert measured(one, other).kpi("emergencies-reviewed").status == "not-met"
    assert measured(attempt(3, 3)).kpi("emergencies-reviewed").status == "not-demonstrable"


def test_a_recent_deployment_may_still_turn_out_to_have_failed():
    found = measured(attempt(1, 1), attempt(2, 89)).kpi("change-failure-rate")
    assert found.notes == ("1 deployment may still turn out to have failed: they bound nothing",)


def test_what_was_not_observed_for_long_enough_proves_nothing():
    early = [attempt(number, number * 0.68) for number in range(121)]
    late = [attempt(number + 200, 88 + number / 100) for number in range(50)]
    found = measured(*early, *late).kpi("change-failure-rate")
    assert (found.status, found.measure.n) == ("not-demonstrable", 171)
    assert found.measure.high == share_of(0, 121).high > 0.03
    assert measured(*early, *late, observation=0).kpi("change-failure-rate").status == "met"


def test_an_incident_that_a_change_caused_and_no_deployment_answers_for_is_told():
    attempts = [attempt(number, number * 0.5) for number in range(130)]
    whole = measured(*attempts).kpi("change-failure-rate")
    assert whole.status == "met"
    for blamed in ((), ("misspelt",)):
        one = incident("a", 3, 3.1, cause="change", **({"caused_by": blamed} if blamed else {}))
        loose = measured(*attempts, incidents=(one,)).kpi("change-failure-rate")
        assert (loose.measure, loose.status) == (whole.measure, "not-demonstrable")
        assert "1 incident caused by a change without a deployment on record" in loose.notes
    other = measured(*attempts, incidents=(incident("a", 3, 3.1, cause="other"),))
    assert other.kpi("change-failure-rate") == whole


def test_a_release_that_was_stopped_counts_nowhere_and_is_told():
    kept = Stopped(release="payments/5", payload="5" * 64, at=at(5))
    found = measured(attempt(1, 1), stopped=(kept,))
    assert found.kpi("change-failure-rate").measure.n == 1
    assert found.stopped == ("payments/5",)
    note = "1 release stopped before anything was deployed: counted nowhere"
    assert note in found.kpi("change-failure-rate").notes


def test_the_year_is_pooled():
    window = Window(since=at(0), until=at(400))
    attempts = [attempt(number, number * 4) for number in range(100)]
    pooled = measured(*attempts, window=window).kpi("change-failure-rate").more["pooled-12-months"]
    assert pooled.n == sum(number * 4 >= 400 - 365 for number in range(100))


def test_without_failures_it_takes_122_deployments_to_show_less_than_three_per_cent():
    """The interval that is shown is the one that decides."""
    attempts = [attempt(number, number * 0.68) for number in range(122)]  # all observed for a week
    found = [measured(*attempts[:n]).kpi("change-failure-rate") for n in (121, 122)]
    assert [one.status for one in found] == ["not-demonstrable", "met"]
    assert found[0].measure.high > 0.03 > found[1].measure.high
    assert (
        measured(*attempts[:121], attempt(200, 89, "failed")).kpi("change-failure-rate").status
        == "not-demonstrable"
    )
    assert measured(*attempts[:30], attempt(200, 89, "failed")).kpi("change-failure-rate").status == "not-met"
