"""What is written to the forge: once, whatever fails on the way.

Each comment and issue ends with a hidden line that holds its key. Before one is written, it is looked for
among those that our own account wrote, because anybody could plant such a line; and when a write has failed
without an answer, it is looked for again before it is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from counterseal.clients.github import discussion, queries
from counterseal.clients.github import shapes_graphql as graphql
from counterseal.clients.github import shapes_rest as rest
from counterseal.clients.github.failures import Absent, Unclear
from counterseal.clients.github.pages import bodies, length
from counterseal.clients.github.reading import read
from counterseal.clients.github.repo import Repo
from counterseal.errors import Inconclusive, InternalFault

T = TypeVar("T")
LABEL = "counterseal"
"""The label of the issues that are opened, by which they are found again."""

_KEY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:/@+]|-(?!-)){0,199}")
_LONGEST = 60_000  # characters of a body; the forge takes 65,536
_LOOKS = (2.0, 5.0)  # seconds before each look, after a write that nobody answered


def say(repo: Repo, issue: int, key: str, body: str) -> bool:
    """Comment once; return False when a comment of our own with this key was there already.

    Raises:
        Inconclusive: it is not known to be written.
    """
    last = marker(key)

    def find() -> bool | None:
        own = (item.body for item in discussion.raw_comments(repo, issue) if item.viewer_did_author)
        return True if any(_ends_with(text, last) for text in own) else None

    if find():
        return False
    path = repo.path("issues", issue, "comments")
    _once(repo, find, lambda: bool(repo.session.write("POST", path, {"body": _with(body, last)})))
    return True


def open_issue(repo: Repo, key: str, title: str, body: str) -> int:
    """Open an issue once, and return its number.

    Raises:
        Inconclusive: it is not known to be opened, or could not be found again.
    """
    last = marker(key)
    return _find_issue(repo, last) or _once(
        repo, lambda: _find_issue(repo, last), lambda: _open(repo, title, _with(body, last))
    )


def close_issue(repo: Repo, issue: int) -> None:
    """Close an issue; one that is closed stays so.

    Raises:
        Inconclusive: it is not known to be closed.
    """
    repo.session.write("PATCH", repo.path("issues", issue), {"state": "closed"})


def dispatch(repo: Repo, workflow: str, ref: str, inputs: dict[str, str]) -> None:
    """Start a workflow by hand.

    A dispatch has no key, so one that was not answered is not repeated: whoever asked decides.

    Raises:
        Unclear: nothing tells whether it was started.
        Inconclusive: it was not.
    """
    path = repo.path("actions", "workflows", workflow, "dispatches")
    repo.session.write("POST", path, {"ref": ref, "inputs": inputs})


def marker(key: str) -> str:
    """Return the hidden line for a key.

    Raises:
        InternalFault: the key would not stay hidden, or not be found again.
    """
    if not _KEY.fullmatch(key):
        raise InternalFault("not a key for something that is written once", where=key[:100])
    return f"<!-- {LABEL}:{key} -->"


def _once(repo: Repo, find: Callable[[], T | None], act: Callable[[], T]) -> T:
    """Write; after a failure that leaves it open, look for it, and write again only when it is not there."""
    try:
        return act()
    except Unclear:
        for pause in _LOOKS:
            repo.session.pause(pause)
            if (found := find()) is not None:
                return found
    return act()


def _find_issue(repo: Repo, last: str) -> int | None:
    """Return the number of our own issue with this key."""
    path = repo.path("issues")
    query = {"labels": LABEL, "state": "all", "sort": "created", "direction": "desc"}
    for body in bodies(repo.session, path, length, topic="issues", query=query):
        for issue in read(body, list[rest.Issue], f"GET {path}"):
            if (
                issue.pull_request is None
                and _ends_with(issue.body or "", last)
                and _is_own(repo, issue.number)
            ):
                return issue.number
    return None


def _is_own(repo: Repo, number: int) -> bool:
    try:
        return repo.ask(
            queries.ISSUE_OWN, graphql.IssueData, number=number
        ).repository.issue.viewer_did_author
    except Absent:
        return False


def _open(repo: Repo, title: str, body: str) -> int:
    path = repo.path("issues")
    answer = repo.session.write("POST", path, {"title": title, "body": body, "labels": [LABEL]})
    issue = read(answer.body, rest.Issue, f"POST {path}")
    if LABEL not in {label if isinstance(label, str) else label.name for label in issue.labels}:
        remedy = f"create the label {LABEL}, allow this token to set labels, and close that issue"
        raise Inconclusive(
            f"issue {issue.number} could not be labelled", where=f"#{issue.number}", remedy=remedy
        )
    return issue.number


def _with(body: str, last: str) -> str:
    """Return a body that ends with its marker, cut where the forge would refuse it."""
    cut = body if len(body) <= _LONGEST else body[:_LONGEST] + "\n\n(cut here)"
    return f"{cut}\n\n{last}"


def _ends_with(text: str, last: str) -> bool:
    """Return whether the last line is the marker; elsewhere it may be quoted."""
    return text.rstrip().rpartition("\n")[2].strip() == last
