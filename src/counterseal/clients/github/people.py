"""Who belongs to a team, and who may do what in a repository."""

from __future__ import annotations

from counterseal.clients.forge import TeamMembers
from counterseal.clients.github import convert, graphql, queries
from counterseal.clients.github import shapes_graphql as shapes
from counterseal.clients.github import shapes_rest as rest
from counterseal.clients.github.failures import Forbidden, Missing
from counterseal.clients.github.graphql import Connection
from counterseal.clients.github.reading import read
from counterseal.clients.github.repo import Repo
from counterseal.clients.github.session import Session
from counterseal.errors import MalformedError
from counterseal.policy.forge import Gap

_NEEDED = "a token with the organisation permission members: read sees it; the token of a job never does"


def members(session: Session, team: str) -> TeamMembers:
    """Return the members of `organisation/team`, those of child teams included.

    A team that is hidden is told apart from one without members: it is a gap.

    Raises:
        MalformedError: that is not the name of a team.
        Inconclusive: the list is not complete.
    """
    organisation, _, slug = team.partition("/")
    if not organisation or not slug or "/" in slug:
        raise MalformedError("a team is written organisation/team", where=team)

    def page(cursor: str | None) -> Connection[shapes.User]:
        found = graphql.ask(
            session, queries.TEAM, shapes.TeamData, organization=organisation, team=slug, after=cursor
        ).organization
        if found is None or found.team is None:
            raise Missing("there is no such team, or it is hidden from this token", where=team)
        return found.team.members

    try:
        found = graphql.walk(page(None), page, topic="members", key=lambda item: item.database_id)
    except (Missing, Forbidden) as error:
        message = f"this team cannot be seen: {error.message}; {_NEEDED}"
        return TeamMembers(gap=Gap(topic="members", message=message[:1000], subject=team))
    return TeamMembers(tuple(who for item in found if (who := convert.user(item))))


def role(repo: Repo, login: str) -> str:
    """Return what an account may do in a repository: the name of its role, such as `write` or `maintain`.

    Raises:
        Missing: there is no such account, or it is hidden.
        Inconclusive: it cannot be seen.
    """
    path = repo.path("collaborators", login, "permission")
    return read(repo.session.get(path).body, rest.Role, f"GET {path}").role_name
