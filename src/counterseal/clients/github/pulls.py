"""Pull requests: one alone, and everything that is known of one."""

from __future__ import annotations

from counterseal.clients.github import activity, commits, connections, convert, discussion, queries
from counterseal.clients.github import shapes_graphql as graphql
from counterseal.clients.github import shapes_rest as rest
from counterseal.clients.github.failures import Absent, changed
from counterseal.clients.github.pages import collect
from counterseal.clients.github.reading import read
from counterseal.clients.github.repo import Repo
from counterseal.errors import Inconclusive, MalformedError
from counterseal.policy.change import ChangedFile, ChangeFacts
from counterseal.policy.forge import ForgeCommit, Gap, Push
from counterseal.policy.pull_request import PullRequest

_TRIES = 3  # of a change that moves while it is read
_PAUSE = 2.0  # seconds, for the forge to come to agree with itself
_CAP = 250  # commits that the REST interface knows of one pull request
_MOVED = frozenset({"RENAMED", "COPIED"})
_STATUS = {
    "ADDED": "added",
    "CHANGED": "changed",
    "COPIED": "copied",
    "DELETED": "removed",
    "MODIFIED": "modified",
    "RENAMED": "renamed",
}
"""The words of the REST interface, which are ours."""


def pull_request(repo: Repo, number: int) -> PullRequest:
    """Return a pull request as it is now.

    Raises:
        Missing: there is no such pull request, or it is hidden.
        Inconclusive: the answer is useless.
    """
    path = repo.path("pulls", number)
    pull = read(repo.session.get(path).body, rest.Pull, f"GET {path}")
    if pull.number != number:
        raise Inconclusive("the forge's answer is not what its description says", where=f"GET {path}")
    return PullRequest(
        number=number,
        state="merged" if pull.merged else pull.state,
        title=pull.title,
        body=convert.body(pull.body, f"#{number}"),
        base_ref=pull.base.ref,
        base=pull.base.sha,
        head_ref=pull.head.ref,
        head=pull.head.sha,
        head_repository_id=pull.head.repo.id if pull.head.repo else None,
        opener=convert.account(pull.user),
        merger=convert.account(pull.merged_by),
        merge_commit=pull.merge_commit_sha if pull.merged else None,  # else that of a trial
        commit_count=pull.commits,
        file_count=pull.changed_files,
        draft=pull.draft,
        opened_at=convert.time(pull.created_at, f"#{number}"),
        merged_at=convert.time(pull.merged_at, f"#{number}") if pull.merged_at else None,
    )


def change(repo: Repo, number: int) -> ChangeFacts:
    """Return all that is known of a pull request.

    It is read by the one interface and then, alone, by the other: both have to tell the same head, and the
    same numbers of commits and files.

    Raises:
        MalformedError: there surely is no such pull request.
        Inconclusive: it cannot be seen whole, or does not hold still.
    """
    for attempt in range(_TRIES):
        if attempt:
            repo.session.pause(_PAUSE * attempt)
        facts, announced = _read(repo, number)
        if facts is not None:
            return facts
    raise changed(f"pull request {number}{announced}")


def _read(repo: Repo, number: int) -> tuple[ChangeFacts | None, str]:
    """Return the facts, or None and why not when the pull request moved meanwhile."""
    found = _ask(repo, number)
    pull = found.pull_request
    parts = _commits(repo, number, pull)
    files, file_gaps = _files(repo, number, pull)
    reviews = discussion.reviews(repo, number, pull.reviews)
    comments = discussion.pull_comments(repo, number, pull.comments)
    pushes, push_gaps = _pushes(repo, pull, parts)
    now = pull_request(repo, number)
    if why := _moved(pull, now, parts):
        return None, why
    return (
        ChangeFacts(
            repository=found.url,
            repository_id=found.database_id,
            base_ref=f"refs/heads/{now.base_ref}",
            head=now.head,
            head_ref=f"refs/heads/{now.head_ref}",
            commits=parts,
            files=files,
            reviews=reviews,
            comments=comments,
            pushes=pushes,
            pull_request=now,
            merge=commits.commit(pull.merge_commit) if pull.merge_commit else None,
            gaps=(*file_gaps, *push_gaps),
        ),
        "",
    )


def _ask(repo: Repo, number: int) -> graphql.PullRepository:
    try:
        return repo.ask(queries.PULL, graphql.PullData, number=number).repository
    except Absent as cause:
        raise MalformedError("the repository has no such pull request", where=f"#{number}") from cause


