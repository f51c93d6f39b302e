from __future__ import annotations

import pytest

from counterseal.clients.http import Denied, JsonService
from counterseal.clients.servicenow import ServiceNow
from counterseal.errors import Inconclusive, MalformedError
from simulators.servicenow import TOKEN, ServiceNowSimulator, field


@pytest.fixture
def instance():
    with ServiceNowSimulator() as servicenow:
        servicenow.add_change("CHG0030001")
        yield servicenow


def client(instance, secret=TOKEN) -> ServiceNow:
    return ServiceNow(JsonService(instance.url, secret, seconds=5, sleep=lambda _: None))


def test_a_change_is_read_with_its_approvals_and_times_in_utc(instance):
    instance.add_approval(1, "approved", "b" * 32)
    instance.add_approval(2, "requested", "d" * 32)
    change = client(instance).change("CHG0030001")
    assert (change.kind, change.state, change.approval, change.project) == (
        "normal",
        "Scheduled",
        "approved",
        "change_request",
    )
    assert change.created_at == "2026-11-20T10:00:00Z"
    assert (change.window_from, change.window_until) == ("2026-11-24T20:00:00Z", "2026-11-24T22:00:00Z")
    assert change.verdict == "approved"
    assert change.approvers == ("b" * 32,)
    assert change.decided_at == "2026-11-22T10:01:00Z"
    assert change.url.startswith(f"{instance.url}/nav_to.do")


def test_a_record_that_says_approved_although_nobody_approved_it_is_pending(instance):
    instance.add_approval(1, "requested", "b" * 32)
    change = client(instance).change("CHG0030001")
    assert (change.verdict, change.approvers, change.decided_at) == ("pending", (), None)


@pytest.mark.parametrize(
    ("approval", "state", "verdict"),
    [
        ("rejected", field("-4", "Assess"), "rejected"),
        ("requested", field("-4", "Assess"), "pending"),
        ("not requested", field("-5", "New"), "pending"),
        ("cancelled", field("-5", "New"), "cancelled"),
        ("", field("-5", "New"), "pending"),
        ("APPROVED", field("-5", "New"), "pending"),
        ("approved", field("4", "Abgebrochen"), "cancelled"),
    ],
)
def test_anything_less_is_no_approval(instance, approval, state, verdict):
    instance.add_change("CHG0030002", "d" * 32, approval=field(approval), state=state)
    instance.add_approval(1, "approved", "b" * 32, of="d" * 32)
    assert client(instance).change("CHG0030002").verdict == verdict


def test_approvals_of_another_change_do_not_count(instance):
    instance.add_approval(1, "approved", "b" * 32, of="e" * 32)
    assert client(instance).change("CHG0030001").verdict == "pending"


def test_every_page_of_approvals_is_read(instance):
    for number in range(1, 251):
        instance.add_approval(number, "approved", f"{number:032x}")
    assert len(client(instance).change("CHG0030001").approvers) == 250


def test_an_approval_that_our_role_may_not_see_is_inconclusive(instance):
    for number in range(1, 4):
        instance.add_approval(number, "approved", f"{number:032x}")
    instance.hidden = {f"{2:032x}"}
    with pytest.raises(Inconclusive, match="2 of 3 approvals"):
        client(instance).change("CHG0030001")


def test_an_empty_result_is_a_missing_or_hidden_ticket(instance):
    with pytest.raises(MalformedError, match="no such ticket, or does not show it"):
        client(instance).change("CHG0039999")


def test_wrong_credentials_are_not_a_missing_ticket(instance):
    with pytest.raises(Denied, match="credentials"):
        client(instance, "wrong").change("CHG0030001")


@pytest.mark.parametrize(
    "key",
    [
        "CHG0030001^ORnumber=CHG0030002",
        "CHG^ORDERBYnumber",
        "CHG0030001&sysparm_limit=1",
        "number!=",
        "CHG 1",
    ],
)
def test_a_key_that_would_change_the_query_is_never_sent(instance, key):
    for read in (client(instance).change, client(instance).ticket):
        with pytest.raises(MalformedError, match="not a ticket's key"):
            read(key)
    assert instance.requests == []


def test_another_record_than_the_one_asked_for_is_refused(instance):
    instance.tables["change_request"] = [
        {name: value for name, value in instance.tables["change_request"][0].items() if name != "number"}
    ]
    with pytest.raises(Inconclusive):
        client(instance).change("CHG0030001")


def test_two_records_with_one_number_are_refused(instance):
    instance.add_change("CHG0030001", "d" * 32)
    with pytest.raises(Inconclusive, match="not the one record"):
        client(instance).change("CHG0030001")


def test_a_ticket_is_looked_for_in_the_table_of_its_prefix(instance):
    instance.tables["incident"] = [
        {
            **instance.tables["change_request"][0],
            "number": field("INC0010001"),
            "type": field(""),
            "sys_class_name": field("incident", "Incident"),
        }
    ]
    ticket = client(instance).ticket("INC0010001")
    assert (ticket.kind, ticket.project) == ("Incident", "incident")
    assert client(instance).ticket("CHG0030001").kind == "normal"


def test_an_instance_without_the_table_is_inconclusive(instance):
    del instance.tables["change_request"]
    with pytest.raises(Inconclusive, match="is this a ServiceNow instance"):
        client(instance).change("CHG0030001")


@pytest.mark.parametrize("fault", [403, 429, 500, 503, "html", "truncated", "cut", "redirect"])
@pytest.mark.parametrize("before", [0, 1])
def test_whatever_fails_is_inconclusive(instance, fault, before):
    instance.faults, instance.always, instance.where = [None] * before, fault, f"{instance.url}/elsewhere"
    with pytest.raises(Inconclusive):
        client(instance).change("CHG0030001")
    assert "/elsewhere" not in instance.requests


def test_a_total_that_is_missing_is_inconclusive(instance, monkeypatch):
    whole = ServiceNowSimulator.answer
    monkeypatch.setattr(ServiceNowSimulator, "answer", lambda *args: whole(*args)[:2])
    with pytest.raises(Inconclusive, match="how many approvals"):
        client(instance).change("CHG0030001")


def test_the_candidate_may_stand_in_the_correlation_id(instance):
    instance.add_change("CHG0030002", "d" * 32, correlation_id=field("sha256:" + "a" * 64))
    assert client(instance).change("CHG0030002").candidate == "a" * 64
