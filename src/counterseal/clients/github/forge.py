"""GitHub as a forge: one repository, seen with one token, and teams with another where there is one."""

from __future__ import annotations

from functools import cached_property

from counterseal.clients.forge import EnvironmentReview, Repository, TeamMembers
from counterseal.clients.github import (
    activity,
    check_runs,
    deployments,
    discussion,
    groups,
    issues,
    people,
    protection,
    pulls,
    pushes,
    queries,
    refs,
    runs,
    shapes_graphql,
    writes,
)
from counterseal.clients.github.repo import Repo
from counterseal.clients.github.session import Session
from counterseal.errors import MalformedError
from counterseal.policy.change import ChangeFacts
from counterseal.policy.forge import Deployment, Push, RunFacts
from counterseal.policy.issue import Comment, Issue
from counterseal.policy.posture import Posture
from counterseal.policy.pull_request import PullRequest, Review

_FRESH = 10.0  # seconds for which a tip that came along may be taken for the present one


class GitHubForge:
    """A repository of GitHub; see `counterseal.clients.forge.Forge` for what each method promises.

    What cannot change (the repository's number, a commit's tree and files) is asked for once.

    Args:
        session: the requests.
        full_name: the repository, `owner/name`.
        members: the requests with which teams are read, when the first may not see them.

    Raises:
        UsageError: the repository is not written so.
    """

    def __init__(self, session: Session, full_name: str, members: Session | None = None) -> None:
        self._session, self._members = session, members or session
        self._repo = Repo.of(session, full_name)
        self._told: dict[str, tuple[str, float]] = {}
        self._trees: dict[str, str] = {}
        self._files: dict[tuple[str, str], bytes | None] = {}

    @property
    def requests(self) -> int:
        """How many requests have been sent, with either token."""
        other = 0 if self._members is self._session else self._members.requests
        return self._session.requests + other

    def now(self) -> str:
        """Return the forge's own time."""
        return self._session.now()

    def repository(self) -> Repository:
        """Return the repository."""
        return self._home

    def tip(self, ref: str) -> str:
        """Return the commit of a full ref, as it is now.

        That of the default branch comes with the repository, and is taken once when it has just come.
        """
        told, at = self._told.pop(ref, ("", 0.0))
        if told and self._session.clock() - at <= _FRESH:
            return told
        commit, tree = refs.tip(self._repo, ref)
        self._trees[commit] = tree
        return commit

    def tree(self, commit: str) -> str:
        """Return a commit's tree."""
        if commit not in self._trees:
            self._trees[commit] = refs.commit(self._repo, commit)[1]
        return self._trees[commit]

    def file(self, path: str, commit: str) -> bytes | None:
        """Return a file at a commit, or None when that commit surely has no such file."""
        key = (path, commit)
        if key not in self._files:
            self._files[key] = refs.file(self._repo, path, commit)
        return self._files[key]

    def pull_request(self, number: int) -> PullRequest:
        """Return a pull request as it is now."""
        return pulls.pull_request(self._repo, number)

    def change_of_pull(self, number: int) -> ChangeFacts:
        """Return all that is known of a pull request."""
        return pulls.change(self._repo, number)

    def change_of_push(self, ref: str, before: str | None, after: str | None) -> ChangeFacts:
        """Return all that is known of a push."""
        return pushes.change(self._repo, self._home, ref, before, after)

    def pulls_of_group(self, base: str, head: str) -> tuple[int, ...]:
        """Return every pull request in a merge group, in the order in which they are merged."""
        return groups.of_group(self._repo, base, head)

    def pulls_of_commit(self, commit: str) -> tuple[int, ...]:
        """Return the merged pull requests that brought a commit in."""
        return groups.of_commit(self._repo, commit)

    def reviews(self, number: int) -> tuple[Review, ...]:
        """Return the reviews of a pull request, oldest first."""
        return discussion.reviews(self._repo, number)

    def comments(self, number: int) -> tuple[Comment, ...]:
        """Return the comments of an issue or pull request, oldest first."""
        return discussion.comments(self._repo, number)

    def pushes(self, ref: str) -> tuple[Push, ...]:
        """Return the movements of a ref, newest first, as far as the forge keeps them."""
        return activity.movements(self._session, self._full_name, ref)

    def run(self, run_id: int, attempt: int | None = None) -> RunFacts:
        """Return a workflow run's attempt, the newest when none is named."""
        return runs.run(self._repo, run_id, attempt)

    def environment_reviews(self, run_id: int) -> tuple[EnvironmentReview, ...]:
        """Return the review history of a run."""
        return runs.environment_reviews(self._repo, run_id)

    def deployments(self, environment: str, since: str) -> tuple[Deployment, ...]:
        """Return the deployments to an environment that were made since a moment, newest first."""
        return deployments.deployments(self._repo, environment, since)

    def labelled(self, label: str) -> tuple[Issue, ...]:
        """Return the issues with a label, open and closed, oldest first."""
        return issues.labelled(self._repo, label)

    def members(self, team: str) -> TeamMembers:
        """Return the members of `organisation/team`; one that cannot be seen is a gap."""
        return people.members(self._members, team)

    def role(self, login: str) -> str:
        """Return the name of an account's role in the repository, such as `write` or `maintain`."""
        return people.role(self._repo, login)

    def posture(self, branch: str, environments: tuple[str, ...] = ()) -> Posture:
        """Return how a branch and the environments are protected."""
        return protection.posture(self._repo, branch, environments)

    def open_issue(self, key: str, title: str, body: str) -> int:
        """Open an issue once, and return its number."""
        return writes.open_issue(self._repo, key, title, body)

    def say(self, issue: int, key: str, body: str) -> bool:
        """Comment once; return False when a comment of our own with this key is there already."""
        return writes.say(self._repo, issue, key, body)

    def close_issue(self, issue: int) -> None:
        """Close an issue; one that is closed stays so."""
        writes.close_issue(self._repo, issue)

    def report(self, commit: str, key: str, name: str, conclusion: str | None, summary: str) -> None:
        """Write the check run with this key."""
        check_runs.report(self._repo, commit, key, name, conclusion, summary)

    def dispatch(self, workflow: str, ref: str, inputs: dict[str, str]) -> None:
        """Start a workflow by hand."""
        writes.dispatch(self._repo, workflow, ref, inputs)

    @property
    def _full_name(self) -> str:
        return f"{self._repo.owner}/{self._repo.name}"

    @cached_property
    def _home(self) -> Repository:
        found = self._repo.ask(queries.REPOSITORY, shapes_graphql.RepositoryData).repository
        if found.default_branch_ref is None:
            raise MalformedError("the repository has no commit yet", where=self._full_name)
        branch = found.default_branch_ref
        commit, tree = refs.peel(branch.target, branch.name)
        self._trees[commit] = tree
        self._told[f"refs/heads/{branch.name}"] = (commit, self._session.clock())
        return Repository(
            uri=found.url,
            id=found.database_id,
            full_name=found.name_with_owner,
            default_branch=branch.name,
            private=found.is_private,
        )


def open_github(
    api_url: str, graphql_url: str, repository: str, token: str, members_token: str | None = None
) -> GitHubForge:
    """Return the forge for a repository of GitHub.

    Args:
        api_url: the address of the REST interface.
        graphql_url: the address of the GraphQL interface; empty for its usual place below the other.
        repository: the repository, `owner/name`.
        token: the secret for everything.
        members_token: the secret for reading teams, when it is another one.

    Raises:
        UsageError: an address, the repository or a token is not one.
    """
    members = Session(api_url, members_token, graphql_url=graphql_url) if members_token else None
    return GitHubForge(Session(api_url, token, graphql_url=graphql_url), repository, members)
