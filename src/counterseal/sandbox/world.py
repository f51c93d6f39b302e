"""The world of the sandbox: accounts, teams, tokens and repositories, with one clock for all of them."""

from __future__ import annotations

import itertools
import re
import secrets
import tempfile
from pathlib import Path

from counterseal.sandbox.clock import Clock
from counterseal.sandbox.history import History
from counterseal.sandbox.people import Account, Team, Token
from counterseal.sandbox.render import ACTIONS_APP
from counterseal.sandbox.repository import Repository
from counterseal.sandbox.things import Pull

_HIDDEN = re.compile(r"(?:([0-9]+)\+)?([^@+]+)@users\.noreply\.github\.com")


class World:
    """Everything.

    Args:
        clock: the clock; one that stands still in 2026 unless given.
        folder: where the git repositories are made; a temporary folder unless given.
    """

    def __init__(self, clock: Clock | None = None, folder: Path | None = None) -> None:
        self.clock = clock or Clock()
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="counterseal-sandbox-")
        self.folder = folder or Path(self._temporary.name)  # type: ignore[union-attr]
        self.accounts: list[Account] = []
        self.teams: list[Team] = []
        self.repositories: dict[str, Repository] = {}
        self.tokens: dict[str, Token] = {}
        self.members: dict[int, dict[int, str]] = {}
        self._numbers = itertools.count(1_000_001)
        self.web_flow = self._account("web-flow", 19864447, "User", ("noreply@github.com",), "GitHub")
        self.queue_bot = self._account(
            "github-merge-queue[bot]", 118344674, "Bot", (), "github-merge-queue[bot]"
        )
        self.actions_bot = self._account("github-actions[bot]", 41898282, "Bot", (), "github-actions[bot]")

    def close(self) -> None:
        """Remove the repositories, where they are temporary."""
        if self._temporary:
            self._temporary.cleanup()

    def number(self) -> int:
        """Return a number that nothing else has."""
        return next(self._numbers)

    def user(self, login: str, number: int | None = None, *emails: str, name: str = "") -> Account:
        """Make a person's account."""
        mine = emails or (f"{login}@meridian.example",)
        return self._account(login, number or self.number(), "User", mine, name or login.title())

    def bot(self, login: str, number: int | None = None) -> Account:
        """Make a machine's account, such as `dependabot[bot]`."""
        return self._account(login, number or self.number(), "Bot", (), login)

    def organisation(self, login: str, number: int | None = None) -> Account:
        """Make an organisation."""
        return self._account(login, number or self.number(), "Organization", (), login)

    def team(
        self,
        organization: Account,
        slug: str,
        members: list[Account] | None = None,
        *,
        parent: Team | None = None,
        secret: bool = False,
    ) -> Team:
        """Make a team of an organisation; its members become members of that."""
        made = Team(
            self.number(),
            organization,
            slug,
            slug.replace("-", " ").title(),
            list(members or ()),
            parent,
            secret,
        )
        self.teams.append(made)
        for member in made.members:
            self.members.setdefault(organization.id, {}).setdefault(member.id, "member")
        return made

    def repository(
        self,
        full_name: str,
        number: int | None = None,
        *,
        private: bool = True,
        fork_of: Repository | None = None,
    ) -> Repository:
        """Make an empty repository."""
        number = number or self.number()
        made = Repository(self, number, full_name, self.folder / f"{number}.git", private, fork_of)
        self.repositories[full_name] = made
        return made

    def account(self, login: str) -> Account:
        """Return the account that has a name now.

        Raises:
            LookupError: there is none.
        """
        for one in self.accounts:
            if one.login.lower() == login.lower() and not one.deleted:
                return one
        raise LookupError(login)

    def by_email(self, email: str) -> Account | None:
        """Return the account to which an address is attributed; anybody can write any address."""
        hidden = _HIDDEN.fullmatch(email)
        for one in self.accounts:
            mine = hidden and (str(one.id) == hidden[1] if hidden[1] else one.login == hidden[2])
            if not one.deleted and (mine or email in one.emails):
                return one
        return None

    def team_of(self, organization: str, slug: str) -> Team | None:
        """Return a team."""
        for team in self.teams:
            if team.organization.login.lower() == organization.lower() and team.slug == slug:
                return team
        return None

    def members_of(self, team: Team) -> list[Account]:
        """Return the members of a team, those of its child teams included, each once."""
        found = {member.id: member for member in team.members if not member.deleted}
        for child in self.teams:
            if child.parent is team:
                found |= {member.id: member for member in self.members_of(child)}
        return [found[number] for number in sorted(found)]

    def token(
        self, account: Account, *, app: int | None = None, permissions: dict[str, str] | None = None
    ) -> str:
        """Make a token: a person's, or with `app` that of an app's installation with certain permissions."""
        text = ("ghs_" if app else "ghp_") + secrets.token_hex(18)
        self.tokens[text] = Token(text, account, app, permissions)
        return text

    def job_token(self, **permissions: str) -> str:
        """Make a token such as a workflow's job has."""
        return self.token(self.actions_bot, app=ACTIONS_APP, permissions={"metadata": "read", **permissions})

    def pulls_from(self, source: History, branch: str) -> list[Pull]:
        """Return the open pull requests that come from a branch."""
        return [
            pull
            for repository in self.repositories.values()
            for pull in repository.pulls()
            if pull.head_repository is source and pull.head_ref == branch and pull.issue.state == "open"
        ]

    def _account(self, login: str, number: int, kind: str, emails: tuple[str, ...], name: str) -> Account:
        made = Account(number, login, self.clock.text(), kind, name, emails)  # type: ignore[arg-type]
        self.accounts.append(made)
        return made
