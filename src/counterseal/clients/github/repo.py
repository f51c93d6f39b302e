"""One repository of the forge: where its things are, in both interfaces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from counterseal.clients.github import graphql
from counterseal.clients.github.session import Session, path_of
from counterseal.errors import UsageError

T = TypeVar("T")
_NAME = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9_-]{0,99}))/([A-Za-z0-9._-]{1,100})")


@dataclass(frozen=True)
class Repo:
    """A repository, as a session sees it.

    Attributes:
        session: the session.
        owner: whose it is.
        name: its name.
    """

    session: Session
    owner: str
    name: str

    @classmethod
    def of(cls, session: Session, full_name: str) -> Repo:
        """Return the repository `owner/name`.

        Raises:
            UsageError: it is not written so.
        """
        match = _NAME.fullmatch(full_name)
        if match is None or match.group(2) in {".", ".."}:
            raise UsageError("not a repository", where="repository", remedy="write owner/name")
        return cls(session, match.group(1), match.group(2))

    def path(self, *segments: str | int) -> str:
        """Return a path below the repository, in the REST interface."""
        return path_of("repos", self.owner, self.name, *segments)

    def ask(self, query: str, shape: type[T], **variables: object) -> T:
        """Send a GraphQL query about the repository; see `graphql.ask`."""
        return graphql.ask(self.session, query, shape, owner=self.owner, name=self.name, **variables)
