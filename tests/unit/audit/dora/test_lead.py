"""Lead time: its stages, the commits that tell nothing, and how few are too few."""

from __future__ import annotations

from msgspec.structs import replace

from unit.audit.dora_facts import DAY, at, attempt, measured, weekly


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


def test_a_stage_that_nobody_tells_is_absent_and_not_nothing():
    found = measured(attempt(1, 10)).kpi("lead-time")
    assert {"approval-wait", "build", "rollout"}.isdisjoint(found.more)


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
