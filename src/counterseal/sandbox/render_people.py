"""How people and teams look in the answers of the REST interface."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from counterseal.sandbox.people import Account, Team

Json = dict[str, Any]

_USER_PAGES = (
    "followers",
    "following{/other_user}",
    "gists{/gist_id}",
    "starred{/owner}{/repo}",
    "subscriptions",
    "orgs",
    "repos",
    "events{/privacy}",
    "received_events",
)


def node(kind: str, number: object) -> str:
    """Return the global id of something."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


class RenderPeople:
    """Writes accounts and teams.

    Args:
        api: the address of the REST interface.
    """

    def __init__(self, api: str) -> None:
        self.api = api

    def user(self, account: Account | None) -> Json | None:
        """Return an account in short; None for one that is gone."""
        if account is None or account.deleted:
            return None
        url = f"{self.api}/users/{quote(account.login)}"
        pages = {f"{page.partition('{')[0]}_url": f"{url}/{page}" for page in _USER_PAGES}
        return {
            "login": account.login,
            "id": account.id,
            "node_id": node("User", account.id),
            "gravatar_id": "",
            "avatar_url": f"{self.api}/avatars/{account.id}",
            "url": url,
            "html_url": page_of(account),
            "organizations_url": pages.pop("orgs_url"),
            **pages,
            "type": account.kind,
            "site_admin": False,
        }

    def full_user(self, account: Account) -> Json:
        """Return an account with its profile."""
        profile: Json = dict.fromkeys(("company", "location", "hireable", "bio", "email"))
        counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
        return {
            **(self.user(account) or {}),
            "name": account.name,
            "blog": "",
            **profile,
            **counts,
            "created_at": account.created_at,
            "updated_at": account.created_at,
        }

    def organization(self, account: Account) -> Json:
        """Return an organisation in short."""
        url = f"{self.api}/orgs/{account.login}"
        return {
            "login": account.login,
            "id": account.id,
            "node_id": node("Organization", account.id),
            "url": url,
            "repos_url": f"{url}/repos",
            "events_url": f"{url}/events",
            "hooks_url": f"{url}/hooks",
            "issues_url": f"{url}/issues",
            "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}",
            "avatar_url": f"{self.api}/avatars/{account.id}",
            "description": "",
        }

    def team(self, team: Team) -> Json:
        """Return a team."""
        return {**self.small_team(team), "parent": self.small_team(team.parent) if team.parent else None}

    def small_team(self, team: Team) -> Json:
        """Return a team in short."""
        url = f"{self.api}/organizations/{team.organization.id}/team/{team.id}"
        return {
            "id": team.id,
            "node_id": node("Team", team.id),
            "name": team.name,
            "slug": team.slug,
            "description": "",
            "privacy": "secret" if team.secret else "closed",
            "notification_setting": "notifications_enabled",
            "permission": "pull",
            "url": url,
            "html_url": f"https://github.com/orgs/{team.organization.login}/teams/{team.slug}",
            "members_url": f"{url}/members{{/member}}",
            "repositories_url": f"{url}/repos",
            "type": "organization",
            "organization_id": team.organization.id,
        }


def page_of(account: Account) -> str:
    """Return the page of an account; that of a bot is its app's."""
    name = account.login.removesuffix("[bot]")
    return f"https://github.com/apps/{name}" if account.kind == "Bot" else f"https://github.com/{name}"
