"""What is asked of a forge, and what it promises: complete answers, or an error that says what is missing.

Every read pages to its end and compares with the announced total; what cannot be proven whole raises
`Inconclusive`, or stands as a `Gap` in facts that are collected from several places. Every write has a key,
and is found again by it, so that a repeated one changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from counterseal.policy.change import ChangeFacts
from counterseal.policy.forge import Account, Deployment, Gap, Push, RunFacts
from counterseal.policy.issue import Comment, Issue
from counterseal.policy.posture import Posture
from counterseal.policy.pull_request import PullRequest, Review


@dataclass(frozen=True)
class Repository:
    """A repository of the forge.

    Attributes:
        uri: where people find it.
        id: its number.
        full_name: `owner/name` at this time.
        default_branch: the branch that it begins with, without `refs/heads/`.
        private: whether it is.
    """

    uri: str
    id: int
    full_name: str
    default_branch: str
    private: bool = False


@dataclass(frozen=True)
class EnvironmentReview:
    """One entry of a run's review history; the forge tells neither time, commit nor attempt.

    Attributes:
        state: `approved` or `rejected`.
        account: who; None for a deleted account.
        environments: the environments that it was given for.
        comment: what was said.
    """

    state: str
    account: Account | None
    environments: tuple[str, ...]
    comment: str = ""


@dataclass(frozen=True)
class TeamMembers:
    """The active members of a team, those of child teams included.

    Attributes:
        accounts: them.
        gap: why that may not be everybody; None when it is.
    """

    accounts: tuple[Account, ...] = ()
    gap: Gap | None = None


class Forge(Protocol):
    """One repository of a forge, as an account with certain permissions sees it.

    Any method may raise `Inconclusive` (unavailable, incomplete, not permitted; the permission is named), and
    `MalformedError` where the forge positively says that a commit or number is not there.
    """

    @property
    def requests(self) -> int:
        """How many requests have been sent."""

    def now(self) -> str:
        """Return the forge's own time (the `Date` of an answer not older than a minute), as a `Time`."""

    def repository(self) -> Repository:
        """Return the repository."""

    def tip(self, ref: str) -> str:
        """Return the commit of a ref that is given in full (`refs/heads/main`)."""

    def tree(self, commit: str) -> str:
        """Return a commit's tree."""

    def file(self, path: str, commit: str) -> bytes | None:
        """Return a file at a commit, or None when that commit surely has no such file."""

    def pull_request(self, number: int) -> PullRequest:
        """Return a pull request as it is now."""

    def change_of_pull(self, number: int) -> ChangeFacts:
        """Return all that is known of a pull request; its head must be the same before and after."""

    def change_of_push(self, ref: str, before: str | None, after: str | None) -> ChangeFacts:
        """Return all that is known of a push; `before` is None for a new ref, `after` for a gone one."""

    def pulls_of_group(self, base: str, head: str) -> tuple[int, ...]:
        """Return every pull request in a merge group.

        Raises:
            Inconclusive: a commit of the group belongs to none.
        """

    def pulls_of_commit(self, commit: str) -> tuple[int, ...]:
        """Return the pull requests that brought a commit in."""

    def reviews(self, number: int) -> tuple[Review, ...]:
        """Return the reviews of a pull request, oldest first."""

    def comments(self, number: int) -> tuple[Comment, ...]:
        """Return the comments of an issue or pull request, oldest first."""

    def pushes(self, ref: str) -> tuple[Push, ...]:
        """Return the movements of a ref, newest first, as far as the forge keeps them."""

    def run(self, run_id: int, attempt: int | None = None) -> RunFacts:
        """Return a workflow run's attempt, the newest when none is named."""

    def environment_reviews(self, run_id: int) -> tuple[EnvironmentReview, ...]:
        """Return the review history of a run."""

    def deployments(self, environment: str, since: str) -> tuple[Deployment, ...]:
        """Return the deployments to an environment that were made since a moment, newest first."""

    def labelled(self, label: str) -> tuple[Issue, ...]:
        """Return the issues with a label, open and closed, oldest first; pull requests are none."""

    def members(self, team: str) -> TeamMembers:
        """Return the members of `organisation/team`. A team that cannot be seen is a gap, never empty."""

    def posture(self, branch: str, environments: tuple[str, ...] = ()) -> Posture:
        """Return how a branch and the environments are protected, with a gap for all that cannot be seen."""

    def open_issue(self, key: str, title: str, body: str) -> int:
        """Open an issue once, and return its number; a repeated call with the same key finds it."""

    def say(self, issue: int, key: str, body: str) -> bool:
        """Comment once; return False when a comment of our own with this key is there already."""

    def close_issue(self, issue: int) -> None:
        """Close an issue; one that is closed stays so."""

    def report(self, commit: str, key: str, name: str, conclusion: str | None, summary: str) -> None:
        """Write the check run with this key, which is its external id.

        Args:
            commit: the commit that it is about.
            key: the key.
            name: the name under which branch protection requires it.
            conclusion: None while it is pending, then `success`, `failure` or `action_required`; never
                another word, since `neutral` and `skipped` let a merge through.
            summary: Markdown for the reader, made of escaped text.
        """

    def dispatch(self, workflow: str, ref: str, inputs: dict[str, str]) -> None:
        """Start a workflow by hand (`workflow_dispatch`)."""
