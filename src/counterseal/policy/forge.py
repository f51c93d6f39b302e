"""What a forge has on record, in our own words: accounts, commits, pushes, runs and deployments.

These structures are filled by `clients/github` and read from a file by `--simulate`, with those of pull
requests, issues, changes and the posture; no rule sees anything else. Times are server times. Whatever
whoever commits has chosen (names, addresses, dates, messages) is text: it may add somebody to the people who
acted, and never grants anything.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.manifest.types import Count, GitObject, Name, Positive, Slug, Struct, Text, Time

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
