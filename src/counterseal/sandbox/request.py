"""A request to the sandbox, and the refusals that an endpoint may give."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from counterseal.sandbox.people import Token

if TYPE_CHECKING:
    from counterseal.sandbox.render import Render
    from counterseal.sandbox.repository import Repository
    from counterseal.sandbox.world import World

_DOCS = "https://docs.github.com/rest"


class Refusal(Exception):
    """An answer that is no success.

    Args:
        status: the status.
        message: the message, in the forge's own words.
        errors: what is wrong with each field.
    """

    def __init__(self, status: int, message: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "documentation_url": _DOCS, "status": str(status)}
        if errors:
            self.body["errors"] = errors


@dataclass
class Reply:
    """A success.

    Attributes:
        body: what is answered; None for nothing at all.
        status: the status.
        headers: further headers.
        items: all the items of a list, of which one page is answered; `body` is not used then.
        wrap: makes the answer of a page and the number of all items, where it is no plain list.
        cursor: whether pages are told apart by the id of an item instead of a number.
        raw: bytes that are answered as they are.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    items: list[Any] | None = None
    wrap: Any = None
    cursor: bool = False
    raw: bytes | None = None


@dataclass
class Request:
    """A request.

    Attributes:
        world: the world.
        show: writes answers.
        method: the method.
        path: the path, without the query.
        query: the query.
        data: the body.
        token: what it is made with; None for nobody.
        accept: the header `accept`.
        names: the parts of the path that vary.
    """

    world: World
    show: Render
    method: str
    path: str
    query: dict[str, str]
    data: bytes
    token: Token | None
    accept: str = ""
    names: dict[str, str] = field(default_factory=dict)

    @property
    def who(self) -> Token:
        """The token; a request without one is refused."""
        if self.token is None:
            raise Refusal(401, "Requires authentication")
        return self.token

    @property
    def repository(self) -> Repository:
        """The repository in the path; one that the token may not see is not there."""
        found = self.world.repositories.get(f"{self.names['owner']}/{self.names['repo']}")
        if found is None or (found.private and not self._sees(found)):
            raise Refusal(404, "Not Found")
        return found

    @property
    def body(self) -> dict[str, Any]:
        """The body, which is an object."""
        try:
            value = json.loads(self.data or b"{}")
        except ValueError as cause:
            raise Refusal(400, "Problems parsing JSON") from cause
        if not isinstance(value, dict):
            raise Refusal(400, "Body should be a JSON object")
        return value

    def need(self, permission: str, level: str = "read") -> None:
        """Refuse a token that has not a permission."""
        if not self.who.may(permission, level):
            raise Refusal(403, "Resource not accessible by integration")

    def text(self, name: str, *, required: bool = True) -> str:
        """Return a text of the body."""
        value = self.body.get(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str):
            raise Refusal(
                422, "Validation Failed", [{"resource": "Body", "field": name, "code": "missing_field"}]
            )
        return value

    def _sees(self, repository: Repository) -> bool:
        if self.token is None:
            return False
        account = self.token.account
        if self.token.permissions is not None or account.id == repository.owner.id:
            return True
        member = account.id in self.world.members.get(repository.owner.id, {})
        return member or account.id in repository.roles
