"""Webhook bodies against GitHub's own schemas of them (both sources)."""

import pytest

from counterseal.sandbox import webhooks
from github_api.samples import SHA, TIME, sample
from github_api.webhooks import check_payload, document

OTHER = "b" * 40
BASE = "c" * 40


def user(login="anna", number=11, kind="User"):
    return sample("simple-user", login=login, id=number, type=kind)


def repository(name="payments", owner="acme"):
    return sample(
        "full-repository",
        name=name,
        full_name=f"{owner}/{name}",
        owner=user(owner, 1, "Organization"),
        html_url=f"http://127.0.0.1:1/{owner}/{name}",
    )


def end(ref, sha, home):
    return {"label": f"acme:{ref}", "ref": ref, "sha": sha, "user": user("acme", 1), "repo": home}


def pull(**changes):
    home = repository()
    plain = {
        "number": 5,
        "state": "open",
        "user": user(),
        "head": end("pay", SHA, home),
        "base": end("main", BASE, home),
        "active_lock_reason": None,
        "milestone": None,
    }
    unmerged = {"merged_by": None, "merged_at": None, "closed_at": None}
    return sample("pull-request", **(plain | unmerged | changes))


def issue():
    nothing = {"active_lock_reason": None, "milestone": None, "performed_via_github_app": None}
    labels = [sample("label")]
    return sample("issue", number=5, state="open", user=user(), labels=labels, **nothing)


def review(state, **changes):
    return sample("pull-request-review", state=state, user=user("otto", 12), commit_id=SHA, **changes)


def comment(text):
    return sample("issue-comment", body=text, user=user("otto", 12), performed_via_github_app=None)


def commit(sha, *files):
    return sample("commit", sha=sha) | {
        "files": [sample("diff-entry", filename=name, status=status) for name, status in files]
    }


def app():
    return sample(
        "integration",
        owner=user("acme", 1, "Organization"),
        events=["check_run"],
        permissions={"checks": "write"},
    )


def run(**changes):
    return sample("workflow-run", status="completed", conclusion="success", **changes)


def sent(event, action="", **what):
    around = {
        "repository": repository(),
        "sender": user("otto", 12),
        "organization": sample("organization-full"),
    }
    payload = webhooks.body(event, action, **around, **what)
    check_payload(event, payload)
    return payload


def test_a_pull_request_is_opened():
    payload = sent("pull_request", "opened", pull=pull())
    assert payload["action"] == "opened"
    assert payload["number"] == payload["pull_request"]["number"] == 5
    assert payload["pull_request"]["head"]["sha"] == SHA
    assert payload["sender"]["login"] == "otto"


def test_a_pull_request_from_a_fork_names_it_and_one_from_a_gone_fork_names_none():
    fork = repository("payments", "mallory") | {"fork": True, "id": 8}
    payload = sent("pull_request", "opened", pull=pull(head=end("pay", SHA, fork)))
    assert payload["pull_request"]["head"]["repo"]["full_name"] == "mallory/payments"
    assert payload["pull_request"]["head"]["repo"]["fork"] is True
    gone = sent("pull_request", "reopened", pull=pull(head=end("pay", SHA, None)))
    assert gone["pull_request"]["head"]["repo"] is None


def test_a_push_to_a_pull_request_says_what_its_head_was():
    payload = sent("pull_request", "synchronize", pull=pull(), before=OTHER)
    assert (payload["before"], payload["after"]) == (OTHER, SHA)


@pytest.mark.parametrize(
    "changes",
    [
        {"base": {"ref": {"from": "release"}, "sha": {"from": OTHER}}},
        {"title": {"from": "Old"}},
        {"body": {"from": "old"}, "title": {"from": "Old"}},
    ],
)
def test_an_edited_pull_request_says_what_was_changed(changes):
    assert sent("pull_request", "edited", pull=pull(), changes=changes)["changes"] == changes


