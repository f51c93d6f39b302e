"""Debts: emergencies that were let through, and whose review is owed until it was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from counterseal.errors import CountersealError, MalformedError, SealError, StoreError
from counterseal.ledger import requests_layout
from counterseal.ledger.layout import APPROVALS
from counterseal.ledger.requests_shelf import Shelf
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file
from counterseal.manifest.types import parse_time

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


@dataclass(frozen=True)
class Doubt:
    """A debt of which nobody can tell whether it is owed.

    Attributes:
        request: the emergency's request.
        message: why not.
        owed: the debt, where only its review cannot be told.
    """

    request: str
    message: str
    owed: Owed | None = None


@dataclass(frozen=True)
class Reviews:
    """Which emergencies were reviewed.

    Attributes:
        given: when each was, by its request.
        doubts: why it cannot be told of others.
    """

    given: Mapping[str, str]
    doubts: Mapping[str, str]


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
            SealError: nobody would believe the key.
            MalformedError: the time is none.
        """
        parse_time(owed.due_at)
        said = {"dueAt": owed.due_at, "environment": owed.environment, "repository": owed.repository}
        self._keep(owed.request, "owed", said)

    def pay(self, name: str, at: str) -> None:
        """Remember that an emergency was reviewed; errors as of `owe`."""
        parse_time(at)
        self._keep(name, "paid", {"paidAt": at})

    def standing(self) -> Iterator[Owed | Doubt]:
        """Yield every debt that is not paid, and every one of which nobody can tell whether it is.

        What has no name of a debt is none, and is for `verify` to name.

        Raises:
            StoreError: the store cannot be listed.
        """
        for name, words in self._names().items():
            if "owed" not in words:
                continue  # a review that nobody owes
            owed = self._attempt(name, "owed")
            paid = self._attempt(name, "paid") if "paid" in words else None
            if isinstance(paid, CountersealError):
                yield Doubt(name, paid.message, owed if isinstance(owed, Owed) else None)
            elif paid is None and isinstance(owed, CountersealError):
                yield Doubt(name, owed.message)
            elif paid is None and isinstance(owed, Owed):
                yield owed

    def unpaid(self) -> Iterator[Owed]:
        """Yield every debt of which it is certain that it is not paid. Errors as of `standing`."""
        return (one for one in self.standing() if isinstance(one, Owed))

    def reviews(self) -> Reviews:
        """Return which emergencies were reviewed. Errors as of `standing`."""
        found = {
            name: self._attempt(name, "paid") for name, words in self._names().items() if "paid" in words
        }
        doubts = {name: one.message for name, one in found.items() if isinstance(one, CountersealError)}
        return Reviews({name: one for name, one in found.items() if isinstance(one, str)}, doubts)

    def _names(self) -> dict[str, set[str]]:
        """Return what there is of each debt, in order."""
        found: dict[str, set[str]] = {}
        for key in self._shelf.keys(_FOLDER):
            if match := requests_layout.DEBT.fullmatch(key):
                found.setdefault(match[1], set()).add(match[2])
        return found

    def _attempt(self, name: str, word: str) -> Owed | str | CountersealError:
        """Return a debt, when it was paid, or why neither can be told."""
        try:
            said = self._said(name, word)
        except (StoreError, SealError, MalformedError) as refusal:
            return refusal
        if word == "paid":
            return said["paidAt"]
        return Owed(name, said["dueAt"], said["repository"], said["environment"])

    def _keep(self, name: str, word: str, said: dict[str, str]) -> None:
        key = _key(name, word)
        if not self._shelf.has(key):
            subject = subject_of_file("approval-request", sha256(name.encode()))
            statement = Statement((subject,), DEBT, {"request": name, **said})
            self._shelf.create(key, self._shelf.seal(encode_statement(statement)))

    def _said(self, name: str, word: str) -> dict[str, str]:
        """Return what a sealed document says."""
        key = _key(name, word)
        where = APPROVALS + key
        statement = read_statement(self._shelf.payload(self._shelf.get(key), key), where=where)
        said = statement.predicate
        if statement.predicate_type != DEBT or (said.get("request"), said.keys()) != (name, _PARTS[word]):
            raise SealError("this says nothing of this debt", where=where)
        if not all(isinstance(one, str) for one in said.values()):
            raise MalformedError("a debt is told in texts", where=where)
        parse_time(said["dueAt" if word == "owed" else "paidAt"], where=where)
        found: dict[str, str] = said
        return found


def _key(name: str, word: str) -> str:
    return f"{_FOLDER}{name}/{word}.json"
