"""Delivery metrics: each wrong that others are known for has the right answer here."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy.stats import beta, binomtest

from counterseal.approval.model import Brought
from counterseal.audit.dora.facts import ending_of, facts_of
from counterseal.audit.dora.freezes import freezes_of
from counterseal.audit.dora.model import Freeze, Stopped, encode_metrics, read_metrics
from counterseal.audit.dora.statistics import half_of, quantile, share_of
from counterseal.audit.dora.words import measure_in_words, span_in_words
from counterseal.audit.population import Decided, Release, Window
from counterseal.errors import MalformedError
from counterseal.manifest.assemble import build_manifest
from counterseal.manifest.release import Builder, Chain, Change, ChangeSet, DeploymentStep, Stream
from counterseal.manifest.types import Outcome
from counterseal.policy.approval import ApprovalPolicy, Calendar
from counterseal.policy.approval import Freeze as PolicyFreeze
from factories import REPOSITORY, candidate
from unit.audit.dora_facts import SERVICE, WINDOW, at, attempt, incident, measured

HOUR, DAY = 3600, 86400


def weekly(count, **more):
    """Return attempts, one each Tuesday."""
    return [attempt(number, 7 * number + 1.5, **more) for number in range(count)]


# -- the known wrongs of others (research: 2.3) ------------------------------------------------------------


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


def test_an_incident_that_is_open_for_an_hour_is_neither_met_nor_failed():
    window = Window(since=WINDOW.since, until=at(5 + 1 / 24))
    found = measured(attempt(1, 1), incidents=(incident("b", 5),), window=window)
    assert found.kpi("time-to-restore").status == "not-demonstrable"


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


def test_with_the_moments_of_its_pull_request_coding_and_review_are_apart():
    one = attempt(1, 10).journeys[0]
    parts = {"authored_at": at(4), "opened_at": at(5), "reviewed_at": at(5.5), "landed_at": at(7)}
    parts |= {"asked_at": at(7.5), "approved_at": at(9.5)}
    plain = replace(one, commit="f" * 40, authored_at=at(4), landed_at=at(7))
    found = measured(attempt(1, 10, journeys=(replace(one, **parts), plain))).kpi("lead-time")
    stages = {
        name: (found.more[name].n, found.more[name].value / DAY)
        for name in ("coding", "first-review", "review", "coding-and-review")
    }
    assert stages == {
        "coding": (1, 1),
        "first-review": (1, 0.5),
        "review": (1, 2),
        "coding-and-review": (1, 3),
    }


def test_a_pull_request_tells_by_the_forges_clock_when_its_commits_landed():
    """A commit of which its author says another date landed when the forge says."""
    change = Change(commit="a" * 40, title="x", authored_at=at(1), committed_at=at(0))
    squashed = Change(commit="b" * 40, title="y", authored_at=at(1), committed_at=at(2))
    by = Brought(number=7, commits=("a" * 40,), opened_at=at(3), reviewed_at=at(4), merged_at=at(5))
    release = released(changes=(change, squashed), brought=(by,))
    (told,) = facts_of([release], [], REPOSITORY, ("production",)).attempts
    moments = [(one.opened_at, one.reviewed_at, one.landed_at) for one in told.journeys]
    assert moments == [(at(3), at(4), at(5)), (None, None, at(2))]


def released(changes, brought):
    """Return a verified release of these changes, which an approval gate has decided about."""
    statement = build_manifest(
        replace(candidate(), changes=ChangeSet(complete=True, commits=changes)),
        chain=Chain(stream=Stream(repository=REPOSITORY, environment="production"), sequence=1),
        builder=Builder(id="local:test", identity="local"),
        created_at=at(9),
    )
    decided = Decided(
        record="c" * 64, request="0" * 16, change_class="normal", state="approved",
        requested_at=at(6), decided_at=at(8), brought=brought,
    )  # fmt: skip
    return Release(
        stream="s", sequence=1, entry="e", payload="d" * 64, manifest=statement.predicate, decided=(decided,)
    )


def test_a_stage_that_nobody_tells_is_absent_and_not_nothing():
    found = measured(attempt(1, 10)).kpi("lead-time")
    assert {"approval-wait", "build", "rollout"}.isdisjoint(found.more)


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


# -- further cases (research: 8) ---------------------------------------------------------------------------


def test_an_incident_before_the_first_deployment_blames_nobody():
    found = measured(attempt(1, 5), incidents=(incident("a", 1, 1.1),))
    assert found.kpi("change-failure-rate").measure.value == 0
    assert found.kpi("time-to-restore").measure.n == 1


def test_a_month_without_deployments_is_seen():
    found = measured(*(attempt(number, 7 * number + 1) for number in range(6)))
    assert [week.attempts for week in found.weeks] == [1] * 6 + [0] * 7
    frequency = found.kpi("deployment-frequency")
    assert frequency.measure.value == pytest.approx(6 / 13)
    assert frequency.status == "not-met"


def test_one_incident_of_another_service_is_not_ours():
    other = replace(incident("a", 2, 3).incident, service="https://github.example/meridian/cards")
    releases: list = []
    entered = [type("E", (), {"incident": other, "payload": "0" * 64})()]
    assert facts_of(releases, entered, SERVICE, ("production",)).incidents == ()


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


def test_commits_that_do_not_tell_when_they_were_written_are_told():
    found = measured(attempt(1, 1, lead=None), attempt(2, 2)).kpi("lead-time")
    assert (found.status, found.measure.n) == ("not-demonstrable", 1)
    assert found.notes[0] == "1 commit without a date of writing, or with one to come"


def test_a_commit_that_says_it_was_written_after_its_deployment_tells_nothing():
    found = measured(attempt(1, 1, lead=-3), attempt(2, 2, lead=1))
    assert found.lead_seconds == (DAY,)
    assert found.kpi("lead-time").status == "not-demonstrable"


def test_a_stage_that_ends_before_it_begins_is_left_out_and_is_not_nothing():
    one = attempt(1, 10).journeys[0]
    ahead = replace(one, commit="f" * 40, authored_at=at(8), opened_at=at(7), landed_at=at(9))
    plain = replace(one, authored_at=at(6), opened_at=at(7), landed_at=at(9))
    found = measured(attempt(1, 10, journeys=(ahead, plain))).kpi("lead-time").more
    assert (found["coding"].n, found["coding"].value, found["review"].n) == (1, DAY, 2)


def test_very_fast_changes_are_noted():
    found = measured(*weekly(13, lead=0.2)).kpi("lead-time")
    assert found.status == "met"
    assert found.notes == ("half of the commits took less than 1 day",)


def test_an_emergency_that_nobody_reviewed_is_not_met():
    one, other = attempt(1, 1, emergency=True, reviewed=True), attempt(2, 2, emergency=True, reviewed=False)
    assert measured(one).kpi("emergencies-reviewed").status == "met"
    assert measured(one, other).kpi("emergencies-reviewed").status == "not-met"
    assert measured(attempt(3, 3)).kpi("emergencies-reviewed").status == "not-demonstrable"


def test_a_tolerance_below_four_hours_is_what_counts():
    incidents = (incident("a", 2, 2 + 3 / 24),)
    assert measured(attempt(1, 1), incidents=incidents).kpi("time-to-restore").status == "met"
    assert (
        measured(attempt(1, 1), incidents=incidents, tolerance=2).kpi("time-to-restore").status == "not-met"
    )


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


# -- small numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "among", "low", "high"),
    [
        (0, 13, 0, 24.7), (1, 13, 0.2, 36.0), (2, 13, 1.9, 45.4),
        (0, 39, 0, 9.0), (1, 39, 0.1, 13.5), (2, 39, 0.6, 17.3),
        (0, 64, 0, 5.6), (1, 64, 0.0, 8.4), (2, 64, 0.4, 10.8),
    ],
)  # fmt: skip
def test_the_intervals_of_a_quarter(count, among, low, high):
    found = share_of(count, among)
    assert (round(100 * found.low, 1), round(100 * found.high, 1)) == (low, high)


@given(st.integers(1, 400), st.data())
@settings(deadline=None, max_examples=80)
def test_intervals_are_those_of_scipy_and_of_their_definition(among, data):
    count = data.draw(st.integers(0, among))
    found, exact = share_of(count, among), binomtest(count, among).proportion_ci(0.95, "exact")
    assert (found.low, found.high) == (exact.low, exact.high)
    low = beta.ppf(0.025, count, among - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, among - count) if count < among else 1.0
    assert found.low == pytest.approx(low, abs=1e-9)
    assert found.high == pytest.approx(high, abs=1e-9)
    assert _tail(count, among, found.high) == pytest.approx(0.025, abs=1e-6) or count == among


def _tail(count, among, share):
    """Return how likely so many cases or fewer are, summed term by term."""
    return sum(math.comb(among, k) * share**k * (1 - share) ** (among - k) for k in range(count + 1))


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


@pytest.mark.parametrize(("n", "rank"), [(1, 0), (5, 0), (6, 1), (8, 1), (9, 2), (13, 3), (100, 40)])
def test_the_interval_of_a_median_lies_between_two_of_the_values(n, rank):
    """As near as it can be: the next two values would leave the true median out too often."""
    found = half_of([float(one) for one in range(n, 0, -1)])
    assert (found.low, found.high) == ((rank, n + 1 - rank) if rank else (None, None))
    missed = 2 * sum(math.comb(n, k) for k in range(rank)) / 2**n
    assert missed <= 0.05 < missed + 2 * math.comb(n, rank) / 2**n


def test_a_short_lead_time_of_few_commits_is_not_demonstrable():
    five, six = (measured(*weekly(n)).kpi("lead-time") for n in (5, 6))
    assert (five.status, five.measure.high) == ("not-demonstrable", None)
    assert "with fewer than six commits there is no interval" in five.notes
    assert (six.status, six.measure.low, six.measure.high) == ("met", 2 * DAY, 2 * DAY)
    assert measured(attempt(1, 9, lead=4)).kpi("lead-time").status == "not-met"
    slow = [*weekly(11), *(attempt(number, 7 * number + 2, lead=8) for number in range(11, 13))]
    assert measured(*slow).kpi("lead-time").status == "met"
    even = [*weekly(7), *(attempt(number, 7 * number + 2, lead=8) for number in range(7, 13))]
    found = measured(*even).kpi("lead-time")
    assert (found.measure.value, found.measure.high, found.status) == (2 * DAY, 8 * DAY, "not-demonstrable")


def test_a_status_of_times_within_a_limit_is_about_the_cases_seen():
    found = measured(attempt(1, 1), incidents=(incident("a", 2, 2 + 4 / 24),)).kpi("time-to-restore")
    assert (found.status, found.measure.low, found.measure.high) == (
        "met",
        None,
        None,
    )  # within 4 h is 4 h too
    assert "the status is about the 1 case seen, without an interval: it foretells nothing" in found.notes


# -- properties --------------------------------------------------------------------------------------------

ATTEMPTS = st.lists(
    st.tuples(st.floats(0, 89), st.sampled_from(["success", "failed", "rolled-back"]), st.floats(0.1, 20)),
    min_size=1, max_size=25,
)  # fmt: skip


def made(rows):
    return [attempt(number, days, ending, lead=lead) for number, (days, ending, lead) in enumerate(rows)]


@given(ATTEMPTS, st.randoms())
@settings(deadline=None, max_examples=60)
def test_the_order_of_records_does_not_matter(rows, shuffler):
    attempts = made(rows)
    shuffled = attempts[:]
    shuffler.shuffle(shuffled)
    assert measured(*shuffled) == measured(*attempts)


@given(ATTEMPTS)
@settings(deadline=None, max_examples=60)
def test_one_more_failure_never_lowers_the_rate(rows):
    attempts = made(rows)
    before = measured(*attempts).kpi("change-failure-rate").measure
    after = measured(*attempts, attempt("more", 89.5, "failed")).kpi("change-failure-rate").measure
    assert after.value >= before.value
    assert after.low <= after.value <= after.high


@given(ATTEMPTS)
@settings(deadline=None, max_examples=60)
def test_every_share_lies_between_nothing_and_all(rows):
    for kpi in measured(*made(rows)).kpis:
        if kpi.unit == "share" and kpi.measure.value is not None:
            assert 0 <= kpi.measure.value <= 1
        if kpi.unit == "seconds" and kpi.measure.value is not None:
            assert kpi.measure.value >= 0


@given(ATTEMPTS, st.sets(st.integers(0, 24)), st.integers(0, 24))
@settings(deadline=None, max_examples=60)
def test_from_what_the_figures_name_alone_they_are_made_again(rows, blamed, cut):
    """Also from what lies before the window, in the pooled year, and what is learnt after it."""
    attempts = made(rows)
    incidents = tuple(incident(f"i{one}", one * 3, one * 3 + 4, caused_by=(one,)) for one in sorted(blamed))
    kept = tuple(
        Stopped(release=f"payments/s{days}", payload=f"{days:064x}", at=at(days)) for days in (5, 45, 85)
    )
    window = Window(since=at(30), until=at(60 + cut))
    first = measured(*attempts, incidents=incidents, window=window, stopped=kept)
    named = set(first.payloads)
    again = measured(
        *(one for one in attempts if one.payload in named),
        incidents=tuple(one for one in incidents if one.payload in named),
        stopped=tuple(one for one in kept if one.payload in named),
        window=window,
    )
    assert encode_metrics(again) == encode_metrics(first)


# -- from manifests ----------------------------------------------------------------------------------------


def step(name, outcome=Outcome.PASSED):
    return DeploymentStep(name=name, outcome=outcome, started_at=at(1), finished_at=at(1.1))


@pytest.mark.parametrize(
    ("outcome", "steps", "ending"),
    [
        (Outcome.PASSED, (), "success"),
        (Outcome.FAILED, (), None),
        (Outcome.INCONCLUSIVE, (), None),
        (Outcome.FAILED, (step("canary"),), "failed"),
        (Outcome.FAILED, (step("canary", Outcome.FAILED),), "failed"),
        (Outcome.FAILED, (step("canary", Outcome.FAILED), step("rollback")), "rolled-back"),
        (Outcome.PASSED, (step("canary"), step("promote")), "success"),
    ],
)
def test_what_became_of_an_attempt(outcome, steps, ending):
    manifest = type("M", (), {"outcome": outcome, "deployment": steps, "decisions": ()})()
    assert ending_of(manifest) == ending


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


# -- words -------------------------------------------------------------------------------------------------


def test_figures_in_words():
    assert measure_in_words(share_of(1, 13), "share") == "7.7 % (0.2 % to 36.0 %), n = 13"
    assert measure_in_words(share_of(0, 0), "share") == "nothing to compute it from"
    assert [span_in_words(one) for one in (12, 90, 5400, 200000)] == ["12 s", "1.5 min", "1.5 h", "2.3 d"]


def test_the_weeks_begin_on_mondays():
    weeks = measured().weeks
    assert len(weeks) == 13
    assert all(date.fromisoformat(week.monday).weekday() == 0 for week in weeks)
    days = [date.fromisoformat(week.monday) for week in weeks]
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(days=7)}
