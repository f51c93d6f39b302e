from __future__ import annotations

import pytest

from counterseal.policy.branch import Branch, Tickets
from counterseal.policy.forge import Gap
from counterseal.policy.people import People, PersonEntry
from counterseal.policy.rules.context import TicketAnswer, TicketUse
from counterseal.policy.ticket import Ticket
from simulators.changes import (
    ANN,
    BOT,
    FEATURE,
    blocking,
    came_to,
    commit,
    judge,
    pull,
    push,
    pushed,
)

BEFORE, AT, AFTER = "2026-11-24T09:59:59Z", "2026-11-24T10:00:00Z", "2026-11-24T10:00:01Z"


def ticket(key="PAY-1", **parts):
    made = {"key": key, "project": "PAY", "kind": "Story", "state": "In Progress", "created_at": BEFORE}
    return TicketAnswer(key=key, ticket=Ticket(**(made | parts)))


def missing(key="PAY-1"):
    return TicketAnswer(key=key, problem="missing", message="the tracker has no such ticket")


def unknown(key="PAY-1"):
    return TicketAnswer(key=key, problem="unknown", message="the credentials are not accepted (status 401)")


def tickets(change, *answers, uses=(), people=None, gaps=(), protected=True, **rules):
    policy = Branch(tickets=Tickets(**({"tracker": "jira" if answers else None} | rules)))
    observed = {"tickets": answers, "uses": uses, "people": people, "gaps": gaps, "protected": protected}
    return judge("tickets", change, policy, **observed)


def named(branch="x", title="x", message="x", **parts):
    ref = f"refs/heads/{branch}"
    made = commit(message=message)
    return pull(made, head_ref=ref, pr_title=title, pushes=(push(made.id, ref=ref),), **parts)


@pytest.mark.parametrize(
    "places", [{"branch": "feature/PAY-1"}, {"title": "[PAY-1] x"}, {"message": "x\n\nPAY-1"}]
)
def test_one_place_that_names_a_ticket_is_enough(places):
    assert tickets(named(**places)) == []


def test_a_ticket_in_the_title_only_fails_where_every_place_must_name_one():
    findings = tickets(named(title="PAY-1 x"), any_of=False)
    assert came_to(findings) == "failed"
    assert "branch or commits" in blocking(findings)[0].message
    assert tickets(named(branch="PAY-1", title="PAY-1", message="PAY-1"), any_of=False) == []


@pytest.mark.parametrize(
    "text", ["x", "pay-1", "XPAY-1x", "PAY-0", "CVE-2026-1234", "uses SHA-256 and UTF-8"]
)
def test_what_is_no_ticket_is_not_taken_for_one(text):
    assert came_to(tickets(named(title=text))) == "failed"


def test_only_listed_projects_count():
    assert tickets(named(title="PAY-1"), projects=("PAY",)) == []
    assert came_to(tickets(named(title="OPS-1"), projects=("PAY",))) == "failed"
    assert tickets(named(title="CVE-2026 is tracked here"), projects=("CVE",)) == []


def test_a_ticket_that_exists_passes():
    assert tickets(named(title="PAY-1"), ticket()) == []


def test_a_missing_ticket_fails_and_a_tracker_that_does_not_accept_our_credentials_is_inconclusive():
    assert came_to(tickets(named(title="PAY-1"), missing())) == "failed"
    assert came_to(tickets(named(title="PAY-1"), unknown())) == "inconclusive"
    assert "401" in blocking(tickets(named(title="PAY-1"), unknown()))[0].message


def test_a_ticket_that_nobody_asked_about_is_inconclusive():
    assert came_to(tickets(named(title="PAY-1"), tracker="jira")) == "inconclusive"


@pytest.mark.parametrize(
    ("parts", "rules"),
    [
        ({"kind": "Epic"}, {"kinds": ("story", "bug")}),
        ({"state": "Done"}, {"states": ("in progress",)}),
        ({"state": "Closed"}, {"states": ("in progress",)}),
        ({"verdict": "rejected"}, {}),
        ({"verdict": "cancelled"}, {}),
        ({"project": "OPS", "key": "OPS-9"}, {"projects": ("PAY",)}),
        ({"created_at": AFTER}, {"before_first_commit": True}),
    ],
)
def test_a_ticket_of_the_wrong_sort_state_or_age_fails(parts, rules):
    answer = TicketAnswer(key="PAY-1", ticket=ticket(**parts).ticket)
    (finding,) = blocking(tickets(named(title="PAY-1"), answer, **rules))
    assert finding.subject == "PAY-1"
    assert came_to(tickets(named(title="PAY-1"), answer, **rules)) == "failed"


def test_kind_and_state_are_compared_without_capitals():
    rules = {"kinds": ("story",), "states": ("IN PROGRESS",)}
    assert tickets(named(title="PAY-1"), ticket(), **rules) == []


@pytest.mark.parametrize("created", [BEFORE, AT])
def test_a_ticket_older_than_the_first_push_passes_whatever_the_commits_date_themselves(created):
    assert tickets(named(title="PAY-1"), ticket(created_at=created), before_first_commit=True) == []


