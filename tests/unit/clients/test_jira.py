from __future__ import annotations

import pytest

from counterseal.clients.http import Denied, JsonService
from counterseal.clients.jira import Jira
from counterseal.errors import Inconclusive, MalformedError
from simulators.jira import SECRET, USER, JiraSimulator, approval, history


@pytest.fixture
def site():
    with JiraSimulator() as jira:
        jira.add("PAY-142")
        yield jira


def client(site, secret=f"{USER}:{SECRET}", seconds=5.0, **more) -> Jira:
    return Jira(JsonService(site.url, secret, seconds=seconds, sleep=lambda _: None), **more)


def test_a_ticket_is_read_with_times_in_utc(site):
    ticket = client(site).ticket("PAY-142")
    assert (ticket.key, ticket.project, ticket.kind, ticket.state) == (
        "PAY-142",
        "PAY",
        "Story",
        "In Progress",
    )
    assert ticket.created_at == "2026-11-20T09:00:00Z"
    assert ticket.updated_at == "2026-11-21T09:00:00Z"
    assert ticket.assignee == "5b10a2844c20165700ede21g"
    assert ticket.url == f"{site.url}/browse/PAY-142"


def test_a_person_of_a_data_centre_is_named_by_key(site):
    site.add("PAY-1", assignee={"name": "ann", "key": "JIRAUSER10100"})
    assert client(site).ticket("PAY-1").assignee == "JIRAUSER10100"


def test_a_ticket_that_is_not_there_is_missing_only_after_the_credentials_were_proven(site):
    with pytest.raises(MalformedError, match="no such ticket, or does not show it") as caught:
        client(site).ticket("PAY-999")
    assert caught.value.where == "PAY-999"
    assert site.requests.count("/rest/api/2/myself") == 2


def test_wrong_credentials_are_not_a_missing_ticket(site):
    with pytest.raises(Denied, match="credentials"):
        client(site, f"{USER}:wrong").ticket("PAY-142")


def test_credentials_that_end_between_two_requests_are_not_a_missing_ticket(site):
    site.faults = [None, 404, 401]
    with pytest.raises(Denied):
        client(site).ticket("PAY-142")


def test_a_borrowed_ticket_that_has_moved_to_another_project_is_refused(site):
    site.issues["PAY-7"] = {**site.issues["PAY-142"], "key": "OPS-3"}
    with pytest.raises(MalformedError, match="moved"):
        client(site).ticket("PAY-7")


@pytest.mark.parametrize(
    "key",
    ["", "PAY", "PAY-1/../../myself", "PAY-1?x=1", "PAY-1^OR", "../PAY-1", "PAY-1\n", "PAY-\u0661"],
)
def test_a_forged_key_is_never_sent(site, key):
    with pytest.raises(MalformedError, match="not a ticket's key"):
        client(site).ticket(key)
    assert site.requests == []


def test_the_change_log_is_read_to_its_end_oldest_first(site):
    site.add("PAY-1", [history(at, f"2026-11-2{at}T10:00:00.000+0000") for at in (5, 4, 3, 2, 1)])
    log = client(site).ticket("PAY-1").log
    assert [change.at[8:10] for change in log] == ["21", "22", "23", "24", "25"]
    assert log[0].field == "status"
    assert log[0].after == "Done"
    assert log[0].person == "person-1"


def test_a_change_log_with_fewer_entries_than_announced_is_inconclusive(site, monkeypatch):
    site.add("PAY-1", [history(at, f"2026-11-2{at}T10:00:00.000+0000") for at in (1, 2, 3)])
    whole = JiraSimulator._page
    monkeypatch.setattr(JiraSimulator, "_page", lambda *args: whole(*args) | {"values": []})
    with pytest.raises(Inconclusive, match="change log of 3"):
        client(site).ticket("PAY-1")


def test_a_change_log_that_repeats_a_page_is_inconclusive(site, monkeypatch):
    site.add("PAY-1", [history(at, f"2026-11-2{at}T10:00:00.000+0000") for at in (1, 2, 3, 4)])
    first = site.issues["PAY-1"]["histories"][:2]
    whole = JiraSimulator._page
    monkeypatch.setattr(JiraSimulator, "_page", lambda *args: whole(*args) | {"values": first})
    with pytest.raises(Inconclusive, match="change log"):
        client(site).ticket("PAY-1")


