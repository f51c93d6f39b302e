"""Deployments and their statuses (REST, "Deployments")."""

from __future__ import annotations

from counterseal.clients.github import convert
from counterseal.clients.github import shapes_rest as shapes
from counterseal.clients.github.pages import bodies, check, collect, length
from counterseal.clients.github.reading import read
from counterseal.clients.github.repo import Repo
from counterseal.errors import Inconclusive
from counterseal.policy.forge import Deployment, DeploymentStatus


def deployments(repo: Repo, environment: str, since: str) -> tuple[Deployment, ...]:
    """Return the deployments to an environment that were made since a moment, newest first.

    Args:
        repo: where to ask.
        environment: the environment.
        since: the moment, a `Time`.

    Raises:
        Inconclusive: they cannot be seen to the end.
    """
    path, found = repo.path("deployments"), list[shapes.Deployment]()
    for body in bodies(repo.session, path, length, topic="deployments", query={"environment": environment}):
        page = read(body, list[shapes.Deployment], f"GET {path}")
        found += page
        if page and all(convert.time(one.created_at, path) < since for one in page):
            break
    check(found, lambda one: one.id, topic="deployments")
    strange = next((one for one in found if one.environment != environment), None)
    if strange is not None:
        raise Inconclusive("the forge tells deployments to another environment", where=environment)
    wanted = (one for one in found if convert.time(one.created_at, path) >= since)
    return tuple(_deployment(repo, one) for one in wanted)


def _deployment(repo: Repo, one: shapes.Deployment) -> Deployment:
    path = repo.path("deployments", one.id, "statuses")
    items = collect(
        repo.session, path, shapes.DeploymentStatus, topic="deployment statuses", key=lambda item: item.id
    )
    statuses = (DeploymentStatus(state=item.state, at=convert.time(item.created_at, path)) for item in items)
    return Deployment(
        id=one.id,
        environment=one.environment,
        commit=one.sha,
        created_at=convert.time(one.created_at, path),
        creator=convert.account(one.creator),
        statuses=tuple(sorted(statuses, key=lambda status: status.at)),
    )
