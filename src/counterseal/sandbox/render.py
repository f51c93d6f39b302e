"""How things of the world look in the answers of the REST interface."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from counterseal.manifest.types import format_time
from counterseal.sandbox.people import Account, Team
from counterseal.sandbox.things import (
    Activity,
    Approval,
    CheckRun,
    Deployment,
    Environment,
    Issue,
    Pull,
    Remark,
    Review,
    Ruleset,
    RuleSuite,
    Run,
    Verification,
)

if TYPE_CHECKING:
    from counterseal.sandbox.objects import Name
    from counterseal.sandbox.repository import Repository

Json = dict[str, Any]
ACTIONS_APP = 15368
"""The number of the app that workflows report as ("GitHub Actions")."""
_USER_PAGES = (
    "followers",
    "following{/other_user}",
    "gists{/gist_id}",
    "starred{/owner}{/repo}",
    "subscriptions",
    "orgs",
    "repos",
    "events{/privacy}",
    "received_events",
)
_REPOSITORY_PAGES = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def node(kind: str, number: object) -> str:
    """Return the global id of something."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


class Render:
    """Writes answers.

    Args:
        api: the address of the REST interface.
    """

    def __init__(self, api: str) -> None:
        self.api = api

    def user(self, account: Account | None) -> Json | None:
        """Return an account in short; None for one that is gone."""
        if account is None or account.deleted:
            return None
        url = f"{self.api}/users/{quote(account.login)}"
        pages = {f"{page.partition('{')[0]}_url": f"{url}/{page}" for page in _USER_PAGES}
        return {
            "login": account.login,
            "id": account.id,
            "node_id": node("User", account.id),
            "gravatar_id": "",
            "avatar_url": f"{self.api}/avatars/{account.id}",
            "url": url,
            "html_url": page_of(account),
            "organizations_url": pages.pop("orgs_url"),
            **pages,
            "type": account.kind,
            "site_admin": False,
        }

    def full_user(self, account: Account) -> Json:
        """Return an account with its profile."""
        profile: Json = dict.fromkeys(("company", "location", "hireable", "bio", "email"))
        counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
        return {
            **(self.user(account) or {}),
            "name": account.name,
            "blog": "",
            **profile,
            **counts,
            "created_at": account.created_at,
            "updated_at": account.created_at,
        }

    def organization(self, account: Account) -> Json:
        """Return an organisation in short."""
        url = f"{self.api}/orgs/{account.login}"
        return {
            "login": account.login,
            "id": account.id,
            "node_id": node("Organization", account.id),
            "url": url,
            "repos_url": f"{url}/repos",
            "events_url": f"{url}/events",
            "hooks_url": f"{url}/hooks",
            "issues_url": f"{url}/issues",
            "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}",
            "avatar_url": f"{self.api}/avatars/{account.id}",
            "description": "",
        }

    def team(self, team: Team) -> Json:
        """Return a team."""
        return {**self.small_team(team), "parent": self.small_team(team.parent) if team.parent else None}

    def small_team(self, team: Team) -> Json:
        """Return a team in short."""
        url = f"{self.api}/organizations/{team.organization.id}/team/{team.id}"
        return {
            "id": team.id,
            "node_id": node("Team", team.id),
            "name": team.name,
            "slug": team.slug,
            "description": "",
            "privacy": "secret" if team.secret else "closed",
            "notification_setting": "notifications_enabled",
            "permission": "pull",
            "url": url,
            "html_url": f"https://github.com/orgs/{team.organization.login}/teams/{team.slug}",
            "members_url": f"{url}/members{{/member}}",
            "repositories_url": f"{url}/repos",
            "type": "organization",
            "organization_id": team.organization.id,
        }

    def small_repository(self, repository: Repository) -> Json:
        """Return a repository in short."""
        url = f"{self.api}/repos/{repository.full_name}"
        return {
            "id": repository.id,
            "node_id": node("Repository", repository.id),
            "name": repository.name,
            "full_name": repository.full_name,
            "private": repository.private,
            "owner": self.user(repository.owner),
            "html_url": f"https://github.com/{repository.full_name}",
            "description": None,
            "fork": repository.fork_of is not None,
            "url": url,
            **{name: url + page for name, page in _REPOSITORY_PAGES.items()},
        }

    def repository(self, repository: Repository) -> Json:
        """Return a repository."""
        page, counts = (
            f"https://github.com/{repository.full_name}",
            dict.fromkeys(
                (
                    "forks_count",
                    "stargazers_count",
                    "watchers_count",
                    "size",
                    "open_issues_count",
                    "forks",
                    "open_issues",
                    "watchers",
                ),
                0,
            ),
        )
        flags = {
            "has_issues": True,
            "has_projects": False,
            "has_wiki": False,
            "has_pages": False,
            "has_downloads": True,
            "has_discussions": False,
            "archived": False,
            "disabled": False,
            "is_template": False,
            "allow_forking": True,
            "web_commit_signoff_required": False,
        }
        return {
            **self.small_repository(repository),
            **counts,
            **flags,
            "default_branch": repository.default_branch,
            "git_url": f"git://github.com/{repository.full_name}.git",
            "ssh_url": f"git@github.com:{repository.full_name}.git",
            "clone_url": f"{page}.git",
            "svn_url": page,
            "mirror_url": None,
            "homepage": None,
            "language": None,
            "license": None,
            "topics": [],
            "visibility": "private" if repository.private else "public",
            "created_at": repository.created_at,
            "updated_at": repository.created_at,
            "pushed_at": repository.created_at,
        }

    def full_repository(self, repository: Repository) -> Json:
        """Return a repository with everything about it."""
        return {**self.repository(repository), "network_count": 0, "subscribers_count": 0}

    def identity(self, name: Name) -> Json:
        """Return a name line of a commit."""
        return {"name": name.name, "email": name.email, "date": format_time(name.at)}

    def verification(self, seen: Verification) -> Json:
        """Return what is said about a signature."""
        return {
            "verified": seen.verified,
            "reason": seen.reason,
            "signature": seen.signature,
            "payload": seen.payload,
            "verified_at": seen.verified_at,
        }

    def commit(self, repository: Repository, oid: str) -> Json:
        """Return a commit."""
        commit, facts = repository.git.commits[oid], repository.facts[oid]
        url, page = f"{self.api}/repos/{repository.full_name}", f"https://github.com/{repository.full_name}"
        return {
            "sha": oid,
            "node_id": node("Commit", oid),
            "url": f"{url}/commits/{oid}",
            "html_url": f"{page}/commit/{oid}",
            "comments_url": f"{url}/commits/{oid}/comments",
            "commit": {
                "author": self.identity(commit.author),
                "committer": self.identity(commit.committer),
                "message": commit.message,
                "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
                "url": f"{url}/git/commits/{oid}",
                "comment_count": 0,
                "verification": self.verification(facts.verification),
            },
            "author": self.user(facts.author),
            "committer": self.user(facts.committer),
            "parents": [
                {"sha": one, "url": f"{url}/commits/{one}", "html_url": f"{page}/commit/{one}"}
                for one in commit.parents
            ],
        }

    def git_commit(self, repository: Repository, oid: str) -> Json:
        """Return a commit as a git object."""
        commit = repository.git.commits[oid]
        shown = self.commit(repository, oid)
        return {
            "sha": oid,
            "node_id": shown["node_id"],
            "url": shown["commit"]["url"],
            "html_url": shown["html_url"],
            "author": self.identity(commit.author),
            "committer": self.identity(commit.committer),
            "tree": shown["commit"]["tree"],
            "message": commit.message,
            "parents": shown["parents"],
            "verification": shown["commit"]["verification"],
        }

    def file(
        self, repository: Repository, path: str, before: str | None, after: str | None, commit: str
    ) -> Json:
        """Return a file that was changed."""
        status = "added" if before is None else "removed" if after is None else "modified"
        url = f"{self.api}/repos/{repository.full_name}/contents/{path}?ref={commit}"
        return {
            "sha": after or before,
            "filename": path,
            "status": status,
            "additions": 1,
            "deletions": 0,
            "changes": 1,
            "blob_url": f"https://github.com/{repository.full_name}/blob/{commit}/{path}",
            "raw_url": f"https://github.com/{repository.full_name}/raw/{commit}/{path}",
            "contents_url": url,
        }

    def issue(self, repository: Repository, issue: Issue) -> Json:
        """Return an issue."""
        url = f"{self.api}/repos/{repository.full_name}/issues/{issue.number}"
        kind = "pull" if issue.pull else "issues"
        page = f"https://github.com/{repository.full_name}/{kind}/{issue.number}"
        shown: Json = {
            "id": issue.remark.id,
            "node_id": node("Issue", issue.remark.id),
            "url": url,
            "repository_url": f"{self.api}/repos/{repository.full_name}",
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": page,
            "number": issue.number,
            "state": issue.state,
            "title": issue.title,
            "body": issue.remark.body,
            "user": self.user(issue.remark.author),
            "labels": [
                {
                    "id": 1,
                    "node_id": node("Label", name),
                    "url": f"{self.api}/repos/{repository.full_name}/labels/{name}",
                    "name": name,
                    "description": None,
                    "color": "ededed",
                    "default": False,
                }
                for name in issue.labels
            ],
            "assignee": None,
            "assignees": [],
            "milestone": None,
            "locked": issue.locked,
            "active_lock_reason": None,
            "comments": len([one for one in issue.comments if not one.deleted]),
            "closed_at": issue.closed_at,
            "created_at": issue.remark.created_at,
            "updated_at": issue.remark.updated_at,
            "author_association": association(repository, issue.remark.author),
            "state_reason": None,
            "closed_by": None,
        }
        if issue.pull:
            api = f"{self.api}/repos/{repository.full_name}/pulls/{issue.number}"
            shown["pull_request"] = {
                "url": api,
                "html_url": page,
                "diff_url": f"{page}.diff",
                "patch_url": f"{page}.patch",
                "merged_at": issue.pull.merged_at,
            }
        return shown

    def comment(self, repository: Repository, issue: Issue, remark: Remark) -> Json:
        """Return a comment."""
        url = f"{self.api}/repos/{repository.full_name}/issues"
        return {
            "id": remark.id,
            "node_id": node("IssueComment", remark.id),
            "url": f"{url}/comments/{remark.id}",
            "html_url": f"https://github.com/{repository.full_name}/issues/{issue.number}#issuecomment-{remark.id}",
            "body": remark.body,
            "user": self.user(remark.author),
            "created_at": remark.created_at,
            "updated_at": remark.updated_at,
            "issue_url": f"{url}/{issue.number}",
            "author_association": association(repository, remark.author),
        }

    def small_pull(self, repository: Repository, pull: Pull) -> Json:
        """Return a pull request as lists have it."""
        issue = self.issue(repository, pull.issue)
        url = f"{self.api}/repos/{repository.full_name}/pulls/{pull.number}"
        page = f"https://github.com/{repository.full_name}/pull/{pull.number}"
        same = (
            "node_id",
            "number",
            "state",
            "title",
            "body",
            "user",
            "labels",
            "assignee",
            "assignees",
            "milestone",
            "locked",
            "active_lock_reason",
            "created_at",
            "updated_at",
            "closed_at",
            "author_association",
            "comments_url",
        )
        links = {
            "self": url,
            "html": page,
            "issue": issue["url"],
            "comments": issue["comments_url"],
            "review_comments": f"{url}/comments",
            "review_comment": f"{self.api}/repos/{repository.full_name}/pulls/comments{{/number}}",
            "commits": f"{url}/commits",
            "statuses": f"{self.api}/repos/{repository.full_name}/statuses/{pull.head}",
        }
        return {
            **{name: issue[name] for name in same},
            "id": pull.issue.remark.id,
            "url": url,
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": issue["url"],
            "commits_url": links["commits"],
            "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"],
            "statuses_url": links["statuses"],
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.merge_commit or _test_merge(pull),
            "requested_reviewers": [],
            "requested_teams": [],
            "draft": pull.draft,
            "auto_merge": None,
            "head": self._end(pull.head_repository, pull.head_ref, pull.head),
            "base": self._end(repository, pull.base_ref, pull.base),
            "_links": {name: {"href": link} for name, link in links.items()},
        }

    def pull(self, repository: Repository, pull: Pull) -> Json:
        """Return a pull request alone."""
        commits = repository.commits_of(pull)
        return {
            **self.small_pull(repository, pull),
            "merged": pull.merged_at is not None,
            "mergeable": True,
            "rebaseable": True,
            "mergeable_state": "clean",
            "merged_by": self.user(pull.merged_by),
            "comments": len(pull.issue.comments),
            "review_comments": 0,
            "maintainer_can_modify": False,
            "commits": len(commits),
            "additions": 1,
            "deletions": 0,
            "changed_files": len(changed(repository, pull)),
        }

    def review(self, repository: Repository, pull: Pull, review: Review) -> Json:
        """Return a review."""
        page = f"https://github.com/{repository.full_name}/pull/{pull.number}"
        url = f"{self.api}/repos/{repository.full_name}/pulls/{pull.number}"
        return {
            "id": review.remark.id,
            "node_id": node("Review", review.remark.id),
            "user": self.user(review.remark.author),
            "body": review.remark.body,
            "state": review.state,
            "pull_request_url": url,
            "html_url": f"{page}#pullrequestreview-{review.remark.id}",
            "submitted_at": review.submitted_at,
            "commit_id": review.commit,
            "author_association": association(repository, review.remark.author),
            "_links": {"html": {"href": page}, "pull_request": {"href": url}},
        }

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

    def _end(self, repository: Repository | None, ref: str, oid: str) -> Json:
        owner = repository.owner if repository else None
        return {
            "label": f"{owner.login if owner else 'unknown'}:{ref}",
            "ref": ref,
            "sha": oid,
            "user": self.user(owner),
            "repo": self.repository(repository) if repository else None,
        }


