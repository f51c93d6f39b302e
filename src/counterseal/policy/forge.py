"""What a forge says about a change, in our own words: the facts that rules judge and that are kept.

These structures are filled by `clients/github` and read from a file by `--simulate`; no rule sees anything
else. Times are server times. Whatever whoever commits has chosen (names, addresses, dates, messages) is text:
it may add somebody to the people who acted, and never grants anything.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.manifest.types import Count, GitObject, Name, Positive, Sha256, Slug, Struct, Text, Time

Prose = Annotated[str, msgspec.Meta(max_length=65536)]
"""What somebody wrote: as long as the forge lets a comment or a description be."""


class Account(Struct, frozen=True, kw_only=True):
    """An account of the forge.

    Attributes:
        id: its number, which never changes hands.
        login: its name at that time.
        bot: whether the forge says that it is an app or another machine.
    """

    id: Positive
    login: Name
    bot: bool = False


class Gap(Struct, frozen=True, kw_only=True):
    """Something that could not be found out; whatever depends on it is inconclusive.

    Attributes:
        topic: what is missing, such as `commits`, `files`, `reviews`, `pushes`, `members`, `posture`.
        message: why, in one sentence, with the missing permission where that is the cause.
        subject: what it is about, such as a team or a commit.
    """

    topic: Slug
    message: Text
    subject: Name | None = None


class GitPerson(Struct, frozen=True, kw_only=True):
    """Somebody whom a commit names.

    Attributes:
        text: `name <address>` as the commit has it: text, proving nothing.
        account: the account to which the forge attributes the address; None when it knows none.
    """

    text: Text
    account: Account | None = None


class Verification(Struct, frozen=True, kw_only=True):
    """What a verifier says about a commit's signature (GitHub REST, "Commit signature verification").

    Attributes:
        verified: whether it holds.
        reason: the verifier's own word, such as `valid`, `unsigned`, `unverified_email`.
        verified_at: when the forge verified it first; verification is persistent.
        signer: the key or identity that signed, as the verifier names it.
        by_forge: whether the forge itself signed (web interface, merges), so no developer did.
        source: who verified: the forge, or git here with keys of our own.
    """

    verified: bool
    reason: Name
    verified_at: Time | None = None
    signer: Name | None = None
    by_forge: bool = False
    source: Literal["forge", "local"] = "forge"


class ForgeCommit(Struct, frozen=True, kw_only=True):
    """One commit.

    Attributes:
        id: its object name.
        tree: its tree.
        parents: its parents.
        message: its whole message.
        author: who it says wrote it.
        committer: who it says committed it.
        co_authors: whom its message names as co-authors.
        verification: what is known of its signature; None when nobody looked.
        via_web: whether it was made in the forge's web interface.
        title_length: how many characters the first line had before names were taken out of it.
    """

    id: GitObject
    tree: GitObject
    message: Prose
    author: GitPerson
    committer: GitPerson
    parents: tuple[GitObject, ...] = ()
    co_authors: tuple[GitPerson, ...] = ()
    verification: Verification | None = None
    via_web: bool = False
    title_length: Count | None = None


class Review(Struct, frozen=True, kw_only=True):
    """A review of a pull request.

    Attributes:
        id: its number.
        state: what it says now.
        author: who gave it; None for a deleted account.
        commit: the head that was reviewed; None when the forge has lost it.
        submitted_at: when it was given.
        edited: whether its text was changed later; None when that cannot be told.
        body: its text.
    """

    id: Positive
    state: Literal["approved", "changes-requested", "commented", "dismissed", "pending"]
    author: Account | None = None
    commit: GitObject | None = None
    submitted_at: Time | None = None
    edited: bool | None = None
    body: Prose = ""


class Comment(Struct, frozen=True, kw_only=True):
    """A comment of an issue or pull request.

    Attributes:
        id: its number.
        body: its text.
        created_at: when it was written.
        author: who wrote it; None for a deleted account.
        edited: whether it was changed since.
    """

    id: Positive
    body: Prose
    created_at: Time
    author: Account | None = None
    edited: bool = False


class Push(Struct, frozen=True, kw_only=True):
    """One movement of a branch or tag, from the forge's own activity record.

    Attributes:
        id: its number.
        kind: what happened.
        ref: the ref in full.
        before: where it was; None when it is new.
        after: where it is; None when it is gone.
        at: when.
        actor: who did it; None for a deleted account or a deploy key.
    """

    id: Positive
    kind: Literal["push", "force_push", "branch_creation", "branch_deletion", "pr_merge", "merge_queue_merge"]
    ref: Name
    at: Time
    before: GitObject | None = None
    after: GitObject | None = None
    actor: Account | None = None


class ChangedFile(Struct, frozen=True, kw_only=True):
    """A file that a change touches.

    Attributes:
        path: where it is (or was, when it is removed).
        status: what happened to it, in the forge's word.
        previous: where it was before it was renamed.
    """

    path: Name
    status: Slug
    previous: Name | None = None


class PullRequest(Struct, frozen=True, kw_only=True):
    """A pull request as it is now.

    Attributes:
        number: its number in the repository.
        state: `open`, `closed` or `merged`.
        title: its title.
        body: its text.
        base_ref: the branch it goes to, without `refs/heads/`.
        base: the commit of that branch.
        head_ref: the branch it comes from, without `refs/heads/`.
        head: its newest commit.
        head_repository_id: the number of the repository it comes from; None when that is gone.
        opener: who opened it; None for a deleted account.
        merger: who merged it.
        merge_commit: what it was merged as.
        commit_count: how many commits the forge says it has.
        file_count: how many files the forge says it touches.
        draft: whether it is a draft.
        opened_at: when it was opened, by the forge's clock.
        merged_at: when it was merged; None while it is not.
    """

    number: Positive
    state: Literal["open", "closed", "merged"]
    title: Text
    base_ref: Name
    base: GitObject
    head_ref: Name
    head: GitObject
    commit_count: Count
    file_count: Count
    body: Prose = ""
    head_repository_id: Positive | None = None
    opener: Account | None = None
    merger: Account | None = None
    merge_commit: GitObject | None = None
    draft: bool = False
    opened_at: Time | None = None
    merged_at: Time | None = None


class RunFacts(Struct, frozen=True, kw_only=True):
    """A workflow run and its attempt.

    Attributes:
        id: its number.
        attempt: the attempt's number.
        commit: what it ran for.
        event: what started it.
        actor: who started the first attempt.
        triggering_actor: who started this attempt.
        workflow: the workflow file's path.
    """

    id: Positive
    attempt: Positive
    commit: GitObject
    event: Name
    actor: Account | None = None
    triggering_actor: Account | None = None
    workflow: Name | None = None


class ChangeFacts(Struct, frozen=True, kw_only=True):
    """Everything that is known of one change: a pull request, or what one push brought.

    Attributes:
        repository: the repository's URI.
        repository_id: its number.
        base_ref: the branch or tag that the change goes to, in full.
        head: the commit that is judged.
        head_ref: the branch or tag that it comes from, in full; the same as `base_ref` for a push.
        commits: the change's own commits, oldest first.
        files: the files that it touches.
        reviews: its reviews, oldest first.
        comments: the comments of its conversation, oldest first.
        pushes: the movements of its branch, newest first.
        pull_request: the pull request, where there is one.
        merge: the commit that the forge made to bring it in, where there is one.
        forced: whether it arrived by a forced push.
        deleted: whether the ref was deleted.
        created: whether the ref is new.
        run: the workflow run that asks.
        gaps: what could not be found out.
    """

    repository: Name
    repository_id: Positive
    base_ref: Name
    head: GitObject
    head_ref: Name
    commits: tuple[ForgeCommit, ...] = ()
    files: tuple[ChangedFile, ...] = ()
    reviews: tuple[Review, ...] = ()
    comments: tuple[Comment, ...] = ()
    pushes: tuple[Push, ...] = ()
    pull_request: PullRequest | None = None
    merge: ForgeCommit | None = None
    forced: bool = False
    deleted: bool = False
    created: bool = False
    run: RunFacts | None = None
    gaps: tuple[Gap, ...] = ()


class TicketChange(Struct, frozen=True, kw_only=True):
    """One entry of a ticket's change log.

    Attributes:
        at: when.
        field: what was changed.
        before: its value before.
        after: its value after.
        person: the tracker's id of who changed it.
    """

    at: Time
    field: Name
    before: Text = ""
    after: Text = ""
    person: Name | None = None


class Ticket(Struct, frozen=True, kw_only=True):
    """A ticket or change record as the tracker has it now.

    Attributes:
        key: its key, such as `PAY-142` or `CHG0030001`.
        project: its project or table.
        kind: its type, in the tracker's word.
        state: its state, in the tracker's word.
        created_at: when it was made.
        assignee: the tracker's id of who works on it.
        approvers: the tracker's ids of who approved it.
        approval: what its own approval says, in the tracker's word; None where it has none.
        verdict: what that comes to; None where it has none.
        decided_at: when it was decided, by the tracker's clock.
        updated_at: when anything of it was changed last.
        candidate: the digest of a release candidate that it carries (`sha256:...`), when it is the only one.
        window_from: the first moment of its planned window.
        window_until: the last one.
        log: its change log, oldest first.
        url: where a person can read it.
    """

    key: Name
    project: Name
    kind: Name
    state: Name
    created_at: Time
    assignee: Name | None = None
    approvers: tuple[Name, ...] = ()
    approval: Name | None = None
    verdict: Literal["approved", "rejected", "pending", "cancelled"] | None = None
    decided_at: Time | None = None
    updated_at: Time | None = None
    candidate: Sha256 | None = None
    window_from: Time | None = None
    window_until: Time | None = None
    log: tuple[TicketChange, ...] = ()
    url: Name | None = None


class BypassActor(Struct, frozen=True, kw_only=True):
    """Who may go around a ruleset.

    Attributes:
        kind: such as `Team`, `User`, `Integration`, `RepositoryRole`, `OrganizationAdmin`, `DeployKey`.
        mode: `always`, `pull_request` or `exempt`.
        id: its number, where it has one.
    """

    kind: Name
    mode: Name
    id: Positive | None = None


class RequiredCheck(Struct, frozen=True, kw_only=True):
    """A check that must succeed before something is merged.

    Attributes:
        context: its name.
        app: the app that must report it; None when anybody may.
    """

    context: Name
    app: Positive | None = None


class EnvironmentFacts(Struct, frozen=True, kw_only=True):
    """An environment's protection.

    Attributes:
        name: its name.
        id: its number.
        reviewers: how many people or teams may review.
        prevent_self_review: whether who started a run may not approve it.
        admins_can_bypass: whether administrators may; None when the forge does not say.
        branches: `all`, `protected` or `custom`.
    """

    name: Name
    id: Positive
    reviewers: Count = 0
    prevent_self_review: bool = False
    admins_can_bypass: bool | None = None
    branches: Literal["all", "protected", "custom"] = "all"


class Posture(Struct, frozen=True, kw_only=True):
    """How a repository is protected, as far as the token may see.

    Attributes:
        branch: the protected branch that this is about, without `refs/heads/`.
        rules: the types of the rules that are active on it.
        pull_request: the parameters of its `pull_request` rule (`required_approving_review_count`, ...), as
            text.
        required_checks: the checks that it requires.
        bypass_actors: who may go around its rulesets; None when the token may not see them.
        environments: the environments.
        actions_may_approve: whether workflows may approve pull requests; None when the token may not see it.
        gaps: what could not be found out.
    """

    branch: Name
    rules: tuple[Name, ...] = ()
    pull_request: dict[Name, Text] = msgspec.field(default_factory=dict)
    required_checks: tuple[RequiredCheck, ...] = ()
    bypass_actors: tuple[BypassActor, ...] | None = None
    environments: tuple[EnvironmentFacts, ...] = ()
    actions_may_approve: bool | None = None
    gaps: tuple[Gap, ...] = ()


class DeploymentStatus(Struct, frozen=True, kw_only=True):
    """One status of a deployment.

    Attributes:
        state: in the forge's word, such as `in_progress`, `success`, `failure`, `error`, `inactive`.
        at: when, by the forge's clock.
    """

    state: Slug
    at: Time


class Deployment(Struct, frozen=True, kw_only=True):
    """A deployment as the forge has it.

    Attributes:
        id: its number.
        environment: where it goes.
        commit: what is deployed.
        created_at: when it was made; it may wait for approval after that.
        creator: who made it; None for a deleted account.
        statuses: its statuses, oldest first.
        url: where a person can read about it.
    """

    id: Positive
    environment: Name
    commit: GitObject
    created_at: Time
    creator: Account | None = None
    statuses: tuple[DeploymentStatus, ...] = ()
    url: Name | None = None


class Issue(Struct, frozen=True, kw_only=True):
    """An issue.

    Attributes:
        number: its number.
        title: its title.
        created_at: when it was opened.
        body: its text.
        closed_at: when it was closed; None while it is open.
        url: where a person can read it.
    """

    number: Positive
    title: Text
    created_at: Time
    body: Prose = ""
    closed_at: Time | None = None
    url: Name | None = None
