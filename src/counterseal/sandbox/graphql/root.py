"""Where every query begins: a repository, an organisation, who asks, and what is left of the rate limit."""

from __future__ import annotations

from counterseal.sandbox.graphql.connections import Node, connection
from counterseal.sandbox.graphql.discussions import issue, pull
from counterseal.sandbox.graphql.facts import Permission, Repository, Source
from counterseal.sandbox.graphql.limits import Weight
from counterseal.sandbox.graphql.objects import Place, commit
from counterseal.sandbox.graphql.people import node_id, person, team, user
from counterseal.sandbox.graphql.refusals import Refusal, forbidden, not_found


class Root:
    """What the fields of `Query` are read from.

    Args:
        source: the world, as the token sees it.
        weight: what the query weighs.
    """

    id = node_id("Query")

    def __init__(self, source: Source, weight: Weight) -> None:
        self._source = source
        self._weight = weight

    def viewer(self, _info: object) -> Node:
        """Return who asks; an installation is the user of its bot, with the whole login."""
        return user(self._source.viewer())

    def organization(self, _info: object, login: str) -> Node:
        """Return an organisation."""
        found = self._source.organization(login)
        if found is None:
            raise not_found("Organization", f"login of '{login}'")
        return (person(found) or {}) | {"team": lambda _info, slug: self._team(login, slug)}

    def repository(self, _info: object, owner: str, name: str, **_more: object) -> Node:
        """Return a repository."""
        found = self._source.repository(owner, name)
        if found is None:
            raise not_found("Repository", f"name '{owner}/{name}'")
        return repository(self._source, found)

    def rateLimit(self, _info: object, **_more: object) -> Node:  # noqa: N802  (GitHub's name)
        """Return what is left of the rate limit."""
        left = self._source.allowance()
        return {
            "limit": left.limit,
            "used": left.used,
            "remaining": max(0, left.limit - left.used),
            "resetAt": left.reset_at,
            "cost": self._weight.points,
            "nodeCount": self._weight.nodes,
        }

    def _team(self, organization: str, slug: str) -> Node | None:
        """Return a team; for want of permission it is refused, and one that is not there is null."""
        if not self._source.may("members"):
            raise forbidden()
        found = self._source.team(organization, slug)
        return team(found) if found else None


def repository(source: Source, facts: Repository) -> Node:
    """Return a repository.

    Args:
        source: the world.
        facts: the repository.
    """
    place = Place(source, facts, repository, pull)
    return {
        "id": node_id("Repository", facts.id),
        "databaseId": facts.id,
        "name": facts.name,
        "nameWithOwner": f"{facts.owner.login}/{facts.name}",
        "owner": person(facts.owner),
        "url": facts.url,
        "isPrivate": facts.private,
        "isFork": facts.fork,
        "isArchived": facts.archived,
        "defaultBranchRef": lambda _info: (
            facts.default_branch and _ref(place, f"refs/heads/{facts.default_branch}")
        ),
        "ref": lambda _info, qualifiedName: _ref(place, qualifiedName),  # noqa: N803
        "object": lambda _info, oid=None, expression=None: _object(place, oid or expression),
        "pullRequest": lambda _info, number: _pull(place, number),
        "issue": lambda _info, number: _issue(place, number),
    }


def _need(place: Place, permission: Permission) -> None:
    """Refuse a token that may not read something of the repository."""
    if not place.source.may(permission):
        raise forbidden()


def _pull(place: Place, number: int) -> Node:
    """Return a pull request."""
    _need(place, "pull_requests")
    found = place.source.pull(place.repository, number)
    if found is None:
        raise not_found("PullRequest", f"number of {number}")
    return pull(place, found)


def _issue(place: Place, number: int) -> Node:
    """Return an issue; a pull request is none here."""
    _need(place, "issues")
    found = place.source.issue(place.repository, number)
    if found is None:
        raise not_found("Issue", f"number of {number}")
    return issue(place, found)


def _object(place: Place, expression: str | None) -> Node | None:
    """Return a git object, or null when there is none."""
    _need(place, "contents")
    if expression is None:
        raise Refusal("ARGUMENT_ERROR", "One of `oid` or `expression` must be given.")
    return place.named(expression)


def _default(place: Place, branch: str | None) -> Node | None:
    """Return the branch that a repository begins with, or null when it is empty."""
    return None if branch is None else _ref(place, f"refs/heads/{branch}")


def _ref(place: Place, name: str) -> Node | None:
    """Return a ref, or null when there is none; a short name means a branch, then a tag."""
    _need(place, "contents")
    choices = [name] if name.startswith("refs/") else [f"refs/heads/{name}", f"refs/tags/{name}"]
    for full in choices:
        oid = place.source.tip(place.repository, full)
        if oid is not None:
            return _shown_ref(place, full, oid)
    return None


def _shown_ref(place: Place, full: str, oid: str) -> Node:
    """Return a ref that is there."""
    head = next((prefix for prefix in ("refs/heads/", "refs/tags/") if full.startswith(prefix)), "refs/")
    return {
        "id": node_id("Ref", place.repository.id, full),
        "name": full.removeprefix(head),
        "prefix": head,
        "repository": place.node,
        "target": lambda _info: place.named(oid),
        "compare": lambda _info, headRef: _compare(place, oid, headRef),  # noqa: N803
    }


def _compare(place: Place, base: str, head_ref: str) -> Node | None:
    """Return what one history has and another lacks; the other is named by a ref or a commit."""
    found = place.source.object(place.repository, head_ref)
    if found is None:
        return None
    head = found[1]
    ahead = place.source.between(place.repository, base, head)
    behind = place.source.between(place.repository, head, base)
    return {
        "id": node_id("Comparison", place.repository.id, base, head),
        "aheadBy": len(ahead),
        "behindBy": len(behind),
        "status": _status(bool(ahead), bool(behind)),
        "baseTarget": lambda _info: place.named(base),
        "headTarget": lambda _info: place.named(head),
        "commits": connection("commits", lambda: ahead, lambda oid: commit(place, oid)),
    }


def _status(ahead: bool, behind: bool) -> str:
    """Return how one history stands to another."""
    if ahead and behind:
        return "DIVERGED"
    return "AHEAD" if ahead else "BEHIND" if behind else "IDENTICAL"
