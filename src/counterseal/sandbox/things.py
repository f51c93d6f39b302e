"""What a repository of the sandbox holds beside its git objects: records that only its verbs change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from counterseal.sandbox.people import Account


@dataclass(frozen=True)
class Verification:
    """What the forge says about a commit's signature (REST, `verification`).

    Attributes:
        verified: whether it holds.
        reason: the forge's word.
        verified_at: when it was verified first.
        signature: the signature's text.
        payload: what was signed.
        signer: whose key it is.
        key: the key's fingerprint or id.
        by_forge: whether the forge itself signed.
    """

    verified: bool = False
    reason: str = "unsigned"
    verified_at: str | None = None
    signature: str | None = None
    payload: str | None = None
    signer: Account | None = None
    key: str | None = None
    by_forge: bool = False


@dataclass
class CommitFacts:
    """What the forge knows of a commit beside its object.

    Attributes:
        author: the account of the author's address.
        committer: the account of the committer's address.
        co_authors: name, address and account of each co-author in the message.
        verification: what it says about the signature.
        via_web: whether it was made in the web interface.
    """

    author: Account | None = None
    committer: Account | None = None
    co_authors: tuple[tuple[str, str, Account | None], ...] = ()
    verification: Verification = field(default_factory=Verification)
    via_web: bool = False


@dataclass(eq=False)
class Remark:
    """A comment, and the text of an issue or review."""

    id: int
    author: Account
    body: str
    created_at: str
    updated_at: str
    edited_at: str | None = None
    editor: Account | None = None
    deleted: bool = False


@dataclass(eq=False)
class Issue:
    """An issue, or the conversation of a pull request."""

    number: int
    remark: Remark
    title: str
    state: str = "open"
    closed_at: str | None = None
    labels: list[str] = field(default_factory=list)
    comments: list[Remark] = field(default_factory=list)
    locked: bool = False
    pull: Pull | None = None


@dataclass(eq=False)
class Review:
    """A review; `state` is as the REST interface writes it."""

    remark: Remark
    state: str
    commit: str | None
    submitted_at: str


@dataclass(eq=False)
class Pull:
    """A pull request."""

    issue: Issue
    base_ref: str
    base: str
    head_ref: str
    head: str
    head_repository: Any
    draft: bool = False
    merged_at: str | None = None
    merged_by: Account | None = None
    merge_commit: str | None = None
    frozen_commits: tuple[str, ...] | None = None
    reviews: list[Review] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Its number."""
        return self.issue.number


@dataclass(eq=False)
class Activity:
    """One movement of a ref."""

    id: int
    kind: str
    ref: str
    before: str
    after: str
    at: str
    actor: Account | None


@dataclass(eq=False)
class Environment:
    """An environment and its protection."""

    id: int
    name: str
    created_at: str
    reviewers: list[Any] = field(default_factory=list)
    prevent_self_review: bool = False
    wait_minutes: int = 0
    admins_can_bypass: bool | None = True
    branches: str = "all"


@dataclass(eq=False)
class Approval:
    """One entry of a run's review history."""

    state: str
    account: Account
    environments: list[Environment]
    comment: str


@dataclass(eq=False)
class Run:
    """A workflow run with its attempts: who started each."""

    id: int
    workflow: str
    head: str
    branch: str
    event: str
    actor: Account
    created_at: str
    attempts: list[Account] = field(default_factory=list)
    status: str = "in_progress"
    conclusion: str | None = None
    pending: list[Environment] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)


@dataclass(eq=False)
class CheckRun:
    """A check run."""

    id: int
    name: str
    head: str
    app: int
    external_id: str
    started_at: str
    status: str = "in_progress"
    conclusion: str | None = None
    completed_at: str | None = None
    output: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Deployment:
    """A deployment and its statuses."""

    id: int
    head: str
    ref: str
    environment: str
    creator: Account
    created_at: str
    payload: Any = ""
    description: str = ""
    statuses: list[dict[str, Any]] = field(default_factory=list)


@dataclass(eq=False)
class Ruleset:
    """A ruleset, with its rules as the REST interface writes them."""

    id: int
    name: str
    branches: list[str]
    rules: list[dict[str, Any]]
    created_at: str
    bypass: list[dict[str, Any]] = field(default_factory=list)
    enforcement: str = "active"


@dataclass(eq=False)
class RuleSuite:
    """What the rules said about one push."""

    id: int
    actor: Account
    ref: str
    before: str
    after: str
    at: str
    result: str
    evaluations: list[dict[str, Any]] = field(default_factory=list)
