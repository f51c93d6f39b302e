"""Accounts, organisations, teams, apps and tokens of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["User", "Bot", "Organization"]


@dataclass(eq=False)
class Account:
    """An account.

    Attributes:
        id: its number, which stays when it is renamed.
        login: its name.
        kind: what it is.
        name: the name of whom it belongs to.
        emails: the addresses that the forge attributes to it.
        created_at: when it was made.
        deleted: whether it is gone; what it wrote has no author then.
        signing_keys: fingerprints of the keys that it has registered for signing.
    """

    id: int
    login: str
    created_at: str
    kind: Kind = "User"
    name: str = ""
    emails: tuple[str, ...] = ()
    deleted: bool = False
    signing_keys: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        """The address that it commits with."""
        return self.emails[0] if self.emails else f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(eq=False)
class Team:
    """A team of an organisation.

    Attributes:
        id: its number.
        organization: whose it is.
        slug: its name in addresses.
        name: its name.
        members: its own members.
        parent: the team that it belongs to.
        secret: whether only its members see it.
    """

    id: int
    organization: Account
    slug: str
    name: str
    members: list[Account] = field(default_factory=list)
    parent: Team | None = None
    secret: bool = False


@dataclass(frozen=True)
class Token:
    """What a request is made with.

    Attributes:
        text: the secret.
        account: whose it is; for an app, its bot.
        app: the number of the app, for an installation's token.
        permissions: what it may do, such as `{"contents": "read"}`; None for everything that a person may.
    """

    text: str
    account: Account
    app: int | None = None
    permissions: dict[str, str] | None = None

    def may(self, permission: str, level: str = "read") -> bool:
        """Tell whether it has a permission at a level (`read`, `write` or `admin`)."""
        if self.permissions is None:
            return True
        ranks = ("none", "read", "write", "admin")
        return ranks.index(self.permissions.get(permission, "none")) >= ranks.index(level)