def test_the_first_push_counts_also_when_the_branch_was_deleted_and_made_again():
    made = commit()
    moves = (
        push(made.id, at="2026-11-24T12:00:00Z", id=3),
        push("0" * 40, kind="branch_deletion", at="2026-11-24T11:00:00Z", id=2),
        push(made.id, at=AT, id=1),
    )
    change = pull(made, pushes=moves)
    young = ticket(created_at="2026-11-24T11:30:00Z")
    assert came_to(tickets(change, young, before_first_commit=True)) == "failed"


@pytest.mark.parametrize(
    "parts",
    [
        {"pushes": ()},
        {"gaps": (Gap(topic="pushes", message="hidden"),)},
        {"pushes": (push("9" * 40, kind="push"),)},
    ],
)
def test_without_the_first_push_the_age_is_inconclusive(parts):
    change = pull(commit(), **parts)
    assert came_to(tickets(change, ticket(), before_first_commit=True)) == "inconclusive"


def test_a_ticket_that_another_change_uses_fails():
    use = (TicketUse(key="PAY-1", by="#11"), TicketUse(key="PAY-2", by="#10"))
    (finding,) = blocking(tickets(named(title="PAY-1"), uses=use, one_change_set=True))
    assert "#11" in finding.message
    assert tickets(named(title="PAY-1"), uses=use) == []


def test_whether_another_change_uses_it_is_inconclusive_where_history_is_not_here():
    gap = (Gap(topic="ticket-uses", message="shallow"),)
    assert came_to(tickets(named(title="PAY-1"), gaps=gap, one_change_set=True)) == "inconclusive"


def test_a_ticket_that_whoever_made_the_change_approved_fails():
    people = People(version=1, people=(PersonEntry(id="e-1", accounts=(ANN.id,), tracker=("jira-ann",)),))
    own = ticket(approvers=("jira-ann",), verdict="approved")
    assert came_to(tickets(named(title="PAY-1"), own, people=people)) == "failed"
    other = ticket(approvers=("jira-bob",), verdict="approved")
    assert tickets(named(title="PAY-1"), other, people=people) == []


def test_beside_a_good_ticket_a_bad_one_is_noted_unless_its_project_is_listed():
    change = named(title="PAY-1 and OLD-2")
    findings = tickets(change, ticket(), missing("OLD-2"))
    assert came_to(findings) == "passed"
    assert "not counted" in findings[0].reason.message
    assert came_to(tickets(change, ticket(), missing("OLD-2"), projects=("PAY", "OLD"))) == "failed"


def test_a_bad_ticket_in_one_place_is_not_made_up_for_by_a_good_one_elsewhere_when_all_must_have_one():
    change = named(branch="PAY-1", title="OLD-2", message="PAY-1")
    assert came_to(tickets(change, ticket(), missing("OLD-2"), any_of=False)) == "failed"


def test_numbers_of_servicenow_have_no_project_of_their_own():
    answer = ticket("CHG0030001", project="change_request")
    rules = {"tracker": "servicenow", "pattern": "CHG[0-9]{7}"}
    assert tickets(named(title="CHG0030001"), answer, projects=("change_request",), **rules) == []
    assert tickets(named(title="CHG0030001"), answer, projects=("CHG",), **rules) == []
    assert came_to(tickets(named(title="CHG0030001"), answer, projects=("incident",), **rules)) == "failed"


def test_a_machines_branch_needs_none_when_it_is_exempt():
    made = commit(author=BOT, message="bump")
    change = pull(made, pr_title="bump", head_ref=FEATURE.replace("PAY-1", "x"), pushes=())
    ref = change.head_ref
    own = pull(made, pr_title="bump", head_ref=ref, pushes=(push(made.id, BOT, ref=ref),))
    assert came_to(tickets(own, exempt_bots=(BOT.id,))) == "passed"
    assert came_to(tickets(change, exempt_bots=(BOT.id,))) == "inconclusive"
    assert came_to(tickets(own)) == "failed"


def test_a_push_straight_to_a_protected_branch_is_named_by_its_commits_alone():
    assert tickets(pushed(commit(message="PAY-1 x"))) == []
    assert came_to(tickets(pushed(commit(message="x")))) == "failed"
    assert came_to(tickets(pushed(commit(message="x")), where=("title",))) == "failed"


def test_a_push_to_a_branch_in_work_may_be_named_by_the_branch():
    change = pushed(commit(message="x"), ref="refs/heads/PAY-1")
    assert tickets(change, protected=False) == []
    assert tickets(change, protected=False, where=("title",)) == []


UNTOLD = Gap(topic="pushes", message="the forge keeps no record of who moves a tag")


@pytest.mark.parametrize(
    "change",
    [pushed(deleted=True), pushed(ref="refs/tags/v1"), pushed(ref="refs/tags/v1", gaps=(UNTOLD,))],
)
def test_a_deletion_and_a_tag_on_a_judged_commit_need_none(change):
    assert tickets(change) == []


def test_commits_that_are_not_all_known_are_inconclusive():
    change = named(title="PAY-1", gaps=(Gap(topic="commits", message="truncated"),))
    assert came_to(tickets(change)) == "inconclusive"
