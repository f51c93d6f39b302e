"""What the answers of the REST interface look like: every field that is read, with its type."""

from __future__ import annotations

from typing import Literal

import msgspec

from counterseal.manifest.types import Count, GitObject, Name, Positive, Slug


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Base of these structures; fields that are not named are ignored."""


class User(Shape, frozen=True):
    """An account."""

    id: Positive
    login: Name
    type: str


class NamedRepository(Shape, frozen=True):
    """A repository."""

    id: Positive
    full_name: Name


class End(Shape, frozen=True):
    """One end of a pull request."""

    ref: Name
    sha: GitObject
    repo: NamedRepository | None


class Pull(Shape, frozen=True):
    """A pull request, read alone."""

    number: Positive
    state: Literal["open", "closed"]
    title: str
    body: str | None
    user: User | None
    head: End
    base: End
    merged: bool
    merged_by: User | None
    merge_commit_sha: GitObject | None
    commits: Count
    changed_files: Count
    created_at: str
    merged_at: str | None
    draft: bool = False


class PullOfCommit(Shape, frozen=True):
    """A pull request in a list."""

    number: Positive
    state: Literal["open", "closed"]
    merged_at: str | None


class Sha(Shape, frozen=True):
    """A git object's name."""

    sha: GitObject


class Commit(Shape, frozen=True):
    """A commit, as far as it is read here."""

    sha: GitObject
    parents: list[Sha]


class AttributedCommit(Shape, frozen=True):
    """A commit and the accounts to which the forge attributes it; an empty object for none."""

    sha: GitObject
    author: dict[str, object] | None
    committer: dict[str, object] | None


class File(Shape, frozen=True):
    """A file that a change touches."""

    filename: Name
    status: Slug
    previous_filename: Name | None = None


class Compare(Shape, frozen=True):
    """A page of a comparison; the files are on the first one only."""

    status: Literal["ahead", "behind", "diverged", "identical"]
    total_commits: Count
    commits: list[Commit]
    merge_base_commit: Sha
    files: list[File] | None = None


class Activity(Shape, frozen=True):
    """A movement of a ref."""

    id: Positive
    before: str
    after: str
    ref: Name
    timestamp: str
    activity_type: str
    actor: User | None


class Deployment(Shape, frozen=True):
    """A deployment."""

    id: Positive
    sha: GitObject
    environment: Name
    created_at: str
    creator: User | None


class DeploymentStatus(Shape, frozen=True):
    """A status of a deployment."""

    id: Positive
    state: Slug
    created_at: str


class Run(Shape, frozen=True):
    """A workflow run's attempt."""

    id: Positive
    head_sha: GitObject
    event: Name
    path: Name
    run_attempt: Positive = 1
    actor: User | None = None
    triggering_actor: User | None = None


class NamedEnvironment(Shape, frozen=True):
    """An environment of a review."""

    name: Name


class Approval(Shape, frozen=True):
    """An entry of a run's review history."""

    state: Literal["approved", "rejected", "pending"]
    comment: str
    user: User | None
    environments: list[NamedEnvironment]


class RefObject(Shape, frozen=True):
    """What a ref points to."""

    sha: GitObject
    type: str


class Ref(Shape, frozen=True):
    """A ref."""

    ref: Name
    object: RefObject


class Blob(Shape, frozen=True):
    """The content of a file."""

    sha: GitObject
    encoding: Literal["base64", "utf-8"]
    content: str


class Rule(Shape, frozen=True):
    """A rule that is active on a branch."""

    type: Name
    ruleset_id: Positive
    parameters: dict[str, object] | None = None


class StatusCheck(Shape, frozen=True):
    """A check that a rule requires."""

    context: Name
    integration_id: int | None = None


class BypassActor(Shape, frozen=True):
    """Who may go around a ruleset."""

    actor_type: Name
    actor_id: int | None = None
    bypass_mode: Name = "always"


class Ruleset(Shape, frozen=True):
    """A ruleset; its bypass actors are shown to those who may change it."""

    id: Positive
    bypass_actors: list[BypassActor] | None = None


class Switch(Shape, frozen=True):
    """A setting that is on or off."""

    enabled: bool


class ProtectedCheck(Shape, frozen=True):
    """A check that classic branch protection requires."""

    context: Name
    app_id: int | None


class ProtectedChecks(Shape, frozen=True):
    """The checks that classic branch protection requires."""

    checks: list[ProtectedCheck]


class Branch(Shape, frozen=True):
    """A branch; whether it is protected is told to everybody, how is not."""

    protected: bool


class Identified(Shape, frozen=True):
    """Something with a number."""

    id: Positive


class Allowances(Shape, frozen=True):
    """Who need not open a pull request."""

    users: list[Identified] = []
    teams: list[Identified] = []
    apps: list[Identified] = []


class ProtectedReviews(Shape, frozen=True):
    """The reviews that classic branch protection requires."""

    dismiss_stale_reviews: bool
    require_code_owner_reviews: bool
    required_approving_review_count: Count = 0
    require_last_push_approval: bool = False
    bypass_pull_request_allowances: Allowances | None = None


class Protection(Shape, frozen=True):
    """Classic branch protection; a part that is absent is not in force."""

    enforce_admins: Switch
    required_status_checks: ProtectedChecks | None = None
    required_pull_request_reviews: ProtectedReviews | None = None
    required_signatures: Switch | None = None
    required_linear_history: Switch | None = None
    required_conversation_resolution: Switch | None = None
    allow_force_pushes: Switch | None = None
    allow_deletions: Switch | None = None
    lock_branch: Switch | None = None


class ProtectionRule(Shape, frozen=True):
    """A protection rule of an environment."""

    type: str
    prevent_self_review: bool = False
    reviewers: list[object] = []


class BranchPolicy(Shape, frozen=True):
    """Which branches may deploy to an environment."""

    protected_branches: bool
    custom_branch_policies: bool


class Environment(Shape, frozen=True):
    """An environment; that it says whether administrators may bypass is not described, but done."""

    id: Positive
    name: Name
    protection_rules: list[ProtectionRule] = []
    deployment_branch_policy: BranchPolicy | None = None
    can_admins_bypass: bool | None = None


class WorkflowPermissions(Shape, frozen=True):
    """What workflows of a repository may do."""

    can_approve_pull_request_reviews: bool


class Label(Shape, frozen=True):
    """A label."""

    name: str


class Issue(Shape, frozen=True):
    """An issue."""

    number: Positive
    body: str | None = None
    labels: list[Label | str] = []
    pull_request: dict[str, object] | None = None


class WholeIssue(Shape, frozen=True):
    """An issue with its dates."""

    number: Positive
    title: str
    created_at: str
    closed_at: str | None
    html_url: Name
    body: str | None = None
    pull_request: dict[str, object] | None = None


class CheckRun(Shape, frozen=True):
    """A check run."""

    id: Positive
    external_id: str | None


class CheckRuns(Shape, frozen=True):
    """A page of the check runs of a commit."""

    total_count: Count
    check_runs: list[CheckRun]


class Role(Shape, frozen=True):
    """What an account may do in a repository: the role, of which `permission` is only a rough form."""

    role_name: Name
