"""The bodies of webhooks, which are the event files of workflow runs too.

Everything comes in as the REST interface shows it, so that a webhook and the interface never disagree.
GitHub's own schemas judge the result in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from counterseal.sandbox import webhook_facts
from counterseal.sandbox import webhook_shapes as shapes
from counterseal.sandbox.objects import NOTHING
from counterseal.sandbox.people import Account
from counterseal.sandbox.render import Render
from counterseal.sandbox.repository import Repository

Json = dict[str, Any]

PUBLIC = "https://api.github.com"


def payload(
    event: str, action: str = "", *, repository: Repository, sender: Account, api: str = PUBLIC, **what: Any
) -> Json:
    """Return the body of an event in the world.

    Args:
        event: the event, such as `pull_request`.
        action: its activity, such as `opened`; empty for events that have none.
        repository: where it happened.
        sender: who did it.
        api: the address of the REST interface, as it stands in the body's links.
        what: what the event is about, see the functions of `webhook_facts`.

    Raises:
        LookupError: the sandbox has no such event.
    """
    if event not in webhook_facts.EVENTS:
        raise LookupError(f"the sandbox sends no event {event}")
    show, owner = Render(api), repository.owner
    what = webhook_facts.EVENTS[event](show, repository, **what)
    if owner.kind == "Organization":
        what["organization"] = show.organization(owner)
    shown = show.repository(repository)
    return body(event, action, repository=shown, sender=show.user(sender) or {}, **what)


def body(
    event: str,
    action: str = "",
    *,
    repository: Json,
    sender: Json,
    organization: Json | None = None,
    **what: Any,
) -> Json:
    """Return the body of an event.

    Args:
        event: the event, such as `pull_request`.
        action: its activity, such as `opened`; empty for events that have none.
        repository: where it happened.
        sender: who did it.
        organization: whose the repository is; None when it is a person's.
        what: what the event is about, see the functions of this module.

    Raises:
        LookupError: the sandbox has no such event.
    """
    if event not in _EVENTS:
        raise LookupError(f"the sandbox sends no event {event}")
    shown = {"action": action} if action else {}
    around: Json = {"repository": shapes.repository(repository), "sender": shapes.user(sender)}
    if organization is not None:
        around["organization"] = shapes.organization(organization)
    return shown | around | _EVENTS[event](repository, **what)


def pull_request(_repository: Json, *, pull: Json, before: str = "", changes: Json | None = None) -> Json:
    """Return what a pull request's event is about.

    Args:
        pull: the pull request.
        before: for `synchronize`, its head until then.
        changes: for `edited`, what was changed (`title`, `body`, `base`), each with its `from`.
    """
    shown: Json = {"number": pull["number"], "pull_request": shapes.pull(pull)}
    if before:
        shown |= {"before": before, "after": pull["head"]["sha"]}
    return shown if changes is None else shown | {"changes": changes}


def pull_request_review(_repository: Json, *, pull: Json, review: Json, changes: Json | None = None) -> Json:
    """Return what a review's event is about.

    Args:
        pull: the pull request.
        review: the review.
        changes: for `edited`, what was changed.
    """
    shown = {"pull_request": shapes.simple_pull(pull), "review": shapes.review(review)}
    return shown if changes is None else shown | {"changes": changes}


def issue_comment(_repository: Json, *, issue: Json, comment: Json, changes: Json | None = None) -> Json:
    """Return what a comment's event is about.

    Args:
        issue: the issue, or the pull request as an issue.
        comment: the comment.
        changes: for `edited`, what was changed.
    """
    shown = {"issue": shapes.issue(issue), "comment": shapes.comment(comment)}
    return shown if changes is None else shown | {"changes": changes}


def push(
    repository: Json,
    *,
    ref: str,
    before: str | None,
    after: str | None,
    pusher: Json,
    commits: list[Json],
    forced: bool = False,
    base_ref: str | None = None,
) -> Json:
    """Return what a push's event is about.

    Args:
        repository: where it happened.
        ref: the ref in full.
        before: where it was; None when it is new.
        after: where it is; None when it is gone.
        pusher: who pushed.
        commits: what is new in the repository, oldest first, as the REST interface shows commits.
        forced: whether the ref does not contain what it was.
        base_ref: the ref that the new one begins at.
    """
    shown = [_commit(repository, each) for each in commits]
    return {
        "repository": shapes.pushed_repository(repository),
        "ref": ref,
        "before": before or NOTHING,
        "after": after or NOTHING,
        "created": before is None,
        "deleted": after is None,
        "forced": forced,
        "base_ref": base_ref,
        "compare": _compare(repository, ref, before, after),
        "commits": shown,
        "head_commit": shown[-1] if after and shown else None,
        "pusher": {"name": pusher["login"], "email": pusher.get("email")},
    }


def merge_group(
    _repository: Json, *, base_ref: str, base: str, head_ref: str, commit: Json, reason: str = ""
) -> Json:
    """Return what a merge group's event is about.

    Args:
        base_ref: the branch that it goes to, in full.
        base: that branch's commit.
        head_ref: the group's own branch, in full.
        commit: the group's commit, as the REST interface shows git commits.
        reason: for `destroyed`, why.
    """
    group = {
        "base_ref": base_ref,
        "base_sha": base,
        "head_ref": head_ref,
        "head_sha": commit["sha"],
        "head_commit": shapes.head_commit(commit),
    }
    return {"merge_group": group} | ({"reason": reason} if reason else {})


def workflow_run(_repository: Json, *, run: Json, workflow: Json) -> Json:
    """Return what a run's event is about.

    Args:
        run: the run.
        workflow: its workflow.
    """
    return {"workflow_run": shapes.run(run), "workflow": shapes.workflow(workflow)}


def workflow_dispatch(_repository: Json, *, ref: str, workflow: str, inputs: Json | None = None) -> Json:
    """Return what a start by hand is about.

    Args:
        ref: the ref that was chosen, in full.
        workflow: the workflow's path.
        inputs: its inputs.
    """
    return {"ref": ref, "workflow": workflow, "inputs": inputs}


def deployment_review(
    _repository: Json,
    *,
    run: Json,
    approver: Json,
    since: str,
    reviewers: list[Json],
    jobs: list[Json],
    comment: str = "",
) -> Json:
    """Return what the review of a deployment is about.

    Args:
        run: the run that waited.
        approver: who reviewed.
        since: when.
        reviewers: the people who may review.
        jobs: the jobs that waited, as the REST interface shows jobs, each with its `environment`.
        comment: what was said.
    """
    return {
        "workflow_run": shapes.run(run),
        "approver": shapes.user(approver),
        "since": since,
        "comment": comment,
        "reviewers": [{"type": "User", "reviewer": shapes.user(each)} for each in reviewers],
        "workflow_job_runs": [shapes.waiting_job(each) for each in jobs],
    }


def check_run(_repository: Json, *, run: Json, suite: Json, app: Json, identifier: str = "") -> Json:
    """Return what a check run's event is about.

    Args:
        run: the check run.
        suite: its suite.
        app: the app that reported it.
        identifier: for `requested_action`, the button that somebody pressed.
    """
    shown = {"check_run": shapes.check_run(run, suite, app)}
    return shown | ({"requested_action": {"identifier": identifier}} if identifier else {})


def schedule(_repository: Json, *, cron: str, workflow: str) -> Json:
    """Return what a scheduled start is about; no schema of GitHub's describes it.

    Args:
        cron: the line that was due.
        workflow: the workflow's path.
    """
    return {"schedule": cron, "workflow": workflow}


def _commit(repository: Json, rest: Json) -> Json:
    """Return a commit as a push shows it."""
    git = rest["commit"] | {"sha": rest["sha"]}
    return shapes.commit(git, f"{repository['html_url']}/commit/{rest['sha']}", rest.get("files") or [])


def _compare(repository: Json, ref: str, before: str | None, after: str | None) -> str:
    """Return the page that compares what was with what is."""
    page = f"{repository['html_url']}/compare/"
    if before and after:
        return f"{page}{before[:12]}...{after[:12]}"
    return page + (
        ref.removeprefix("refs/heads/") if after else f"{(before or NOTHING)[:12]}...{NOTHING[:12]}"
    )


_EVENTS: dict[str, Callable[..., Json]] = {
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
