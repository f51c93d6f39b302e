"""Workflow runs and the reviews of their environments."""

from __future__ import annotations

from counterseal.clients.forge import EnvironmentReview
from counterseal.clients.github import convert
from counterseal.clients.github import shapes_rest as shapes
from counterseal.clients.github.reading import read
from counterseal.clients.github.repo import Repo
from counterseal.errors import Inconclusive
from counterseal.policy.forge import RunFacts


def run(repo: Repo, run_id: int, attempt: int | None = None) -> RunFacts:
    """Return an attempt of a run, the newest when none is named.

    Raises:
        Missing: there is no such run or attempt, or it is hidden.
        Inconclusive: it cannot be seen.
    """
    path = repo.path("actions", "runs", run_id)
    if attempt is not None:
        path += f"/attempts/{int(attempt)}"
    found = read(repo.session.get(path).body, shapes.Run, f"GET {path}")
    if found.id != run_id or attempt not in {None, found.run_attempt}:
        raise Inconclusive("the forge answers with another run", where=f"GET {path}")
    return RunFacts(
        id=found.id,
        attempt=found.run_attempt,
        commit=found.head_sha,
        event=found.event,
        actor=convert.account(found.actor),
        triggering_actor=convert.account(found.triggering_actor),
        workflow=found.path,
    )


def environment_reviews(repo: Repo, run_id: int) -> tuple[EnvironmentReview, ...]:
    """Return the review history of a run; what is still pending is not in it. Errors as for `run`."""
    path = repo.path("actions", "runs", run_id, "approvals")
    found = read(repo.session.get(path).body, list[shapes.Approval], f"GET {path}")
    return tuple(
        EnvironmentReview(
            state=item.state,
            account=convert.account(item.user),
            environments=tuple(environment.name for environment in item.environments),
            comment=item.comment,
        )
        for item in found
        if item.state != "pending"
    )
