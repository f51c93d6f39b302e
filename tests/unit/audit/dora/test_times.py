"""Times: when a failure is over, what is still open, and what nobody can tell."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.audit.dora.model import encode_metrics, read_metrics
from counterseal.audit.population import Window
from unit.audit.dora_facts import DAY, HOUR, WINDOW, at, attempt, incident, measured


def test_an_incident_that_is_open_for_an_hour_is_neither_met_nor_failed():
    window = Window(since=WINDOW.since, until=at(5 + 1 / 24))
    found = measured(attempt(1, 1), incidents=(incident("b", 5),), window=window)
    assert found.kpi("time-to-restore").status == "not-demonstrable"


def test_a_rollback_and_a_new_deployment():
    found = measured(attempt(1, 1), attempt(2, 2, "rolled-back"), attempt(3, 3), attempt(4, 4))
    assert found.kpi("change-failure-rate").measure.value == 0.25
    assert [(one.name, one.seconds) for one in found.failures] == [("payments/2", 0)]


def test_a_failure_is_over_with_the_next_success():
    found = measured(attempt(1, 1), attempt(2, 2, "failed"), attempt(3, 2.5, "failed"), attempt(4, 3))
    assert {one.name: one.seconds for one in found.failures} == {"payments/2": DAY, "payments/3": DAY / 2}


def test_a_failure_without_a_success_is_still_open():
    window = Window(since=WINDOW.since, until=at(4))
    found = measured(attempt(1, 1), attempt(2, 2, "failed"), window=window)
    assert [(one.restored_at, one.seconds) for one in found.failures] == [(None, 2 * DAY)]
    assert found.kpi("failed-deployment-recovery-time").status == "not-met"


def test_an_incident_that_was_over_before_its_cause_began_tells_no_recovery():
    """Detected and restored on a day before the release that it names was deployed: never 0 seconds."""
    found = measured(attempt(1, 5), attempt(2, 9), incidents=(incident("a", 2, 2.1, caused_by=(1,)),))
    assert [(one.name, one.seconds) for one in found.failures] == [("payments/1", None)]
    recovery = found.kpi("failed-deployment-recovery-time")
    assert (recovery.status, recovery.measure.n, recovery.measure.value) == ("not-demonstrable", 0, None)
    assert any("over before the deployment began" in note for note in recovery.notes)
    assert read_metrics(encode_metrics(found), "x") == found


def test_an_incident_within_the_deployment_was_recovered_from_at_once():
    one = attempt(1, 5, started_at=at(4.9))
    found = measured(one, attempt(2, 9), incidents=(incident("a", 4.92, 4.98, caused_by=(1,)),))
    assert [one.seconds for one in found.failures] == [0]


def test_a_tolerance_below_four_hours_is_what_counts():
    incidents = (incident("a", 2, 2 + 3 / 24),)
    assert measured(attempt(1, 1), incidents=incidents).kpi("time-to-restore").status == "met"
    assert (
        measured(attempt(1, 1), incidents=incidents, tolerance=2).kpi("time-to-restore").status == "not-met"
    )


def test_what_was_restored_after_the_cut_off_was_open_then():
    window = Window(since=WINDOW.since, until=at(10))
    found = measured(attempt(1, 1), incidents=(incident("a", 10 - 1 / 24, 15),), window=window)
    assert [(one.restored_at, one.seconds) for one in found.incidents] == [(None, HOUR)]
    assert found.kpi("time-to-restore").status == "not-demonstrable"
    failed = measured(attempt(1, 9, "failed"), attempt(2, 20), window=window)
    assert [(one.restored_at, one.seconds) for one in failed.failures] == [(None, DAY)]


def test_a_success_elsewhere_restores_nothing_here():
    there = replace(attempt("there", 3), release="payments-us/7")
    found = measured(attempt("here", 2, "failed"), there)
    assert [(one.name, one.restored_at) for one in found.failures] == [("payments/here", None)]


def test_a_status_of_times_within_a_limit_is_about_the_cases_seen():
    found = measured(attempt(1, 1), incidents=(incident("a", 2, 2 + 4 / 24),)).kpi("time-to-restore")
    assert (found.status, found.measure.low, found.measure.high) == (
        "met",
        None,
        None,
    )  # within 4 h is 4 h too
    assert "the status is about the 1 case seen, without an interval: it foretells nothing" in found.notes
