"""How things of the world look in the answers of the REST interface: all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.manifest.types import format_time
from counterseal.sandbox.people import Account, Team
from counterseal.sandbox.render_people import Json, node
from counterseal.sandbox.render_pulls import RenderPulls
from counterseal.sandbox.things import (
    Activity,
    Approval,
    CheckRun,
    Deployment,
    Environment,
    Ruleset,
    RuleSuite,
    Run,
)

if TYPE_CHECKING:
    from counterseal.sandbox.repository import Repository


ACTIONS_APP = 15368
"""The number of the app that workflows report as ("GitHub Actions")."""


class Render(RenderPulls):
    """Writes answers: beside people, code and pull requests also runs, deployments and rules."""

    def activity(self, one: Activity) -> Json:
        """Return a movement of a ref."""
        return {
            "id": one.id,
            "node_id": node("Activity", one.id),
            "before": one.before,
            "after": one.after,
            "ref": one.ref,
            "timestamp": one.at,
            "activity_type": one.kind,
            "actor": self.user(one.actor),
        }

    def environment(self, repository: Repository, one: Environment) -> Json:
        """Return an environment."""
        url = f"{self.api}/repos/{repository.full_name}/environments/{one.name}"
        rules: list[Json] = []
        if one.reviewers or one.prevent_self_review:
            rules.append(
                {
                    "id": one.id * 10 + 1,
                    "node_id": node("Gate", one.id),
                    "type": "required_reviewers",
                    "prevent_self_review": one.prevent_self_review,
                    "reviewers": [
                        {"type": "Team", "reviewer": self.team(who)}
                        if isinstance(who, Team)
                        else {"type": "User", "reviewer": self.user(who)}
                        for who in one.reviewers
                    ],
                }
            )
        if one.branches != "all":
            rules.append(
                {"id": one.id * 10 + 2, "node_id": node("Gate", one.id + 1), "type": "branch_policy"}
            )
        policy = (
            None
            if one.branches == "all"
            else {
                "protected_branches": one.branches == "protected",
                "custom_branch_policies": one.branches == "custom",
            }
        )
        shown: Json = {
            "id": one.id,
            "node_id": node("Environment", one.id),
            "name": one.name,
            "url": url,
            "html_url": f"https://github.com/{repository.full_name}/deployments/activity_log?environments_filter={one.name}",
            "created_at": one.created_at,
            "updated_at": one.created_at,
            "protection_rules": rules,
            "deployment_branch_policy": policy,
        }
        if one.admins_can_bypass is not None:
            shown["can_admins_bypass"] = one.admins_can_bypass
        return shown

    def run(self, repository: Repository, run: Run, attempt: int | None = None) -> Json:
        """Return a workflow run, of its newest attempt unless told."""
        number = attempt or len(run.attempts)
        url, page = (
            f"{self.api}/repos/{repository.full_name}/actions/runs/{run.id}",
            f"https://github.com/{repository.full_name}/actions/runs/{run.id}",
        )
        commit = repository.git.commits.get(run.head)
        head = commit and {
            "id": run.head,
            "tree_id": commit.tree,
            "message": commit.message,
            "timestamp": format_time(commit.committer.at),
            "author": {"name": commit.author.name, "email": commit.author.email},
            "committer": {"name": commit.committer.name, "email": commit.committer.email},
        }
        return {
            "id": run.id,
            "name": run.workflow,
            "node_id": node("Run", run.id),
            "head_branch": run.branch,
            "head_sha": run.head,
            "path": f".github/workflows/{run.workflow}",
            "display_title": run.workflow,
            "run_number": 1,
            "run_attempt": number,
            "event": run.event,
            "status": run.status,
            "conclusion": run.conclusion,
            "workflow_id": 1,
            "check_suite_id": run.id + 1,
            "check_suite_node_id": node("Suite", run.id),
            "url": url,
            "html_url": page,
            "pull_requests": [],
            "created_at": run.created_at,
            "updated_at": run.created_at,
            "run_started_at": run.created_at,
            "actor": self.user(run.actor),
            "triggering_actor": self.user(run.attempts[number - 1]),
            "jobs_url": f"{url}/jobs",
            "logs_url": f"{url}/logs",
            "check_suite_url": f"{self.api}/repos/{repository.full_name}/check-suites/{run.id + 1}",
            "artifacts_url": f"{url}/artifacts",
            "cancel_url": f"{url}/cancel",
            "rerun_url": f"{url}/rerun",
            "previous_attempt_url": f"{url}/attempts/{number - 1}" if number > 1 else None,
            "workflow_url": f"{self.api}/repos/{repository.full_name}/actions/workflows/1",
            "head_commit": head,
            "repository": self.small_repository(repository),
            "head_repository": self.small_repository(repository),
            "referenced_workflows": [],
        }

    def approval(self, repository: Repository, one: Approval) -> Json:
        """Return an entry of a run's review history: it tells no time, no commit and no attempt."""
        keep = ("id", "node_id", "name", "url", "html_url", "created_at", "updated_at")
        shown = [self.environment(repository, each) for each in one.environments]
        return {
            "state": one.state,
            "comment": one.comment,
            "user": self.user(one.account),
            "environments": [{name: each[name] for name in keep} for each in shown],
        }

    def check(self, repository: Repository, one: CheckRun) -> Json:
        """Return a check run."""
        url = f"{self.api}/repos/{repository.full_name}/check-runs/{one.id}"
        output = {"title": None, "summary": None, "text": None, **one.output}
        output = {name: output.get(name) for name in ("title", "summary", "text")}
        return {
            "id": one.id,
            "name": one.name,
            "node_id": node("CheckRun", one.id),
            "head_sha": one.head,
            "external_id": one.external_id,
            "url": url,
            "html_url": f"https://github.com/{repository.full_name}/runs/{one.id}",
            "details_url": None,
            "status": one.status,
            "conclusion": one.conclusion,
            "started_at": one.started_at,
            "completed_at": one.completed_at,
            "output": {**output, "annotations_count": 0, "annotations_url": f"{url}/annotations"},
            "check_suite": {"id": one.id + 1},
            "app": self.app(one.app),
            "pull_requests": [],
        }

    def app(self, number: int) -> Json:
        """Return an app."""
        return {
            "id": number,
            "slug": "github-actions" if number == ACTIONS_APP else f"app-{number}",
            "node_id": node("App", number),
            "owner": self.user(Account(9919, "github", "2008-05-11T04:37:31Z", "Organization")),
            "name": "GitHub Actions",
            "description": "",
            "external_url": "https://help.github.com",
            "html_url": "https://github.com/apps/github-actions",
            "created_at": "2018-07-30T09:30:17Z",
            "updated_at": "2019-12-10T19:04:12Z",
            "permissions": {"checks": "write"},
            "events": [],
        }

    def deployment(self, repository: Repository, one: Deployment) -> Json:
        """Return a deployment."""
        url = f"{self.api}/repos/{repository.full_name}"
        return {
            "url": f"{url}/deployments/{one.id}",
            "id": one.id,
            "node_id": node("Deployment", one.id),
            "sha": one.head,
            "ref": one.ref,
            "task": "deploy",
            "payload": one.payload,
            "original_environment": one.environment,
            "environment": one.environment,
            "description": one.description,
            "creator": self.user(one.creator),
            "created_at": one.created_at,
            "updated_at": one.created_at,
            "statuses_url": f"{url}/deployments/{one.id}/statuses",
            "repository_url": url,
            "transient_environment": False,
            "production_environment": True,
        }

    def ruleset(self, repository: Repository, one: Ruleset, *, bypass: bool) -> Json:
        """Return a ruleset; who may go around it is shown to those who may change it."""
        shown: Json = {
            "id": one.id,
            "name": one.name,
            "target": "branch",
            "source_type": "Repository",
            "source": repository.full_name,
            "enforcement": one.enforcement,
            "node_id": node("Ruleset", one.id),
            "created_at": one.created_at,
            "updated_at": one.created_at,
            "conditions": {"ref_name": {"include": one.branches, "exclude": []}},
            "rules": one.rules,
            "current_user_can_bypass": "never",
            "_links": {
                "self": {"href": f"{self.api}/repos/{repository.full_name}/rulesets/{one.id}"},
                "html": {"href": f"https://github.com/{repository.full_name}/rules/{one.id}"},
            },
        }
        if bypass:
            shown["bypass_actors"] = one.bypass
        return shown

    def rule_suite(self, repository: Repository, one: RuleSuite) -> Json:
        """Return what the rules said about a push."""
        return {
            "id": one.id,
            "actor_id": one.actor.id,
            "actor_name": one.actor.login,
            "before_sha": one.before,
            "after_sha": one.after,
            "ref": one.ref,
            "repository_id": repository.id,
            "repository_name": repository.name,
            "pushed_at": one.at,
            "result": one.result,
            "evaluation_result": None,
        }
