"""What one push brought: a branch moved on, forced, made or deleted, or a tag."""

from __future__ import annotations

from counterseal.clients.forge import Repository
from counterseal.clients.github import activity, comparison, refs
from counterseal.clients.github.comparison import Comparison
from counterseal.clients.github.repo import Repo
from counterseal.errors import Inconclusive, MalformedError
from counterseal.policy.change import ChangeFacts
from counterseal.policy.forge import ForgeCommit, Gap, Push

_BRANCH = "refs/heads/"
_TAG = "refs/tags/"


def change(repo: Repo, home: Repository, ref: str, before: str | None, after: str | None) -> ChangeFacts:
    """Return all that is known of a push.

    Args:
        repo: where to ask.
        home: the same repository, as the forge describes it.
        ref: the branch or tag, in full.
        before: where it was; None when it is new.
        after: where it is; None when it is gone.

    Raises:
        MalformedError: there surely is no such commit, or it is no push.
        Inconclusive: it cannot be seen whole.
    """
    if not ref.startswith((_BRANCH, _TAG)) or (before is None and after is None):
        raise MalformedError("not a push of a branch or a tag", where=ref)
    pushes, gaps = _pushes(repo, home, ref, before, after)
    if after is None:
        return ChangeFacts(
            repository=home.uri,
            repository_id=home.id,
            base_ref=ref,
            head=str(before),
            head_ref=ref,
            pushes=pushes,
            deleted=True,
            gaps=gaps,
        )
    head, _ = refs.commit(repo, after)
    way, commits = _way(repo, home, ref, before, head)
    return ChangeFacts(
        repository=home.uri,
        repository_id=home.id,
        base_ref=ref,
        head=head,
        head_ref=ref,
        commits=commits,
        files=way.files,
        pushes=pushes,
        forced=before is not None and way.status in {"diverged", "behind"},
        created=before is None,
        gaps=(*way.gaps, *gaps),
    )


def _way(
    repo: Repo, home: Repository, ref: str, before: str | None, head: str
) -> tuple[Comparison, tuple[ForgeCommit, ...]]:
    """Return what the push brought: since where the ref was, or what the default branch has not."""
    if before is None and ref == _BRANCH + home.default_branch:
        commits = comparison.history(repo, head)
        return Comparison("ahead", (), (), (_NO_BASE,)), commits
    base = refs.commit(repo, before) if before else refs.tip(repo, _BRANCH + home.default_branch)
    way = comparison.compare(repo, base[0], head)
    return way, comparison.in_full(repo, head, tuple(item.sha for item in way.commits))


_NO_BASE = Gap(
    topic="files", message="the default branch is new, so there is nothing to compare its files with"
)


def _pushes(
    repo: Repo, home: Repository, ref: str, before: str | None, after: str | None
) -> tuple[tuple[Push, ...], tuple[Gap, ...]]:
    """Return the very movement that the push was, or why it cannot be seen."""
    if ref.startswith(_TAG):
        return (), (Gap(topic="pushes", message="the forge keeps no record of who moves a tag", subject=ref),)
    try:
        found = activity.movement(repo.session, home.full_name, ref, before, after)
    except Inconclusive as error:
        return (), (Gap(topic="pushes", message=error.diagnosis()[:1000], subject=ref),)
    if found is None:
        return (), (Gap(topic="pushes", message="the forge has no record of this push", subject=ref),)
    return (found,), ()