def _moved(pull: graphql.Pull, now: PullRequest, parts: tuple[ForgeCommit, ...]) -> str:
    """Return what the two interfaces tell differently; empty when they agree."""
    if pull.head_ref_oid != now.head or (parts and now.head not in {part.id for part in parts}):
        return ": its head is another one"
    if (pull.merge_commit.oid if pull.merge_commit else None) != now.merge_commit:
        return ": it was merged"
    if len(parts) != now.commit_count and not (len(parts) > _CAP == now.commit_count):
        return f": it has {now.commit_count} commits, and {len(parts)} were told"
    if pull.changed_files != now.file_count:
        return f": it touches {now.file_count} files, and {pull.changed_files} were told"
    return ""


def _commits(repo: Repo, number: int, pull: graphql.Pull) -> tuple[ForgeCommit, ...]:
    """Return the commits; where this interface attributes one to nobody, the other may know an app."""
    found = connections.of_pull(
        repo,
        number,
        queries.PULL_COMMITS,
        graphql.PullCommit,
        lambda item: item.commit.oid,
        topic="commits",
        first=pull.commits,
    )
    parts = tuple(commits.commit(item.commit) for item in found)
    if not any(map(commits.unattributed, parts)):
        return parts
    listed = collect(
        repo.session,
        repo.path("pulls", number, "commits"),
        rest.AttributedCommit,
        topic="commits",
        key=lambda item: item.sha,
    )
    accounts = {
        item.sha: (convert.attributed(item.author), convert.attributed(item.committer)) for item in listed
    }
    return tuple(commits.with_accounts(part, accounts) for part in parts)


def _files(repo: Repo, number: int, pull: graphql.Pull) -> tuple[tuple[ChangedFile, ...], tuple[Gap, ...]]:
    """Return the files, and a gap when the forge does not list them all.

    Where a file was before it was renamed is told by the other interface only, and a protected file must not
    leave its place unseen.
    """
    if pull.files.total_count != pull.changed_files:
        message = (
            f"the pull request touches {pull.changed_files} files, and {pull.files.total_count} are listed"
        )
        return (), (Gap(topic="files", message=message),)
    found = connections.of_pull(
        repo,
        number,
        queries.PULL_FILES,
        graphql.File,
        lambda item: item.path,
        topic="files",
        first=pull.files,
    )
    if not any(item.change_type in _MOVED for item in found):
        return tuple(_file(item) for item in found), ()
    listed = collect(
        repo.session,
        repo.path("pulls", number, "files"),
        rest.File,
        topic="files",
        key=lambda item: item.filename,
        total=pull.changed_files,
    )
    return tuple(map(changed_file, listed)), ()


def changed_file(item: rest.File) -> ChangedFile:
    """Return a file that a change touches in our form."""
    return ChangedFile(path=item.filename, status=item.status, previous=item.previous_filename)


def _file(item: graphql.File) -> ChangedFile:
    status = _STATUS.get(item.change_type)
    if status is None:
        raise Inconclusive("what happened to this file is not known", where=item.path)
    return ChangedFile(path=item.path, status=status)


def _pushes(
    repo: Repo, pull: graphql.Pull, parts: tuple[ForgeCommit, ...]
) -> tuple[tuple[Push, ...], tuple[Gap, ...]]:
    """Return the movements of the branch that a pull request comes from, and why they may not be all."""
    if pull.head_repository is None:
        return (), (_gap("the repository that the change comes from is gone"),)
    name, ref = pull.head_repository.name_with_owner, f"refs/heads/{pull.head_ref_name}"
    found: tuple[Push, ...] = ()
    for attempt in range(_TRIES):
        if attempt:
            repo.session.pause(_PAUSE * attempt)
        try:
            found = activity.movements(repo.session, name, ref)
        except Inconclusive as error:
            return (), (_gap(error.diagnosis(), ref),)
        if any(push.after == pull.head_ref_oid for push in found):
            break
    whole = activity.brought(found, pull.head_ref_oid, {part.id for part in parts})
    missing = "the forge's record of pushes does not tell how every commit got here"
    return found, () if whole else (_gap(missing, ref),)


def _gap(message: str, subject: str | None = None) -> Gap:
    return Gap(topic="pushes", message=message[:1000], subject=subject)
