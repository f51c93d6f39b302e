from __future__ import annotations

import pytest

from counterseal.clients.tracker import candidate_in, checked_key, moment, open_tracker
from counterseal.errors import Inconclusive, MalformedError, UsageError
from simulators.jira import SECRET, USER, JiraSimulator
from simulators.servicenow import TOKEN, ServiceNowSimulator


def test_both_trackers_are_opened_by_their_name():
    with JiraSimulator() as jira:
        jira.add("PAY-1")
        tracker = open_tracker("jira", jira.url, "env:T", {"T": f"{USER}:{SECRET}"})
        assert tracker.ticket("PAY-1").key == "PAY-1"
    with ServiceNowSimulator() as servicenow:
        servicenow.add_change("CHG1")
        tracker = open_tracker("servicenow", servicenow.url, "env:T", {"T": TOKEN})
        assert tracker.ticket("CHG1").key == "CHG1"


def test_a_missing_secret_is_told_before_anything_is_sent():
    with pytest.raises(UsageError, match="not set"):
        open_tracker("jira", "https://tracker.example", "env:T", {})


@pytest.mark.parametrize("key", ["PAY-142", "CHG0030001", "pay_x-1", "A1-2"])
def test_keys_of_both_trackers_are_accepted(key):
    assert checked_key(key) == key


@pytest.mark.parametrize("key", ["1-PAY", "PAY-", "PAY--1", "PAY-1 ", "P" * 70 + "-1", "PAY-" + "1" * 21])
def test_other_keys_are_refused(key):
    with pytest.raises(MalformedError):
        checked_key(key)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-24T10:00:00.123+0530", "2026-11-24T04:30:00Z"),
        ("2026-11-24 10:00:00", "2026-11-24T10:00:00Z"),
        ("2026-03-29T01:30:00-0800", "2026-03-29T09:30:00Z"),
        ("", None),
        (None, None),
    ],
)
def test_times_are_brought_to_utc(value, expected):
    assert moment(value, key="PAY-1") == expected


@pytest.mark.parametrize("value", ["tomorrow", "24/11/2026", "2026-13-01", "0001-01-01T00:00:00+1400"])
def test_what_is_no_time_is_inconclusive(value):
    with pytest.raises(Inconclusive):
        moment(value, key="PAY-1")


def test_a_digest_of_another_length_is_no_candidate():
    assert candidate_in("sha256:" + "a" * 63, "sha256:" + "a" * 65, None, "SHA256:" + "A" * 64) is None
