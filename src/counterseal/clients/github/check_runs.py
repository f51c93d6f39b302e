"""Check runs, each written under its key: the external id that it has."""

from __future__ import annotations

from counterseal.clients.github import shapes_rest as shapes
from counterseal.clients.github.failures import Forbidden, Missing, Unclear
from counterseal.clients.github.pages import bodies, check
from counterseal.clients.github.reading import read
from counterseal.clients.github.repo import Repo
from counterseal.errors import InternalFault

_CONCLUSIONS = frozenset({"success", "failure", "action_required"})
_LONGEST = 60_000  # characters of a summary; the forge takes 65,535
_LOOKS = (2.0, 5.0)  # seconds before each look, after a write that nobody answered


def report(repo: Repo, commit: str, key: str, name: str, conclusion: str | None, summary: str) -> None:
    """Write the check run with this key.

    Args:
        repo: the repository.
        commit: the commit that it is about.
        key: the key.
        name: the name under which branch protection requires it.
        conclusion: None while it is pending, else `success`, `failure` or `action_required`.
        summary: Markdown for the reader, made of escaped text.

    Raises:
        InternalFault: another conclusion, since some of them let a merge through.
        Inconclusive: it is not known to be written.
    """
    if conclusion is not None and conclusion not in _CONCLUSIONS:
        raise InternalFault("a check run of ours never ends like this", where=conclusion)
    content = _content(name, key, conclusion, summary)
    if _update(repo, commit, key, name, content):
        return
    try:
        _create(repo, commit, content)
    except Unclear:
        for pause in _LOOKS:
            repo.session.pause(pause)
            if _update(repo, commit, key, name, content):
                return
        _create(repo, commit, content)


def _content(name: str, key: str, conclusion: str | None, summary: str) -> dict[str, object]:
    state = {"status": "completed", "conclusion": conclusion} if conclusion else {"status": "in_progress"}
    output = {"title": name, "summary": summary[:_LONGEST]}
    return {"name": name, "external_id": key, "output": output, **state}


def _create(repo: Repo, commit: str, content: dict[str, object]) -> None:
    repo.session.write("POST", repo.path("check-runs"), {**content, "head_sha": commit})


def _update(repo: Repo, commit: str, key: str, name: str, content: dict[str, object]) -> bool:
    """Write the check run that is there; another app's, which could be planted, cannot be written by us."""
    for number in _found(repo, commit, key, name):
        try:
            repo.session.write("PATCH", repo.path("check-runs", number), content)
            return True
        except (Forbidden, Missing):
            continue
    return False


def _found(repo: Repo, commit: str, key: str, name: str) -> list[int]:
    """Return the check runs of a commit with this name and key, newest first."""
    path = repo.path("commits", commit, "check-runs")
    query = {"check_name": name, "filter": "all"}
    pages = [
        read(body, shapes.CheckRuns, f"GET {path}")
        for body in bodies(repo.session, path, _count, topic="check runs", query=query)
    ]
    runs = [run for page in pages for run in page.check_runs]
    check(runs, lambda run: run.id, topic="check runs", total=pages[0].total_count)
    return sorted((run.id for run in runs if run.external_id == key), reverse=True)


def _count(body: object) -> int:
    found = body.get("check_runs") if isinstance(body, dict) else None
    return len(found) if isinstance(found, list) else 0
