"""A pull request as a forge has it, and its reviews."""

from __future__ import annotations

from typing import Literal

from counterseal.manifest.types import Count, GitObject, Name, Positive, Struct, Text, Time
from counterseal.policy.forge import Account, Prose


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
