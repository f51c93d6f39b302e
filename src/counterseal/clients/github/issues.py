"""Issues with a label (REST, "List repository issues")."""

from __future__ import annotations

from counterseal.clients.github import convert
from counterseal.clients.github import shapes_rest as shapes
from counterseal.clients.github.pages import collect
from counterseal.clients.github.repo import Repo
from counterseal.policy.issue import Issue


def labelled(repo: Repo, label: str) -> tuple[Issue, ...]:
    """Return the issues with a label, open and closed, oldest first; pull requests are none.

    Raises:
        Inconclusive: they cannot be seen to the end.
    """
    path = repo.path("issues")
    query = {"labels": label, "state": "all", "sort": "created", "direction": "asc"}
    items = collect(
        repo.session, path, shapes.WholeIssue, topic="issues", key=lambda one: one.number, query=query
    )
    return tuple(
        Issue(
            number=one.number,
            title=one.title[:16384],
            created_at=convert.time(one.created_at, path),
            body=(one.body or "")[: convert.LONGEST],
            closed_at=convert.time(one.closed_at, path) if one.closed_at else None,
            url=one.html_url,
        )
        for one in items
        if one.pull_request is None
    )