def page_of(account: Account) -> str:
    """Return the page of an account; that of a bot is its app's."""
    name = account.login.removesuffix("[bot]")
    return f"https://github.com/apps/{name}" if account.kind == "Bot" else f"https://github.com/{name}"


def association(repository: Repository, account: Account) -> str:
    """Return what somebody is to a repository, in the forge's word."""
    if account is repository.owner:
        return "OWNER"
    if account.id in repository.world.members.get(repository.owner.id, {}):
        return "MEMBER"
    return "COLLABORATOR" if account.id in repository.roles else "NONE"


def changed(repository: Repository, pull: Pull) -> list[tuple[str, str | None, str | None]]:
    """Return what a pull request changes: each path with its blob before and after."""
    base = repository.git.merge_base(
        repository.refs.get(f"refs/heads/{pull.base_ref}", pull.base)
        if pull.frozen_commits is None
        else pull.base,
        pull.head,
    )
    return difference(repository, base, pull.head)


def difference(
    repository: Repository, base: str | None, head: str
) -> list[tuple[str, str | None, str | None]]:
    """Return what differs between two commits."""
    before = repository.git.commits[base].files if base else {}
    after = repository.git.commits[head].files
    return [
        (path, before.get(path), after.get(path))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    ]


def _test_merge(pull: Pull) -> str:
    """Return the name of the merge commit that the forge makes to try the merge."""
    return hashlib.sha1(f"{pull.base}{pull.head}".encode(), usedforsecurity=False).hexdigest()
