"""What people say about a change: reviews and comments."""

from __future__ import annotations

from typing import Final, Literal

from counterseal.clients.github import connections, convert, queries
from counterseal.clients.github import shapes_graphql as shapes
from counterseal.clients.github.failures import Absent
from counterseal.clients.github.graphql import Connection
from counterseal.clients.github.repo import Repo
from counterseal.errors import Inconclusive, MalformedError
from counterseal.policy.issue import Comment
from counterseal.policy.pull_request import Review

_State = Literal["approved", "changes-requested", "commented", "dismissed", "pending"]
_STATES: Final[dict[str, _State]] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes-requested",
    "COMMENTED": "commented",
    "DISMISSED": "dismissed",
    "PENDING": "pending",
}


def reviews(repo: Repo, number: int, first: Connection[shapes.Review] | None = None) -> tuple[Review, ...]:
    """Return the reviews of a pull request, oldest first; `first` is their first page, where it is known.

    Raises:
        MalformedError: there surely is no such pull request.
        Inconclusive: they cannot be proven to be all.
    """
    try:
        found = connections.of_pull(
            repo, number, queries.PULL_REVIEWS, shapes.Review, _review_id, topic="reviews", first=first
        )
    except Absent as cause:
        raise MalformedError("the repository has no such pull request", where=f"#{number}") from cause
    return tuple(_review(item) for item in found)


def pull_comments(repo: Repo, number: int, first: Connection[shapes.Comment]) -> tuple[Comment, ...]:
    """Return the comments of a pull request, oldest first, of which the first page is known."""
    query = queries.PULL_COMMENTS
    found = connections.of_pull(
        repo, number, query, shapes.Comment, _comment_id, topic="comments", first=first
    )
    return tuple(map(_comment, found))


def comments(repo: Repo, number: int) -> tuple[Comment, ...]:
    """Return the comments of an issue or pull request, oldest first; errors as for `reviews`."""
    return tuple(map(_comment, raw_comments(repo, number)))


def raw_comments(repo: Repo, number: int) -> tuple[shapes.Comment, ...]:
    """Return the comments of an issue or pull request as the forge tells them; errors as for `reviews`.

    The two share their numbers, and the interface has to be asked for the one or the other.
    """
    try:
        return connections.of_issue(
            repo, number, queries.ISSUE_COMMENTS, shapes.Comment, _comment_id, topic="comments"
        )
    except Absent:
        pass
    try:
        return connections.of_pull(
            repo, number, queries.PULL_COMMENTS, shapes.Comment, _comment_id, topic="comments"
        )
    except Absent as cause:
        where = f"#{number}"
        raise MalformedError("the repository has no such issue or pull request", where=where) from cause


def _review(item: shapes.Review) -> Review:
    where = f"review {item.full_database_id}"
    state = _STATES.get(item.state)
    if state is None:
        raise Inconclusive("this review is in a state that is not known", where=where)
    return Review(
        id=convert.number(item.full_database_id, where),
        state=state,
        author=convert.actor(item.author),
        commit=item.commit.oid if item.commit else None,
        submitted_at=convert.time(item.submitted_at, where) if item.submitted_at else None,
        edited=item.last_edited_at is not None,
        body=convert.body(item.body, where),
    )


def _comment(item: shapes.Comment) -> Comment:
    where = f"comment {item.full_database_id}"
    return Comment(
        id=convert.number(item.full_database_id, where),
        body=convert.body(item.body, where),
        created_at=convert.time(item.created_at, where),
        author=convert.actor(item.author),
        edited=item.last_edited_at is not None,
    )


def _review_id(item: shapes.Review) -> str:
    return str(item.full_database_id)


def _comment_id(item: shapes.Comment) -> str:
    return str(item.full_database_id)