def test_a_change_log_that_grows_while_it_is_read_is_inconclusive(site, monkeypatch):
    site.add("PAY-1", [history(at, f"2026-11-2{at}T10:00:00.000+0000") for at in (1, 2, 3)])
    whole = JiraSimulator._page
    monkeypatch.setattr(JiraSimulator, "_page", lambda *args: whole(*args) | {"total": 4})
    with pytest.raises(Inconclusive, match="moved"):
        client(site).ticket("PAY-1")


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_inconclusive_and_named(site, status):
    site.always = status
    with pytest.raises(Denied, match="credentials are not accepted"):
        client(site).ticket("PAY-142")


@pytest.mark.parametrize("fault", [400, 429, 500, 502, 503, "html", "truncated", "cut", "huge", "redirect"])
@pytest.mark.parametrize("before", [0, 1])
def test_whatever_fails_is_inconclusive(site, fault, before):
    site.faults, site.always, site.where = [None] * before, fault, f"{site.url}/elsewhere"
    with pytest.raises(Inconclusive):
        client(site).ticket("PAY-142")
    assert "/elsewhere" not in site.requests


def test_a_service_that_never_finishes_is_inconclusive(site):
    site.always = "slow"
    with pytest.raises(Inconclusive):
        client(site, seconds=0.2).ticket("PAY-142")


@pytest.mark.parametrize("fault", [429, 500, "cut"])
def test_a_passing_failure_is_outlived(site, fault):
    site.faults, site.retry_after = [fault, None, fault], "1"
    assert client(site).ticket("PAY-142").key == "PAY-142"


@pytest.mark.parametrize(
    "fields",
    [{"created": "yesterday"}, {"created": None}, {"project": None}, {"status": {"name": 3}}, {"status": []}],
)
def test_an_answer_of_another_form_is_inconclusive(site, fields):
    site.add("PAY-1", **fields)
    with pytest.raises(Inconclusive, match="not understood"):
        client(site).ticket("PAY-1")


def test_a_change_request_is_approved_when_every_approval_is(site):
    site.approvals["PAY-142"] = [
        approval("approved", {"p1": "approved", "p2": "pending"}, "2026-11-22T10:00:00+0100"),
        approval("approved", {"p3": "approved"}, "2026-11-23T10:00:00+0100"),
        approval("approved", {"p1": "approved"}, "2026-11-21T10:00:00+0100"),
    ]
    ticket = client(site).change("PAY-142")
    assert ticket.verdict == "approved"
    assert ticket.approvers == ("p1", "p3")
    assert ticket.decided_at == "2026-11-23T09:00:00Z"


@pytest.mark.parametrize(
    ("state", "approvals", "verdict"),
    [
        ("Open", [], "pending"),
        ("Open", [approval("pending", {"p1": "approved"}, None)], "pending"),
        ("Open", [approval("approved", {"p1": "pending"}, "2026-11-22T10:00:00Z")], "pending"),
        (
            "Open",
            [
                approval("approved", {"p1": "approved"}, None),
                approval("declined", {"p2": "declined"}, "2026-11-22T10:00:00Z"),
            ],
            "rejected",
        ),
        ("Cancelled", [approval("approved", {"p1": "approved"}, "2026-11-22T10:00:00Z")], "cancelled"),
    ],
)
def test_anything_less_is_no_approval(site, state, approvals, verdict):
    site.add("PAY-5", status={"name": state})
    site.approvals["PAY-5"] = approvals
    assert client(site).change("PAY-5").verdict == verdict


def test_hidden_approvals_are_inconclusive_and_never_none(site):
    with pytest.raises(Inconclusive, match="approvals are not there, or hidden"):
        client(site).change("PAY-142")


def test_the_window_comes_from_the_fields_of_the_site(site):
    site.add("PAY-6", customfield_1="2026-11-24T21:00:00.000+0100", customfield_2=None)
    ticket = client(site, window_fields=("customfield_1", "customfield_2")).ticket("PAY-6")
    assert (ticket.window_from, ticket.window_until) == ("2026-11-24T20:00:00Z", None)


def test_the_candidate_is_read_only_when_it_is_the_only_one(site):
    one, other = "a" * 64, "b" * 64
    site.add("PAY-8", description=f"release sha256:{one}, again sha256:{one}")
    site.add("PAY-9", description=f"sha256:{one} or sha256:{other}")
    assert client(site).ticket("PAY-8").candidate == one
    assert client(site).ticket("PAY-9").candidate is None
