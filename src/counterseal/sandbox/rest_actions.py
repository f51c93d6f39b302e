"""Runs, environments, deployments, checks and workflows (REST, "Actions", "Deployments", "Checks")."""

from __future__ import annotations

from typing import Any

from counterseal.sandbox.request import Refusal, Reply, Request
from counterseal.sandbox.rest_git import resolve
from counterseal.sandbox.route import get, patch, post
from counterseal.sandbox.things import CheckRun, Deployment, Environment, Run

_ANNOTATIONS = 50
_FILTERED = 1000


def _run(request: Request) -> Run:
    request.need("actions")
    number = request.names["run_id"]
    found = request.repository.runs.get(int(number)) if number.isdigit() else None
    if found is None:
        raise Refusal(404, "Not Found")
    return found


@get("/repos/{owner}/{repo}/actions/runs")
def runs(request: Request) -> Reply:
    """Return workflow runs, newest first; with a filter never more than 1,000."""
    request.need("actions")
    found, query = request.repository, request.query
    filters = {
        "status": lambda one: one.status,
        "event": lambda one: one.event,
        "head_sha": lambda one: one.head,
        "branch": lambda one: one.branch,
        "actor": lambda one: one.actor.login,
    }
    given = [name for name in filters if name in query]
    listed = [
        one
        for one in reversed(found.runs.values())
        if all(filters[name](one) == query[name] for name in given)
    ]
    shown = [request.show.run(found, one) for one in (listed[:_FILTERED] if given else listed)]
    return Reply(items=shown, wrap="workflow_runs")


@get("/repos/{owner}/{repo}/actions/runs/{run_id}")
def run(request: Request) -> Reply:
    """Return a workflow run's newest attempt."""
    return Reply(request.show.run(request.repository, _run(request)))


@get("/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt}")
def attempt(request: Request) -> Reply:
    """Return one attempt of a workflow run."""
    one, number = _run(request), request.names["attempt"]
    if not number.isdigit() or not 0 < int(number) <= len(one.attempts):
        raise Refusal(404, "Not Found")
    return Reply(request.show.run(request.repository, one, int(number)))


@get("/repos/{owner}/{repo}/actions/runs/{run_id}/approvals")
def approvals(request: Request) -> Reply:
    """Return a run's review history."""
    return Reply([request.show.approval(request.repository, one) for one in _run(request).approvals])


@get("/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments")
def pending(request: Request) -> Reply:
    """Return what a run waits for."""
    found, one = request.repository, _run(request)
    return Reply(
        [
            {
                "environment": {
                    "id": each.id,
                    "node_id": f"env-{each.id}",
                    "name": each.name,
                    "url": f"{request.show.api}/repos/{found.full_name}/environments/{each.name}",
                    "html_url": f"https://github.com/{found.full_name}/deployments",
                },
                "wait_timer": each.wait_minutes,
                "wait_timer_started_at": one.created_at,
                "current_user_can_approve": request.who.account in each.reviewers,
                "reviewers": request.show.environment(found, each)["protection_rules"][0].get("reviewers", [])
                if each.reviewers
                else [],
            }
            for each in one.pending
        ]
    )


@post("/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments")
def review_pending(request: Request) -> Reply:
    """Approve or reject what a run waits for: only a person who is a reviewer may, never an app."""
    if request.who.app:
        raise Refusal(403, "Resource not accessible by integration")
    found, one, who = request.repository, _run(request), request.who.account
    wanted = [each for each in one.pending if each.id in request.body.get("environment_ids", [])]
    if not wanted or request.text("state") not in ("approved", "rejected"):
        raise Refusal(422, "Unprocessable Entity")
    for each in wanted:
        if who not in each.reviewers or (each.prevent_self_review and who is one.actor):
            raise Refusal(422, "Unprocessable Entity")
    found.review_run(one, who, wanted, request.text("state"), request.text("comment"))
    return Reply([])


@get("/repos/{owner}/{repo}/environments")
def environments(request: Request) -> Reply:
    """Return the environments."""
    request.need("actions")
    found = request.repository
    return Reply(
        items=[request.show.environment(found, one) for one in found.environments.values()],
        wrap="environments",
    )


def _environment(request: Request) -> Environment:
    request.need("actions")
    found = request.repository.environments.get(request.names["environment_name"])
    if found is None:
        raise Refusal(404, "Not Found")
    return found


@get("/repos/{owner}/{repo}/environments/{environment_name}")
def environment(request: Request) -> Reply:
    """Return an environment."""
    return Reply(request.show.environment(request.repository, _environment(request)))


@get("/repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules")
def custom_rules(request: Request) -> Reply:
    """Return an environment's custom protection rules: it has none."""
    _environment(request)
    return Reply({"total_count": 0, "custom_deployment_protection_rules": []})


@get("/repos/{owner}/{repo}/actions/permissions/workflow")
def workflow_permissions(request: Request) -> Reply:
    """Return what workflows may do."""
    request.need("administration")
    return Reply(
        {
            "default_workflow_permissions": "read",
            "can_approve_pull_request_reviews": request.repository.actions_may_approve,
        }
    )


@post("/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches")
def dispatch(request: Request) -> Reply:
    """Start a workflow by hand."""
    request.need("actions", "write")
    found = request.repository
    resolve(found, request.text("ref"))
    inputs: dict[str, Any] = request.body.get("inputs", {})
    found.dispatches.append(
        {
            "workflow": request.names["workflow_id"],
            "ref": request.text("ref"),
            "inputs": inputs,
            "by": request.who.account.login,
            "at": request.world.clock.tick(),
        }
    )
    return Reply(status=204)


