"""The bodies of events that really happened in a world, against GitHub's own schemas."""

import pytest

from counterseal.sandbox import webhooks
from counterseal.sandbox.things import CheckRun
from counterseal.sandbox.world import World
from github_api.webhooks import check_payload


@pytest.fixture
def world(tmp_path):
    made = World(folder=tmp_path)
    made.acme = made.organisation("acme")
    made.anna, made.otto = made.user("anna"), made.user("otto")
    made.payments = made.repository("acme/payments")
    made.first = made.payments.commit("main", {"a": "1"}, made.anna, "First")
    made.head = made.payments.commit("pay", {"a": "2", "b": "1"}, made.anna, "Pay")
    made.pull = made.payments.open_pull("pay", "main", made.anna, "Pay", "body")
    return made


def sent(world, event, action="", *, sender=None, where=None, **what):
    about = {"repository": where or world.payments, "sender": sender or world.otto}
    payload = webhooks.payload(event, action, **about, **what)
    check_payload(event, payload)
    return payload


def test_a_pull_request_is_opened_edited_pushed_to_and_merged(world):
    opened = sent(world, "pull_request", "opened", sender=world.anna, pull=world.pull)
    assert opened["organization"]["login"] == "acme"
    assert opened["pull_request"]["head"] == opened["pull_request"]["head"] | {
        "ref": "pay",
        "sha": world.head,
    }
    changes = {"base": {"ref": {"from": "release"}, "sha": {"from": world.first}}}
    assert sent(world, "pull_request", "edited", pull=world.pull, changes=changes)["changes"] == changes
    pushed = world.payments.commit("pay", {"a": "3"}, world.anna, "More")
    payload = sent(
        world, "pull_request", "synchronize", sender=world.anna, pull=world.pull, before=world.head
    )
    assert (payload["before"], payload["after"]) == (world.head, pushed)
    merged = world.payments.merge(world.pull, world.otto)
    payload = sent(world, "pull_request", "closed", pull=world.pull)["pull_request"]
    assert payload["merged"] is True
    assert payload["merge_commit_sha"] == merged
    assert payload["merged_by"]["id"] == world.otto.id


def test_a_pull_request_comes_from_a_fork_of_a_person(world):
    fork = world.repository("anna/payments", private=False, fork_of=world.payments)
    fork.commit("main", {"a": "9"}, world.anna, "Fork")
    pull = world.payments.open_pull("main", "main", world.anna, "From a fork", head_repository=fork)
    payload = sent(world, "pull_request", "opened", sender=world.anna, pull=pull)["pull_request"]
    assert payload["head"]["repo"]["full_name"] == "anna/payments"
    assert payload["base"]["repo"]["full_name"] == "acme/payments"
    pushed = sent(world, "push", where=fork, sender=world.anna, activity=fork.activity[0])
    assert "organization" not in pushed


def test_reviews_are_submitted_edited_and_dismissed(world):
    review = world.payments.review(world.pull, world.otto, "APPROVED", "fine")
    for state in ("approved", "changes_requested"):
        review.state = state.upper()
        payload = sent(world, "pull_request_review", "submitted", pull=world.pull, review=review)
        assert payload["review"]["state"] == state
        assert payload["review"]["commit_id"] == world.head
    changes = {"body": {"from": "fine"}}
    sent(world, "pull_request_review", "edited", pull=world.pull, review=review, changes=changes)
    world.payments.dismiss(review)
    payload = sent(world, "pull_request_review", "dismissed", pull=world.pull, review=review)
    assert payload["review"]["state"] == "dismissed"


@pytest.mark.parametrize("action", ["created", "edited", "deleted"])
def test_comments_of_issues_and_pull_requests(world, action):
    issue = world.payments.open_issue(world.anna, "Approve", labels=["release"])
    for about in (issue, world.pull):
        comment = world.payments.comment(about, world.otto, "/approve")
        more = {"changes": {"body": {"from": "/deny"}}} if action == "edited" else {}
        payload = sent(world, "issue_comment", action, issue=about, comment=comment, **more)
        assert payload["comment"]["body"] == "/approve"
        assert ("pull_request" in payload["issue"]) is (about is world.pull)


