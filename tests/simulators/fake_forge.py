"""A forge in memory: it answers with what a test has put in, and remembers what was asked and written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from counterseal.clients.forge import EnvironmentReview, Repository, TeamMembers
from counterseal.errors import Inconclusive, MalformedError
from counterseal.policy.change import ChangeFacts
from counterseal.policy.forge import Account, Deployment, Gap, Push, RunFacts
from counterseal.policy.issue import Comment
from counterseal.policy.issue import Issue as LabelledIssue
from counterseal.policy.posture import Posture
from counterseal.policy.pull_request import PullRequest, Review

NOW = "2026-11-24T12:00:00Z"
MAIN = "0" * 39 + "a"
HOME = Repository(
    uri="https://github.example/acme/payments", id=1, full_name="acme/payments", default_branch="main"
)
OWN = Account(id=41898282, login="github-actions[bot]", bot=True)


@dataclass
class Issue:
    """An issue that was opened; the key by which it is found again."""

    key: str
    title: str
    body: str
    open: bool = True


@dataclass
class CheckRun:
    """A check run that was written."""

    commit: str
    name: str
    conclusion: str | None
    summary: str


@dataclass
class FakeForge:
    """A forge that holds what it is given.

    Attributes:
        home: the repository.
        clock: what `now` answers.
        tips: the commit of each full ref.
        trees: the tree of each commit; others have one that is made of the commit's name.
        files: the content of files, by commit and path.
        changes: the pull requests, by number.
        pushed: what each push brought, by ref and by the commits before and after.
        groups: the pull requests of each merge group, by base and head.
        brought: the pull requests that brought each commit in.
        moves: the movements of each ref.
        of_label: the issues with each label, oldest first.
        deployed: the deployments, newest first.
        runs: the attempts of each run.
        environment_answers: the review history of each run.
        teams: the members of each team; any other cannot be seen.
        postures: the protection of each branch.
        issues: the issues that were opened, by number.
        talk: the comments of each issue or pull request.
        said: the keys under which something was said, by issue.
        reports: the check runs that were written, by key.
        dispatched: the workflows that were started.
        calls: every method that was called, with its arguments, in order.
    """

    home: Repository = HOME
    clock: str = NOW
    tips: dict[str, str] = field(default_factory=lambda: {"refs/heads/main": MAIN})
    trees: dict[str, str] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    changes: dict[int, ChangeFacts] = field(default_factory=dict)
    pushed: dict[tuple[str, str | None, str | None], ChangeFacts] = field(default_factory=dict)
    groups: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    brought: dict[str, tuple[int, ...]] = field(default_factory=dict)
    moves: dict[str, tuple[Push, ...]] = field(default_factory=dict)
    of_label: dict[str, list[LabelledIssue]] = field(default_factory=dict)
    deployed: list[Deployment] = field(default_factory=list)
    runs: dict[int, list[RunFacts]] = field(default_factory=dict)
    environment_answers: dict[int, tuple[EnvironmentReview, ...]] = field(default_factory=dict)
    teams: dict[str, TeamMembers] = field(default_factory=dict)
    postures: dict[str, Posture] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    talk: dict[int, list[Comment]] = field(default_factory=dict)
    said: dict[int, list[str]] = field(default_factory=dict)
    reports: dict[str, CheckRun] = field(default_factory=dict)
    dispatched: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    _failures: dict[str, list[tuple[Exception, int | None]]] = field(default_factory=dict)

    # What a test prepares.

    def fail(self, method: str, error: Exception, times: int | None = None) -> None:
        """Let a method raise an error from now on, or as many times."""
        if not hasattr(self, method):
            raise AttributeError(method)
        self._failures.setdefault(method, []).append((error, times))

    def heal(self, method: str) -> None:
        """Let a method work again."""
        self._failures.pop(method, None)

    def put(self, path: str, data: bytes | str, commit: str | None = None) -> None:
        """Put a file at a commit, by default at the tip of the default branch."""
        commit = commit or self.tips[f"refs/heads/{self.home.default_branch}"]
        self.files[commit, path] = data if isinstance(data, bytes) else data.encode()

    def add_pull(self, change: ChangeFacts) -> ChangeFacts:
        """Put a pull request, and the tip of its branch."""
        assert change.pull_request is not None
        self.changes[change.pull_request.number] = change
        self.tips[change.head_ref] = change.head
        if change.pull_request.merge_commit:
            self.brought[change.pull_request.merge_commit] = (change.pull_request.number,)
        return change

    def change_pull(self, number: int, **parts: Any) -> ChangeFacts:
        """Change facts of a pull request; `pull_request` may be a dictionary of its own parts."""
        old = self.changes[number]
        if isinstance(parts.get("pull_request"), dict):
            parts["pull_request"] = replace(old.pull_request, **parts["pull_request"])
        self.changes[number] = replace(old, **parts)
        return self.changes[number]

    def add_push(self, change: ChangeFacts, before: str | None, after: str | None) -> ChangeFacts:
        """Put what a push brought, and move the ref."""
        self.pushed[change.base_ref, before, after] = change
        self.moves[change.base_ref] = (*change.pushes, *self.moves.get(change.base_ref, ()))
        if after:
            self.tips[change.base_ref] = after
        return change

    def add_review(self, number: int, review: Review) -> None:
        """Add a review to a pull request."""
        self.change_pull(number, reviews=(*self.changes[number].reviews, review))

    def add_comment(self, number: int, body: str, author: Account | None, at: str | None = None) -> Comment:
        """Let somebody comment on an issue or a pull request."""
        taken = [one.id for talk in self.talk.values() for one in talk]
        comment = Comment(
            id=max(taken, default=1000) + 1, body=body, created_at=at or self.clock, author=author
        )
        self.talk.setdefault(number, []).append(comment)
        return comment

    def add_team(self, team: str, accounts: Iterable[Account], gap: Gap | None = None) -> None:
        """Put a team."""
        self.teams[team] = TeamMembers(tuple(accounts), gap)

    # What the forge answers.

    @property
    def requests(self) -> int:
        """How many requests have been sent: one a call."""
        return len(self.calls)

    def now(self) -> str:
        """Return the time that is set."""
        self._called("now")
        return self.clock

    def repository(self) -> Repository:
        """Return the repository."""
        self._called("repository")
        return self.home

    def tip(self, ref: str) -> str:
        """Return the commit of a ref."""
        self._called("tip", ref)
        return _known(self.tips, ref, "no such ref")

    def tree(self, commit: str) -> str:
        """Return a commit's tree."""
        self._called("tree", commit)
        return self.trees.get(commit) or hashlib.sha1(commit.encode(), usedforsecurity=False).hexdigest()

    def file(self, path: str, commit: str) -> bytes | None:
        """Return a file at a commit."""
        self._called("file", path, commit)
        return self.files.get((commit, path))

    def pull_request(self, number: int) -> PullRequest:
        """Return a pull request."""
        self._called("pull_request", number)
        pull = _known(self.changes, number, "no such pull request").pull_request
        assert pull is not None
        return pull

    def change_of_pull(self, number: int) -> ChangeFacts:
        """Return all that is known of a pull request."""
        self._called("change_of_pull", number)
        change = _known(self.changes, number, "no such pull request")
        return replace(change, comments=(*change.comments, *self.talk.get(number, ())))

    def change_of_push(self, ref: str, before: str | None, after: str | None) -> ChangeFacts:
        """Return all that is known of a push."""
        self._called("change_of_push", ref, before, after)
        return _known(self.pushed, (ref, before, after), "no such push")

    def pulls_of_group(self, base: str, head: str) -> tuple[int, ...]:
        """Return the pull requests of a merge group."""
        self._called("pulls_of_group", base, head)
        if (base, head) not in self.groups:
            raise Inconclusive("a commit of the group belongs to no pull request", where=head)
        return self.groups[base, head]

    def pulls_of_commit(self, commit: str) -> tuple[int, ...]:
        """Return the pull requests that brought a commit in."""
        self._called("pulls_of_commit", commit)
        return self.brought.get(commit, ())

    def reviews(self, number: int) -> tuple[Review, ...]:
        """Return the reviews of a pull request."""
        self._called("reviews", number)
        return _known(self.changes, number, "no such pull request").reviews

    def comments(self, number: int) -> tuple[Comment, ...]:
        """Return the comments of an issue or a pull request."""
        self._called("comments", number)
        if number not in self.changes and number not in self.issues:
            raise MalformedError("no such issue", where=str(number))
        own = self.changes[number].comments if number in self.changes else ()
        return (*own, *self.talk.get(number, ()))

    def pushes(self, ref: str) -> tuple[Push, ...]:
        """Return the movements of a ref."""
        self._called("pushes", ref)
        return self.moves.get(ref, ())

    def run(self, run_id: int, attempt: int | None = None) -> RunFacts:
        """Return an attempt of a run, the newest when none is named."""
        self._called("run", run_id, attempt)
        attempts = _known(self.runs, run_id, "no such run")
        if attempt is None:
            return attempts[-1]
        return next(one for one in attempts if one.attempt == attempt)

    def environment_reviews(self, run_id: int) -> tuple[EnvironmentReview, ...]:
        """Return the review history of a run."""
        self._called("environment_reviews", run_id)
        return self.environment_answers.get(run_id, ())

    def deployments(self, environment: str, since: str) -> tuple[Deployment, ...]:
        self._called("deployments", environment, since)
        return tuple(
            one for one in self.deployed if one.environment == environment and one.created_at >= since
        )

    def labelled(self, label: str) -> tuple[LabelledIssue, ...]:
        self._called("labelled", label)
        return tuple(self.of_label.get(label, ()))

    def members(self, team: str) -> TeamMembers:
        """Return the members of a team; one that nobody put is a gap."""
        self._called("members", team)
        hidden = Gap(topic="members", message="this team cannot be seen: members: read", subject=team)
        return self.teams.get(team, TeamMembers(gap=hidden))

    def posture(self, branch: str, environments: tuple[str, ...] = ()) -> Posture:
        """Return the protection of a branch; one that nobody put has none."""
        self._called("posture", branch, environments)
        return self.postures.get(branch, Posture(branch=branch, bypass_actors=()))

    # What is written.

    def open_issue(self, key: str, title: str, body: str) -> int:
        """Open an issue once."""
        self._called("open_issue", key, title, body)
        for number, issue in self.issues.items():
            if issue.key == key:
                return number
        number = max((*self.issues, *self.changes, 100)) + 1
        self.issues[number] = Issue(key, title, body)
        return number

    def say(self, issue: int, key: str, body: str) -> bool:
        """Comment once."""
        self._called("say", issue, key, body)
        if key in self.said.setdefault(issue, []):
            return False
        self.said[issue].append(key)
        self.add_comment(issue, body, OWN)
        return True

    def close_issue(self, issue: int) -> None:
        """Close an issue."""
        self._called("close_issue", issue)
        _known(self.issues, issue, "no such issue").open = False

    def report(self, commit: str, key: str, name: str, conclusion: str | None, summary: str) -> None:
        """Write a check run."""
        self._called("report", commit, key, name, conclusion, summary)
        self.reports[key] = CheckRun(commit, name, conclusion, summary)

    def dispatch(self, workflow: str, ref: str, inputs: dict[str, str]) -> None:
        """Start a workflow."""
        self._called("dispatch", workflow, ref, inputs)
        self.dispatched.append((workflow, ref, dict(inputs)))

    def _called(self, method: str, *arguments: Any) -> None:
        self.calls.append((method, *arguments))
        waiting = self._failures.get(method, [])
        if waiting:
            error, times = waiting[0]
            if times is not None:
                waiting[0] = (error, times - 1)
                if times <= 1:
                    waiting.pop(0)
            raise error


def _known(of: dict[Any, Any], key: Any, message: str) -> Any:
    if key not in of:
        raise MalformedError(message, where=str(key))
    return of[key]
