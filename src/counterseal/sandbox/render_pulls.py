"""How issues, pull requests and what people say there look in the answers of the REST interface."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from counterseal.sandbox.people import Account
from counterseal.sandbox.render_code import RenderCode, difference
from counterseal.sandbox.render_people import Json, node
from counterseal.sandbox.things import (
    Issue,
    Pull,
    Remark,
    Review,
)

if TYPE_CHECKING:
    from counterseal.sandbox.repository import Repository


class RenderPulls(RenderCode):
    """Writes issues, pull requests, comments and reviews."""

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

    def _end(self, repository: Repository | None, ref: str, oid: str) -> Json:
        owner = repository.owner if repository else None
        return {
            "label": f"{owner.login if owner else 'unknown'}:{ref}",
            "ref": ref,
            "sha": oid,
            "user": self.user(owner),
            "repo": self.repository(repository) if repository else None,
        }


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


def _test_merge(pull: Pull) -> str:
    """Return the name of the merge commit that the forge makes to try the merge."""
    return hashlib.sha1(f"{pull.base}{pull.head}".encode(), usedforsecurity=False).hexdigest()
