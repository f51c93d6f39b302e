"""Debts: emergencies that were let through, and whose review is owed until it was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from counterseal.ledger.requests_shelf import Shelf

_FOLDER: Final = "debts/"


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
    """The debts of a store.

    Args:
        shelf: where they are.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def owe(self, owed: Owed) -> None:
        """Remember a debt; what was due first stays so."""
        self._shelf.note(
            f"{_FOLDER}{owed.request}/owed.json",
            dueAt=owed.due_at,
            repository=owed.repository,
            environment=owed.environment,
        )

    def pay(self, name: str, at: str) -> None:
        """Remember that an emergency was reviewed."""
        self._shelf.note(f"{_FOLDER}{name}/paid.json", at=at)

    def unpaid(self) -> Iterator[Owed]:
        """Yield every debt that is not paid.

        Raises:
            MalformedError: a debt cannot be read.
        """
        keys = list(self._shelf.keys(_FOLDER))
        paid = {key.split("/")[1] for key in keys if key.endswith("/paid.json")}
        for key in keys:
            name = key.split("/")[1]
            if key.endswith("/owed.json") and name not in paid:
                words = (self._shelf.text(key, word) for word in ("dueAt", "repository", "environment"))
                yield Owed(name, *words)