def test_a_merged_pull_request_is_closed_and_says_who_merged_it():
    merged = pull(
        state="closed",
        merged=True,
        merged_at=TIME,
        closed_at=TIME,
        merged_by=user("otto", 12),
        merge_commit_sha=OTHER,
    )
    payload = sent("pull_request", "closed", pull=merged)["pull_request"]
    assert payload["merged"] is True
    assert payload["merged_by"]["id"] == 12
    assert payload["merge_commit_sha"] == OTHER


@pytest.mark.parametrize("state", ["APPROVED", "CHANGES_REQUESTED", "COMMENTED"])
def test_a_submitted_review_has_its_state_in_small_letters(state):
    payload = sent("pull_request_review", "submitted", pull=pull(), review=review(state))
    assert payload["review"]["state"] == state.lower()
    assert payload["review"]["commit_id"] == SHA
    assert payload["review"]["user"]["login"] == "otto"


def test_a_review_is_edited_and_dismissed():
    changes = {"body": {"from": "no"}}
    payload = sent("pull_request_review", "edited", pull=pull(), review=review("APPROVED"), changes=changes)
    assert payload["changes"] == changes
    payload = sent("pull_request_review", "dismissed", pull=pull(), review=review("DISMISSED"))
    assert payload["review"]["state"] == "dismissed"


@pytest.mark.parametrize(
    ("action", "changes"), [("created", None), ("edited", {"body": {"from": "a"}}), ("deleted", None)]
)
def test_a_comment_has_no_commit_in_it(action, changes):
    payload = sent("issue_comment", action, issue=issue(), comment=comment("/approve"), changes=changes)
    assert payload["comment"]["body"] == "/approve"
    assert payload.get("changes") == changes
    assert SHA not in str({key: value for key, value in payload.items() if key != "repository"})


def pushed(**what):
    return sent("push", pusher=user(), **what)


def test_a_push_tells_where_the_ref_was_and_is_and_what_came():
    files = [("a", "added"), ("b", "removed"), ("c", "modified"), ("d", "renamed")]
    payload = pushed(
        ref="refs/heads/main", before=BASE, after=SHA, commits=[commit(OTHER), commit(SHA, *files)]
    )
    assert [each["id"] for each in payload["commits"]] == [OTHER, SHA]
    assert payload["head_commit"]["id"] == payload["after"] == SHA
    assert payload["head_commit"]["added"] == ["a"]
    assert payload["head_commit"]["removed"] == ["b"]
    assert payload["head_commit"]["modified"] == ["c", "d"]
    assert not payload["created"] | payload["deleted"] | payload["forced"]
    assert payload["compare"].endswith(f"/compare/{BASE[:12]}...{SHA[:12]}")
    assert payload["repository"]["pushed_at"] == 1795514400


def test_a_first_push_comes_from_nothing():
    payload = pushed(
        ref="refs/heads/pay", before=None, after=SHA, commits=[commit(SHA)], base_ref="refs/heads/main"
    )
    assert payload["before"] == "0" * 40
    assert payload["created"] is True
    assert payload["base_ref"] == "refs/heads/main"
    assert payload["compare"].endswith("/compare/pay")


def test_a_deletion_ends_in_nothing():
    payload = pushed(ref="refs/heads/pay", before=SHA, after=None, commits=[])
    assert payload["after"] == "0" * 40
    assert payload["deleted"] is True
    assert payload["head_commit"] is None


def test_a_forced_push_says_so():
    assert (
        pushed(ref="refs/heads/main", before=BASE, after=SHA, commits=[commit(SHA)], forced=True)["forced"]
        is True
    )


def test_a_tag_is_pushed_by_its_full_name():
    payload = pushed(ref="refs/tags/v1", before=None, after=SHA, commits=[])
    assert payload["ref"] == "refs/tags/v1"
    assert payload["commits"] == []


def group(**more):
    made = sample("git-commit", sha=SHA)
    name = f"refs/heads/gh-readonly-queue/main/pr-5-{BASE}"
    return {"base_ref": "refs/heads/main", "base": BASE, "head_ref": name, "commit": made} | more


