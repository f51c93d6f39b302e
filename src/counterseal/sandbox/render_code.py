"""How repositories and what git keeps in them look in the answers of the REST interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.manifest.types import format_time
from counterseal.sandbox.render_people import Json, RenderPeople, node
from counterseal.sandbox.things import (
    Verification,
)

if TYPE_CHECKING:
    from counterseal.sandbox.objects import Name
    from counterseal.sandbox.repository import Repository


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


class RenderCode(RenderPeople):
    """Writes repositories, commits and files."""

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
