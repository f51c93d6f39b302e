"""A change: a pull request, or what one push brought, with all that is known of it. Rules judge this."""

from __future__ import annotations

from counterseal.manifest.types import GitObject, Name, Positive, Slug, Struct
from counterseal.policy.forge import ForgeCommit, Gap, Push, RunFacts
from counterseal.policy.issue import Comment
from counterseal.policy.pull_request import PullRequest, Review


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
