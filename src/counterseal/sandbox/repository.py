"""A repository of the sandbox: what people do to it, each act at its own moment of the sandbox's clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from counterseal.sandbox.history import History
from counterseal.sandbox.merges import Merge
from counterseal.sandbox.people import Account
from counterseal.sandbox.runs import Runs
from counterseal.sandbox.things import CheckRun, Deployment, Issue, Pull, Remark, Review, Ruleset, RuleSuite

if TYPE_CHECKING:
    from counterseal.sandbox.world import World


class Repository(History, Runs):
    """A repository, with its issues and pull requests.

    Args:
        world: the world that it is in.
        number: its id.
        full_name: `owner/name`.
        folder: where its bare git repository is made.
        private: whether it is private.
        fork_of: the repository that it is a fork of.
    """

    def __init__(
        self,
        world: World,
        number: int,
        full_name: str,
        folder: Path,
        private: bool,
        fork_of: Repository | None = None,
    ) -> None:
        owner, _, self.name = full_name.partition("/")
        self.owner = world.account(owner)
        History.__init__(self, world, folder)
        Runs.__init__(self, world)
        self.id, self.full_name, self.private, self.fork_of = number, full_name, private, fork_of
        self.created_at = world.clock.text()
        self.issues: dict[int, Issue] = {}
        self.checks: list[CheckRun] = []
        self.statuses: list[dict[str, Any]] = []
        self.deployments: list[Deployment] = []
        self.rulesets: list[Ruleset] = []
        self.rule_suites: list[RuleSuite] = []
        self.dispatches: list[dict[str, Any]] = []
        self.roles: dict[int, str] = {}
        self.teams: dict[int, str] = {}
        self.actions_may_approve = False
        self.labels: set[str] = set()
        self._numbers = itertools.count(1)

    def open_issue(self, author: Account, title: str, body: str = "", labels: Iterable[str] = ()) -> Issue:
        """Open an issue."""
        issue = Issue(next(self._numbers), self._remark(author, body), title, labels=list(labels))
        self.issues[issue.number] = issue
        return issue

    def open_pull(
        self,
        head: str,
        base: str,
        opener: Account,
        title: str,
        body: str = "",
        *,
        head_repository: Repository | None = None,
        draft: bool = False,
    ) -> Pull:
        """Open a pull request from a branch (of another repository) to a branch."""
        source = head_repository or self
        if source is not self:
            self._borrow(source, source.refs[f"refs/heads/{head}"])
        issue = self.open_issue(opener, title, body)
        pull = Pull(
            issue,
            base,
            self.refs[f"refs/heads/{base}"],
            head,
            source.refs[f"refs/heads/{head}"],
            source,
            draft,
        )
        issue.pull = pull
        return pull

    def _borrow(self, source: Repository, oid: str) -> None:
        for one in source.git.ancestors(oid):
            commit = source.git.commits[one]
            for blob in commit.files.values():
                self.git.write_blob(source.git.blob(blob))
            again = self.git.write_commit(
                commit.files, commit.parents, commit.author, commit.committer, commit.message
            )
            self.git.commits[one] = again
            self.facts[one] = source.facts[one]

    def pull(self, number: int) -> Pull | None:
        """Return a pull request."""
        issue = self.issues.get(number)
        return issue.pull if issue else None

    def pulls(self) -> list[Pull]:
        """Return every pull request, oldest first."""
        return [issue.pull for issue in self.issues.values() if issue.pull]

    def commits_of(self, pull: Pull) -> list[str]:
        """Return a pull request's commits, oldest first."""
        if pull.frozen_commits is not None:
            return list(pull.frozen_commits)
        return self.git.between(self.refs.get(f"refs/heads/{pull.base_ref}", pull.base), pull.head)

    def review(
        self, pull: Pull, author: Account, state: str, body: str = "", *, commit: str | None = None
    ) -> Review:
        """Review a pull request: `APPROVED`, `CHANGES_REQUESTED` or `COMMENTED`; of its head unless told."""
        remark = self._remark(author, body)
        review = Review(remark, state, commit or pull.head, remark.created_at)
        pull.reviews.append(review)
        return review

    def dismiss(self, review: Review) -> None:
        """Dismiss a review."""
        review.state = "DISMISSED"

    def comment(self, issue: Issue | Pull, author: Account, body: str) -> Remark:
        """Comment on an issue or pull request."""
        remark = self._remark(author, body)
        (issue.issue if isinstance(issue, Pull) else issue).comments.append(remark)
        return remark

    def edit(self, remark: Remark, editor: Account, body: str) -> None:
        """Change what somebody wrote."""
        at = self.world.clock.tick()
        remark.body, remark.updated_at, remark.edited_at, remark.editor = body, at, at, editor

    def retarget(self, pull: Pull, base: str) -> None:
        """Let a pull request go to another branch."""
        pull.base_ref, pull.base = base, self.refs[f"refs/heads/{base}"]
        pull.issue.remark.updated_at = self.world.clock.tick()

    def merge(self, pull: Pull, by: Account, method: str = "merge") -> str:
        """Merge a pull request (`merge`, `squash` or `rebase`) and return what it was merged as."""
        pull.frozen_commits = tuple(self.commits_of(pull))
        base = self.refs[f"refs/heads/{pull.base_ref}"]
        oid = Merge(self, pull, base, by).commit(method)
        self.push(pull.base_ref, oid, by, kind="pr_merge")
        at = self.world.clock.text()
        pull.base, pull.merged_at, pull.merged_by, pull.merge_commit = base, at, by, oid
        pull.issue.state, pull.issue.closed_at = "closed", at
        return oid

    def queue(self, pulls: Sequence[Pull], method: str = "merge") -> tuple[str, str, str]:
        """Make a merge group of pull requests; return its ref, base and head."""
        base = tip = self.refs[f"refs/heads/{pulls[0].base_ref}"]
        for pull in pulls:
            pull.frozen_commits = tuple(self.commits_of(pull))
            tip = Merge(self, pull, tip, self.world.queue_bot).commit(method)
        ref = f"refs/heads/gh-readonly-queue/{pulls[-1].base_ref}/pr-{pulls[-1].number}-{base}"
        self.move(ref, tip, self.world.queue_bot)
        for pull in pulls:
            pull.frozen_commits = None
        return ref, base, tip

    def _remark(self, author: Account, body: str) -> Remark:
        at = self.world.clock.tick()
        return Remark(self.world.number(), author, body, at, at)

    def ruleset(
        self,
        name: str,
        rules: Sequence[dict[str, Any]],
        branches: Sequence[str] = ("~DEFAULT_BRANCH",),
        bypass: Sequence[dict[str, Any]] = (),
    ) -> Ruleset:
        """Protect branches."""
        made = Ruleset(
            self.world.number(), name, list(branches), list(rules), self.world.clock.tick(), list(bypass)
        )
        self.rulesets.append(made)
        return made
