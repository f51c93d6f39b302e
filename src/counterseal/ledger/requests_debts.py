"""Debts: emergencies that were let through, and whose review is owed until it was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from counterseal.errors import SealError
from counterseal.ledger.layout import APPROVALS
from counterseal.ledger.requests_shelf import Shelf
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file

DEBT: Final = "urn:counterseal:approval-debt:v1"
"""The predicate type of a debt, which never leaves the store."""

_FOLDER: Final = "debts/"
_PARTS: Final = {"owed": {"request", "dueAt", "environment", "repository"}, "paid": {"request", "paidAt"}}


@dataclass(frozen=True)
class Owed:
    """An emergency whose review is owed.

    Attributes:
        request: the emergency's request.
        due_at: by when it must be reviewed.
        repository: the repository that was released, as a URI.
        environment: where it went.
    """

    request: str
    due_at: str
    repository: str
    environment: str


class Debts:
    """The debts of a store, sealed: whoever can write into the store still cannot call a review given.

    Args:
        shelf: where they are.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def owe(self, owed: Owed) -> None:
        """Remember a debt; what was due first stays so.

        Raises:
            UsageError: there is no key.
        """
        said = {"dueAt": owed.due_at, "environment": owed.environment, "repository": owed.repository}
        self._keep(owed.request, "owed", said)

    def pay(self, name: str, at: str) -> None:
        """Remember that an emergency was reviewed; errors as of `owe`."""
        self._keep(name, "paid", {"paidAt": at})

    def unpaid(self) -> Iterator[Owed]:
        """Yield every debt that is not paid.

        Raises:
            SealError: what says that one is owed, or was paid, was altered or is about something else.
            MalformedError: it cannot be read.
        """
        keys = list(self._shelf.keys(_FOLDER))
        paid = {name for key in keys if key.endswith("/paid.json") and self._said(name := _name(key), "paid")}
        for key in keys:
            if key.endswith("/owed.json") and (name := _name(key)) not in paid:
                due, environment, repository = self._said(name, "owed")
                yield Owed(name, due, repository, environment)

    def paid(self) -> dict[str, str]:
        """Return when each emergency was reviewed, by its request. Errors as of `unpaid`."""
        keys = (key for key in self._shelf.keys(_FOLDER) if key.endswith("/paid.json"))
        return {_name(key): self._said(_name(key), "paid")[0] for key in keys}

    def _keep(self, name: str, word: str, said: dict[str, str]) -> None:
        key = _key(name, word)
        if not self._shelf.has(key):
            subject = subject_of_file("approval-request", sha256(name.encode()))
            statement = Statement((subject,), DEBT, {"request": name, **said})
            self._shelf.create(key, self._shelf.seal(encode_statement(statement)))

    def _said(self, name: str, word: str) -> tuple[str, ...]:
        """Return what a sealed document says, in the order of the names of its parts."""
        key = _key(name, word)
        where = APPROVALS + key
        statement = read_statement(self._shelf.payload(self._shelf.get(key), key), where=where)
        said = statement.predicate
        if statement.predicate_type != DEBT or (said.get("request"), said.keys()) != (name, _PARTS[word]):
            raise SealError("this says nothing of this debt", where=where)
        return tuple(str(said[part]) for part in sorted(_PARTS[word] - {"request"}))


def _key(name: str, word: str) -> str:
    return f"{_FOLDER}{name}/{word}.json"


def _name(key: str) -> str:
    return key.split("/")[1]