@get("/repos/{owner}/{repo}/deployments")
def deployments(request: Request) -> Reply:
    """Return deployments, newest first."""
    request.need("deployments")
    found, query = request.repository, request.query
    listed = [
        one
        for one in reversed(found.deployments)
        if query.get("environment", one.environment) == one.environment
        and query.get("sha", one.head) == one.head
    ]
    return Reply(items=[request.show.deployment(found, one) for one in listed])


@post("/repos/{owner}/{repo}/deployments")
def create_deployment(request: Request) -> Reply:
    """Make a deployment."""
    request.need("deployments", "write")
    found, name = request.repository, request.text("ref")
    made = Deployment(
        request.world.number(),
        resolve(found, name),
        name,
        request.text("environment", required=False) or "production",
        request.who.account,
        request.world.clock.tick(),
        request.body.get("payload", ""),
        request.text("description", required=False),
    )
    found.deployments.append(made)
    return Reply(request.show.deployment(found, made), 201)


def _deployment(request: Request) -> Deployment:
    for one in request.repository.deployments:
        if str(one.id) == request.names["deployment_id"]:
            return one
    raise Refusal(404, "Not Found")


@get("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses")
def deployment_statuses(request: Request) -> Reply:
    """Return a deployment's statuses, newest first."""
    request.need("deployments")
    return Reply(items=list(reversed(_deployment(request).statuses)))


@post("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses")
def create_deployment_status(request: Request) -> Reply:
    """Say how a deployment is going."""
    request.need("deployments", "write")
    found, one, at, number = (
        request.repository,
        _deployment(request),
        request.world.clock.tick(),
        request.world.number(),
    )
    url = f"{request.show.api}/repos/{found.full_name}/deployments/{one.id}"
    made = {
        "id": number,
        "node_id": f"status-{number}",
        "url": f"{url}/statuses/{number}",
        "state": request.text("state"),
        "creator": request.show.user(request.who.account),
        "description": request.text("description", required=False),
        "environment": one.environment,
        "target_url": request.text("target_url", required=False),
        "created_at": at,
        "updated_at": at,
        "deployment_url": url,
        "repository_url": f"{request.show.api}/repos/{found.full_name}",
        "environment_url": "",
        "log_url": request.text("log_url", required=False),
    }
    one.statuses.append(made)
    return Reply(made, 201)


@post("/repos/{owner}/{repo}/check-runs")
def create_check(request: Request) -> Reply:
    """Make a check run; only apps may."""
    request.need("checks", "write")
    if not request.who.app:
        raise Refusal(403, "You must authenticate via a GitHub App.")
    found = request.repository
    made = CheckRun(
        request.world.number(),
        request.text("name"),
        resolve(found, request.text("head_sha")),
        request.who.app,
        request.text("external_id", required=False),
        request.world.clock.tick(),
    )
    found.checks.append(made)
    _change(request, made)
    return Reply(request.show.check(found, made), 201)


def _change(request: Request, one: CheckRun) -> None:
    body = request.body
    output = body.get("output", {})
    if len(output.get("annotations", [])) > _ANNOTATIONS:
        raise Refusal(422, "Invalid request.\n\nNo more than 50 items are allowed")
    one.output |= {name: value for name, value in output.items() if name != "annotations"}
    one.status = body.get("status", "completed" if "conclusion" in body else one.status)
    if "conclusion" in body:
        one.conclusion, one.status, one.completed_at = (
            body["conclusion"],
            "completed",
            request.world.clock.text(),
        )
    elif one.status != "completed":
        one.conclusion = one.completed_at = None


@get("/repos/{owner}/{repo}/check-runs/{check_run_id}")
def check(request: Request) -> Reply:
    """Return a check run."""
    return Reply(request.show.check(request.repository, _check(request)))


def _check(request: Request) -> CheckRun:
    request.need("checks")
    for one in request.repository.checks:
        if str(one.id) == request.names["check_run_id"]:
            return one
    raise Refusal(404, "Not Found")


@patch("/repos/{owner}/{repo}/check-runs/{check_run_id}")
def change_check(request: Request) -> Reply:
    """Change a check run; only the app that made it may."""
    request.need("checks", "write")
    one = _check(request)
    if one.app != request.who.app:
        raise Refusal(403, "Resource not accessible by integration")
    _change(request, one)
    return Reply(request.show.check(request.repository, one))


@get("/repos/{owner}/{repo}/commits/{ref+}/check-runs")
def checks(request: Request) -> Reply:
    """Return a commit's check runs: of each name the newest, or all of them."""
    request.need("checks")
    found, query = request.repository, request.query
    oid = resolve(found, request.names["ref"])
    listed = [
        one
        for one in reversed(found.checks)
        if one.head == oid
        and query.get("check_name", one.name) == one.name
        and query.get("app_id", str(one.app)) == str(one.app)
    ]
    if query.get("filter", "latest") == "latest":
        newest: dict[tuple[str, int], CheckRun] = {}
        for one in listed:
            newest.setdefault((one.name, one.app), one)
        listed = list(newest.values())
    return Reply(items=[request.show.check(found, one) for one in listed], wrap="check_runs")