def test_a_merge_group_agrees_with_itself_and_names_no_pull_request():
    payload = sent("merge_group", "checks_requested", **group())
    assert payload["merge_group"]["head_sha"] == payload["merge_group"]["head_commit"]["id"] == SHA
    assert payload["merge_group"]["base_sha"] == BASE
    assert "pull_request" not in payload


@pytest.mark.parametrize("reason", ["merged", "invalidated", "dequeued"])
def test_a_merge_group_ends_for_a_reason(reason):
    assert sent("merge_group", "destroyed", **group(reason=reason))["reason"] == reason


@pytest.mark.parametrize("action", ["requested", "completed"])
def test_a_run_says_which_attempt_it_is_and_who_started_it(action):
    started = run(run_attempt=2, triggering_actor=user("otto", 12), actor=user())
    payload = sent("workflow_run", action, run=started, workflow=sample("workflow"))["workflow_run"]
    assert payload["run_attempt"] == 2
    assert payload["actor"]["login"] == "anna"
    assert payload["triggering_actor"]["login"] == "otto"


def test_a_start_by_hand_names_the_ref_and_the_inputs():
    inputs = {"environment": "production"}
    payload = sent(
        "workflow_dispatch", ref="refs/heads/main", workflow=".github/workflows/release.yml", inputs=inputs
    )
    assert payload["inputs"] == inputs
    assert sent("workflow_dispatch", ref="refs/heads/main", workflow="w.yml")["inputs"] is None


@pytest.mark.parametrize("action", ["approved", "rejected"])
def test_the_review_of_a_deployment_says_who_and_when(action):
    job = sample("job", status="waiting", conclusion=None) | {"environment": "production"}
    payload = sent(
        "deployment_review",
        action,
        run=run(run_attempt=2),
        approver=user("otto", 12),
        since=TIME,
        reviewers=[user("otto", 12)],
        jobs=[job],
        comment="looks right",
    )
    assert payload["approver"]["login"] == "otto"
    assert payload["since"] == TIME
    assert payload["workflow_run"]["run_attempt"] == 2
    assert payload["workflow_job_runs"][0]["environment"] == "production"


def reported(**changes):
    checked = sample(
        "check-run", status="completed", conclusion="action_required", pull_requests=[], **changes
    )
    return {
        "run": checked,
        "suite": sample("check-suite", pull_requests=[], status="completed"),
        "app": app(),
    }


def test_a_button_of_a_check_run_is_pressed():
    payload = sent("check_run", "requested_action", **reported(external_id="key"), identifier="approve")
    assert payload["requested_action"] == {"identifier": "approve"}
    assert payload["check_run"]["external_id"] == "key"


@pytest.mark.parametrize("action", ["completed", "rerequested"])
def test_a_check_run_is_reported(action):
    assert sent("check_run", action, **reported())["check_run"]["conclusion"] == "action_required"


def test_a_scheduled_start_names_its_line():
    payload = webhooks.body(
        "schedule", repository=repository(), sender=user(), cron="0 6 * * *", workflow="w.yml"
    )
    assert payload["schedule"] == "0 6 * * *"
    assert "organization" not in payload
    assert "schedule" not in {line.split()[0] for line in document()["events"]}


def test_an_event_that_the_sandbox_has_not_is_refused():
    with pytest.raises(LookupError, match="star"):
        webhooks.body("star", "created", repository=repository(), sender=user())


def test_a_body_that_github_would_not_send_is_refused():
    payload = webhooks.body("pull_request", "opened", repository=repository(), sender=user(), pull=pull())
    with pytest.raises(AssertionError, match="invented"):
        check_payload("pull_request", payload | {"invented": 1})
    with pytest.raises(AssertionError, match="number"):
        check_payload("pull_request", {key: value for key, value in payload.items() if key != "number"})
    with pytest.raises(AssertionError, match="no such event"):
        check_payload("pull_request", payload | {"action": "approved"})


def test_both_sources_of_schemas_are_asked():
    assert [each["package"] for each in document()["x-source"]] == [
        "@octokit/webhooks-schemas",
        "@octokit/openapi-webhooks",
    ]
    assert all(len(references) == 2 for references in document()["events"].values())
