"""Accounts, organisations, teams and roles (REST, "Users", "Teams", "Collaborators")."""

from __future__ import annotations

from counterseal.sandbox.people import Team
from counterseal.sandbox.request import Refusal, Reply, Request
from counterseal.sandbox.route import get, put

_RANKS = {
    "admin": "admin",
    "maintain": "write",
    "write": "write",
    "triage": "read",
    "read": "read",
    "none": "none",
}


@get("/user")
def viewer(request: Request) -> Reply:
    """Return who asks; an installation's token has no user."""
    if request.who.app:
        raise Refusal(403, "Resource not accessible by integration")
    return Reply(request.show.full_user(request.who.account))


@get("/users/{username}")
def user(request: Request) -> Reply:
    """Return an account by its name."""
    try:
        return Reply(request.show.full_user(request.world.account(request.names["username"])))
    except LookupError as cause:
        raise Refusal(404, "Not Found") from cause


@get("/user/{account_id}")
def user_by_id(request: Request) -> Reply:
    """Return an account by its number."""
    for account in request.world.accounts:
        if str(account.id) == request.names["account_id"] and not account.deleted:
            return Reply(request.show.full_user(account))
    raise Refusal(404, "Not Found")


@get("/rate_limit")
def rate_limit(request: Request) -> Reply:
    """Return what is left."""
    at = int(request.world.clock.now().timestamp()) + 3600
    rate = {"limit": 5000, "used": 1, "remaining": 4999, "reset": at}
    return Reply({"resources": {"core": rate, "search": rate, "graphql": rate}, "rate": rate})


def _team(request: Request) -> Team:
    """Return the team in the path; whoever may not read members does not see that it is there."""
    if not request.who.may("members"):
        raise Refusal(404 if request.who.app else 403, "Not Found" if request.who.app else "Forbidden")
    found = request.world.team_of(request.names["org"], request.names["team_slug"])
    if found is None or (
        found.secret and request.who.app is None and request.who.account not in found.members
    ):
        raise Refusal(404, "Not Found")
    return found


@get("/orgs/{org}/teams/{team_slug}")
def team(request: Request) -> Reply:
    """Return a team."""
    found = _team(request)
    shown = request.show.team(found)
    members = len(request.world.members_of(found))
    organization = request.show.organization(found.organization) | {
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "type": "Organization",
        "html_url": f"https://github.com/{found.organization.login}",
        "has_organization_projects": True,
        "has_repository_projects": True,
        "created_at": found.organization.created_at,
        "updated_at": found.organization.created_at,
        "archived_at": None,
    }
    return Reply(
        {
            **shown,
            "members_count": members,
            "repos_count": 0,
            "organization": organization,
            "created_at": found.organization.created_at,
            "updated_at": found.organization.created_at,
        }
    )


@get("/orgs/{org}/teams/{team_slug}/members")
def team_members(request: Request) -> Reply:
    """Return the members of a team, those of child teams included."""
    return Reply(items=[request.show.user(one) for one in request.world.members_of(_team(request))])


@get("/orgs/{org}/teams/{team_slug}/memberships/{username}")
def membership(request: Request) -> Reply:
    """Return somebody's membership."""
    found = _team(request)
    for member in request.world.members_of(found):
        if member.login.lower() == request.names["username"].lower():
            return Reply({"url": request.show.api + request.path, "role": "member", "state": "active"})
    raise Refusal(404, "Not Found")


@put("/orgs/{org}/teams/{team_slug}/memberships/{username}")
def join(request: Request) -> Reply:
    """Make somebody a member."""
    request.need("members", "write")
    found = _team(request)
    account = request.world.account(request.names["username"])
    if account not in found.members:
        found.members.append(account)
    return Reply({"url": request.show.api + request.path, "role": "member", "state": "active"})


@get("/repos/{owner}/{repo}/collaborators/{username}/permission")
def permission(request: Request) -> Reply:
    """Return what somebody may do in a repository."""
    account = request.world.account(request.names["username"])
    role = request.repository.roles.get(account.id, "read")
    shown = {**(request.show.user(account) or {}), "role_name": role}
    return Reply({"permission": _RANKS[role], "role_name": role, "user": shown})
