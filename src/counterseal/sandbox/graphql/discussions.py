"""Pull requests, reviews, issues and comments, as GraphQL shows them."""

from __future__ import annotations

from counterseal.sandbox.graphql.connections import Node, connection
from counterseal.sandbox.graphql.facts import File, Issue, Pull, Remark, Review
from counterseal.sandbox.graphql.objects import Place, commit
from counterseal.sandbox.graphql.people import node_id, person, team

_CHANGES = {"removed": "DELETED"}
"""What REST says of a file and GraphQL calls otherwise than by its capital letters."""


def issue(place: Place, facts: Issue) -> Node:
    """Return an issue."""
    return _talk(place, facts, "Issue") | {"state": "CLOSED" if facts.closed_at else "OPEN"}


def pull(place: Place, facts: Pull) -> Node:
    """Return a pull request."""
    head = facts.head_repository
    return (
        _talk(place, facts.issue, "PullRequest")
        | _outcome(place, facts)
        | _lists(place, facts.issue.number)
        | {
            "isDraft": facts.draft,
            "baseRefName": facts.base[0],
            "baseRefOid": facts.base[1],
            "baseRepository": place.node,
            "headRefName": facts.head[0],
            "headRefOid": facts.head[1],
            "headRepository": head and (lambda _info: place.shown(place.source, head)),
            "isCrossRepository": head is None or head.id != place.repository.id,
        }
    )


def _outcome(place: Place, facts: Pull) -> Node:
    """Return how a pull request ended."""
    merge = facts.merge_commit
    return {
        "state": "MERGED" if facts.merged_at else "CLOSED" if facts.issue.closed_at else "OPEN",
        "merged": facts.merged_at is not None,
        "mergedAt": facts.merged_at,
        "mergedBy": person(facts.merged_by),
        "mergeCommit": merge and (lambda _info: commit(place, merge)),
    }


def _lists(place: Place, number: int) -> Node:
    """Return what a pull request consists of, and what was said of it."""
    source, repository = place.source, place.repository
    return {
        "changedFiles": lambda _info: len(source.files(repository, number)),
        "commits": connection(
            "commits",
            lambda: source.pull_commits(repository, number),
            lambda oid: _pull_commit(place, number, oid),
        ),
        "files": connection("files", lambda: source.files(repository, number), _file),
        "reviews": _reviews(place, number),
    }


def _reviews(place: Place, number: int) -> object:
    """Return the resolver of a pull request's reviews, which can be narrowed to some states."""

    def resolve(
        info: object, first: int | None = None, after: str | None = None, states: object = None
    ) -> Node:
        every = place.source.reviews(place.repository, number)
        wanted = [each for each in every if not isinstance(states, list) or each.state in states]
        return connection("reviews", lambda: wanted, lambda each: _review(place, number, each))(
            info, first, after
        )

    return resolve


def _talk(place: Place, facts: Issue, kind: str) -> Node:
    """Return what issues and pull requests share."""
    return _remark(place, facts.remark, kind) | {
        "number": facts.number,
        "title": facts.title,
        "closed": facts.closed_at is not None,
        "closedAt": facts.closed_at,
        "comments": connection(
            "comments",
            lambda: place.source.comments(place.repository, facts.number),
            lambda each: _comment(place, facts, kind, each),
        ),
    }


def _comment(place: Place, about: Issue, kind: str, facts: Remark) -> Node:
    """Return a comment; of a pull request too it belongs to an issue."""
    return _remark(place, facts, "IssueComment") | {
        "issue": lambda _info: issue(place, about),
        "pullRequest": (lambda _info: _again(place, about.number)) if kind == "PullRequest" else None,
    }


def _again(place: Place, number: int) -> Node | None:
    """Return the pull request to which something belongs."""
    whole = place.source.pull(place.repository, number)
    return pull(place, whole) if whole else None


def _review(place: Place, number: int, facts: Review) -> Node:
    """Return a review."""
    reviewed = facts.commit
    return _remark(place, facts.remark, "PullRequestReview") | {
        "state": facts.state,
        "submittedAt": facts.submitted_at,
        "publishedAt": facts.submitted_at,
        "authorCanPushToRepository": facts.pusher,
        "commit": reviewed and (lambda _info: commit(place, reviewed)),
        "onBehalfOf": connection("onBehalfOf", lambda: facts.teams, team),
        "pullRequest": lambda _info: _again(place, number),
    }


def _remark(place: Place, facts: Remark, kind: str) -> Node:
    """Return what everything that somebody wrote has."""
    return {
        "__typename": kind,
        "id": node_id(kind, facts.id),
        "databaseId": facts.id,
        "fullDatabaseId": str(facts.id),
        "author": person(facts.author),
        "authorAssociation": facts.association,
        "body": facts.body,
        "createdAt": facts.created_at,
        "publishedAt": facts.created_at,
        "updatedAt": facts.updated_at,
        "lastEditedAt": facts.edited_at,
        "editor": person(facts.editor),
        "includesCreatedEdit": facts.edited_at is not None,
        "viewerDidAuthor": facts.author is not None and place.source.wrote(facts.author),
        "repository": place.node,
        "url": facts.url,
    }


def _pull_commit(place: Place, number: int, oid: str) -> Node:
    """Return a commit of a pull request."""
    return {
        "id": node_id("PullRequestCommit", place.repository.id, number, oid),
        "url": f"{place.repository.url}/pull/{number}/commits/{oid}",
        "commit": lambda _info: commit(place, oid),
    }


def _file(facts: File) -> Node:
    """Return a file that a pull request touches."""
    return {
        "path": facts.path,
        "changeType": _CHANGES.get(facts.status, facts.status.upper()),
        "additions": facts.additions,
        "deletions": facts.deletions,
    }