def moved(world):
    return sent(world, "push", sender=world.anna, activity=world.payments.activity[-1])


def test_pushes_are_told_as_the_activity_has_them(world):
    later = world.payments.commit("pay", {"b": None, "c": "1"}, world.anna, "Later")
    ordinary = moved(world)
    assert (ordinary["before"], ordinary["after"]) == (world.head, later)
    assert ordinary["head_commit"] == ordinary["head_commit"] | {
        "added": ["c"],
        "removed": ["b"],
        "modified": [],
    }
    world.payments.force_push("pay", world.head, world.anna)
    forced = moved(world)
    assert forced["forced"] is True
    assert forced["commits"] == []
    first = world.payments.commit("new", {"d": "1"}, world.anna, "New")
    created = moved(world)
    assert created["created"] is True
    assert [commit["id"] for commit in created["commits"]] == [first]
    world.payments.move("refs/heads/new", None, world.anna)
    assert moved(world)["deleted"] is True
    world.payments.tag("v1", world.first, world.anna)
    tagged = moved(world)
    assert tagged["ref"] == "refs/tags/v1"
    assert tagged["commits"] == []


def test_a_merge_group_is_what_the_queue_made(world):
    ref, base, head = world.payments.queue([world.pull])
    group = sent(world, "merge_group", "checks_requested", ref=ref, base=base, head=head)["merge_group"]
    assert group["head_sha"] == group["head_commit"]["id"] == head
    assert (group["base_ref"], group["base_sha"]) == ("refs/heads/main", base)
    ended = sent(world, "merge_group", "destroyed", ref=ref, base=base, head=head, reason="invalidated")
    assert ended["reason"] == "invalidated"


def test_a_run_tells_each_of_its_attempts(world):
    run = world.payments.run("release.yml", world.head, world.anna)
    world.payments.rerun(run, world.otto)
    run.status, run.conclusion = "completed", "success"
    newest = sent(world, "workflow_run", "completed", run=run)["workflow_run"]
    assert (newest["run_attempt"], newest["triggering_actor"]["id"]) == (2, world.otto.id)
    first = sent(world, "workflow_run", "completed", run=run, attempt=1)["workflow_run"]
    assert (first["run_attempt"], first["triggering_actor"]["id"]) == (1, world.anna.id)


def test_a_start_by_hand_and_by_the_clock(world):
    payload = sent(
        world, "workflow_dispatch", ref="refs/heads/main", workflow="release.yml", inputs={"a": "1"}
    )
    assert payload["inputs"] == {"a": "1"}
    about = {"repository": world.payments, "sender": world.anna}
    assert webhooks.payload("schedule", **about, cron="0 6 * * *", workflow="w")["schedule"] == "0 6 * * *"


def test_the_review_of_a_deployment(world):
    live = world.payments.environment("production", [world.otto, world.team(world.acme, "security")])
    run = world.payments.run("release.yml", world.head, world.anna, waiting_for=[live])
    world.payments.review_run(run, world.otto, [live], comment="go")
    since = world.clock.text()
    payload = sent(world, "deployment_review", "approved", run=run, approval=run.approvals[0], since=since)
    assert payload["approver"]["id"] == world.otto.id
    assert payload["workflow_job_runs"][0]["environment"] == "production"
    assert [each["reviewer"]["login"] for each in payload["reviewers"]] == ["otto"]


def test_a_button_of_a_check_run_is_pressed(world):
    at = world.clock.text()
    check = CheckRun(77, "gate", world.head, 15368, "key", at, "completed", "action_required", at)
    payload = sent(world, "check_run", "requested_action", check=check, identifier="approve")
    assert payload["requested_action"] == {"identifier": "approve"}
    assert payload["check_run"]["external_id"] == "key"


def test_an_event_that_the_sandbox_has_not_is_refused(world):
    with pytest.raises(LookupError, match="star"):
        webhooks.payload("star", "created", repository=world.payments, sender=world.anna)
