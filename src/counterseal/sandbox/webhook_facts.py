"""What each webhook is about, out of the world: its things as the REST interface shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from counterseal.sandbox.objects import NOTHING
from counterseal.sandbox.people import Account
from counterseal.sandbox.render import Render
from counterseal.sandbox.render_code import difference
from counterseal.sandbox.render_people import node
from counterseal.sandbox.repository import Repository
from counterseal.sandbox.things import Activity, Approval, CheckRun, Issue, Pull, Remark, Review, Run

Json = dict[str, Any]


def pull_request(show: Render, where: Repository, *, pull: Pull, **more: Any) -> Json:
    """Return a pull request; `before` and `changes` are passed on."""
    return {"pull": show.pull(where, pull), **more}


def pull_request_review(show: Render, where: Repository, *, pull: Pull, review: Review, **more: Any) -> Json:
    """Return a review; `changes` are passed on."""
    return {"pull": show.small_pull(where, pull), "review": show.review(where, pull, review), **more}


def issue_comment(
    show: Render, where: Repository, *, issue: Issue | Pull, comment: Remark, **more: Any
) -> Json:
    """Return a comment of an issue or pull request; `changes` are passed on."""
    about = issue.issue if isinstance(issue, Pull) else issue
    return {"issue": show.issue(where, about), "comment": show.comment(where, about, comment), **more}


def push(show: Render, where: Repository, *, activity: Activity, base_ref: str | None = None) -> Json:
    """Return one movement of a ref, with the commits that it brought."""
    before, after = (None if oid == NOTHING else oid for oid in (activity.before, activity.after))
    return {
        "ref": activity.ref,
        "before": before,
        "after": after,
        "pusher": show.user(activity.actor),
        "forced": activity.kind == "force_push",
        "base_ref": base_ref,
        "commits": [_commit(show, where, oid) for oid in _new(where, activity.ref, before, after)],
    }


def merge_group(show: Render, where: Repository, *, ref: str, base: str, head: str, reason: str = "") -> Json:
    """Return a merge group, as `Repository.queue` gives it."""
    branch = ref.removeprefix("refs/heads/gh-readonly-queue/").rpartition("/pr-")[0]
    commit = show.git_commit(where, head)
    return {
        "base_ref": f"refs/heads/{branch}",
        "base": base,
        "head_ref": ref,
        "commit": commit,
        "reason": reason,
    }


def workflow_run(show: Render, where: Repository, *, run: Run, attempt: int | None = None) -> Json:
    """Return a workflow run, of its newest attempt unless told."""
    return {"run": show.run(where, run, attempt), "workflow": _workflow(show, where, run)}


def workflow_dispatch(
    _show: Render, _where: Repository, *, ref: str, workflow: str, inputs: Json | None = None
) -> Json:
    """Return a start by hand."""
    return {"ref": ref, "workflow": workflow, "inputs": inputs}


def deployment_review(show: Render, where: Repository, *, run: Run, approval: Approval, since: str) -> Json:
    """Return the review of a run's deployments."""
    people = [each for one in approval.environments for each in one.reviewers if isinstance(each, Account)]
    shown = show.run(where, run)
    return {
        "run": shown,
        "approver": show.user(approval.account),
        "since": since,
        "comment": approval.comment,
        "reviewers": [show.user(each) for each in people],
        "jobs": [_job(shown, one.id, one.name) for one in approval.environments],
    }


def check_run(show: Render, where: Repository, *, check: CheckRun, identifier: str = "") -> Json:
    """Return a check run; `identifier` is the button that was pressed."""
    shown = show.check(where, check)
    named = shown | {"details_url": shown["details_url"] or shown["html_url"]}
    return {"run": named, "suite": _suite(show, where, shown), "app": shown["app"], "identifier": identifier}


def schedule(_show: Render, _where: Repository, *, cron: str, workflow: str) -> Json:
    """Return a scheduled start."""
    return {"cron": cron, "workflow": workflow}


def _new(where: Repository, ref: str, before: str | None, after: str | None) -> list[str]:
    """Return the commits that a push brought, oldest first; a tag brings none."""
    if after is None or not ref.startswith("refs/heads/"):
        return []
    start = before or where.refs.get(f"refs/heads/{where.default_branch}")
    return where.git.between(start, after) if start and start != after else []


def _commit(show: Render, where: Repository, oid: str) -> Json:
    """Return a commit with the files that it touches."""
    parents = where.git.commits[oid].parents
    touched = difference(where, parents[0] if parents else None, oid)
    return show.commit(where, oid) | {"files": [show.file(where, *each, oid) for each in touched]}


def _workflow(show: Render, where: Repository, run: Run) -> Json:
    """Return a run's workflow."""
    api, page = f"{show.api}/repos/{where.full_name}", f"https://github.com/{where.full_name}"
    return {
        "id": show.run(where, run)["workflow_id"],
        "node_id": node("Workflow", run.workflow),
        "name": run.workflow,
        "path": f".github/workflows/{run.workflow}",
        "state": "active",
        "url": f"{api}/actions/workflows/{run.workflow}",
        "html_url": f"{page}/blob/{where.default_branch}/.github/workflows/{run.workflow}",
        "badge_url": f"{page}/workflows/{run.workflow}/badge.svg",
        "created_at": where.created_at,
        "updated_at": where.created_at,
    }


def _job(run: Json, number: int, environment: str) -> Json:
    """Return the job that waited for an environment."""
    return {
        "id": number,
        "name": environment,
        "environment": environment,
        "status": "waiting",
        "conclusion": None,
        "html_url": f"{run['html_url']}/job/{number}",
        "created_at": run["created_at"],
        "started_at": run["created_at"],
    }


def _suite(show: Render, where: Repository, check: Json) -> Json:
    """Return the suite of a check run, which in the sandbox is alone in it."""
    number = check["check_suite"]["id"]
    return {
        "id": number,
        "node_id": node("CheckSuite", number),
        "url": f"{show.api}/repos/{where.full_name}/check-suites/{number}",
        "head_branch": None,
        "head_sha": check["head_sha"],
        "status": check["status"],
        "conclusion": check["conclusion"],
        "before": None,
        "after": check["head_sha"],
        "pull_requests": [],
        "created_at": check["started_at"],
        "updated_at": check["completed_at"] or check["started_at"],
    }


EVENTS: dict[str, Callable[..., Json]] = {
    "check_run": check_run,
    "deployment_review": deployment_review,
    "issue_comment": issue_comment,
    "merge_group": merge_group,
    "pull_request": pull_request,
    "pull_request_review": pull_request_review,
    "push": push,
    "schedule": schedule,
    "workflow_dispatch": workflow_dispatch,
    "workflow_run": workflow_run,
}
"""The functions by event; each takes what the event is about from the world."""
