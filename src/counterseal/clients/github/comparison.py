"""What one commit has and another has not, from the forge's comparison of the two, and in full."""

from __future__ import annotations

from dataclasses import dataclass

from counterseal.clients.github import commits, pulls, queries
from counterseal.clients.github import shapes_graphql as graphql
from counterseal.clients.github import shapes_rest as rest
from counterseal.clients.github.failures import incomplete
from counterseal.clients.github.graphql import Connection, walk
from counterseal.clients.github.pages import bodies, check
from counterseal.clients.github.reading import read
from counterseal.clients.github.repo import Repo
from counterseal.errors import MalformedError
from counterseal.policy.change import ChangedFile
from counterseal.policy.forge import ForgeCommit, Gap

_MOST_FILES = 300  # that a comparison lists
_FURTHER = 1000  # commits that are looked through beyond those that are wanted


@dataclass(frozen=True)
class Comparison:
    """The way from one commit to another.

    Attributes:
        status: `ahead`, `behind`, `diverged` or `identical`, of the second against the first.
        commits: the commits that only the second has, oldest first.
        files: the files that differ from where they parted.
        gaps: why the files may not be all.
    """

    status: str
    commits: tuple[rest.Commit, ...]
    files: tuple[ChangedFile, ...]
    gaps: tuple[Gap, ...]


def compare(repo: Repo, base: str, head: str) -> Comparison:
    """Compare two commits.

    Raises:
        Missing: one of them is not there, or hidden.
        Inconclusive: the commits cannot be proven to be all.
    """
    path = repo.path("compare", f"{base}...{head}")
    pages = [
        read(body, rest.Compare, f"GET {path}")
        for body in bodies(repo.session, path, _count, topic="commits")
    ]
    found = tuple(item for page in pages for item in page.commits)
    check(found, lambda item: item.sha, topic="commits", total=pages[0].total_commits)
    if any(page.total_commits != pages[0].total_commits for page in pages):
        raise incomplete("commits", "their total changed while they were read")
    files = pages[0].files or []
    return Comparison(pages[0].status, found, tuple(map(pulls.changed_file, files)), tuple(_gaps(files)))


def in_full(repo: Repo, head: str, wanted: tuple[str, ...]) -> tuple[ForgeCommit, ...]:
    """Return commits that lead to `head` with everything that is known of them, in the order given.

    Raises:
        Inconclusive: one of them is not in the history of `head`.
    """
    missing, found = set(wanted), dict[str, graphql.Commit]()
    cursor: str | None = None
    read_so_far = 0
    while missing:
        page = _history(repo, head, cursor)
        found |= {item.oid: item for item in page.nodes if item.oid in missing}
        missing -= found.keys()
        read_so_far += len(page.nodes)
        after = page.page_info.end_cursor if page.page_info.has_next_page else None
        if missing and (after in {None, cursor} or read_so_far > len(wanted) + _FURTHER):
            raise incomplete("commits", f"{len(missing)} of them are not in the history of {head}")
        cursor = after
    return tuple(commits.commit(found[name]) for name in wanted)


def history(repo: Repo, head: str) -> tuple[ForgeCommit, ...]:
    """Return a commit and all that lead to it, oldest first.

    Raises:
        Inconclusive: they are too many, or not proven to be all.
    """
    found = walk(
        _history(repo, head, None),
        lambda cursor: _history(repo, head, cursor),
        topic="commits",
        key=lambda item: item.oid,
    )
    return tuple(commits.commit(item) for item in reversed(found))


def _history(repo: Repo, head: str, cursor: str | None) -> Connection[graphql.Commit]:
    found = repo.ask(queries.HISTORY, graphql.HistoryPage, oid=head, after=cursor).repository.object
    if found is None:
        raise MalformedError("the forge has no such commit", where=head)
    return found.page


def _gaps(files: list[rest.File]) -> list[Gap]:
    if len(files) < _MOST_FILES:
        return []
    message = f"the forge lists {_MOST_FILES} files of a comparison, and there may be more"
    return [Gap(topic="files", message=message)]


def _count(body: object) -> int:
    found = body.get("commits") if isinstance(body, dict) else None
    return len(found) if isinstance(found, list) else 0
