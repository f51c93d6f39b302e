"""Sightings: what somebody did about a request, sealed as it was seen first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from counterseal.errors import SealError
from counterseal.ledger.layout import APPROVALS
from counterseal.ledger.requests_shelf import Shelf
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file

SIGHTING: Final = "urn:counterseal:approval-sighting:v1"
"""The predicate type of a sighting, which never leaves the store."""


@dataclass(frozen=True)
class Sighting:
    """What somebody did, as it was seen first.

    Attributes:
        event: the event.
        seen_at: when it was seen, by the forge's clock.
        groups: the groups that the account belonged to then; None when that was not known.
    """

    event: dict[str, Any]
    seen_at: str
    groups: tuple[str, ...] | None = None


class Sightings:
    """The sightings of every request.

    Args:
        shelf: where they are.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def see(self, name: str, event_id: str, make: Callable[[], Sighting]) -> Sighting:
        """Return what was seen first of an event, keeping it when nobody has seen it before.

        Args:
            name: the request.
            event_id: the event.
            make: returns what is seen now.
        """
        key = f"{name}/seen/{sha256(event_id.encode())}.json"
        if not self._shelf.has(key):
            if not self._shelf.can_seal:
                return make()
            self._shelf.create(key, self._shelf.seal(_payload(name, make())))
        return self._read(name, key)  # whoever was faster has seen it first

    def all(self, name: str) -> tuple[Sighting, ...]:
        """Return everything that was ever seen of a request.

        Raises:
            SealError: one was altered, or belongs to another request.
        """
        return tuple(self._read(name, key) for key in self._shelf.keys(f"{name}/seen/"))

    def _read(self, name: str, key: str) -> Sighting:
        where = APPROVALS + key
        statement = read_statement(self._shelf.payload(self._shelf.get(key), key), where=where)
        found: Any = statement.predicate
        if statement.predicate_type != SIGHTING or found.get("request") != name:
            raise SealError("this is no sighting of this request", where=where)
        event, seen_at, groups = found.get("event"), found.get("seenAt"), found.get("groups")
        if not isinstance(event, dict) or key != f"{name}/seen/{sha256(str(event.get('id')).encode())}.json":
            raise SealError("this is the sighting of another event", where=where)
        return Sighting(event, str(seen_at), None if groups is None else tuple(groups))


def _payload(name: str, sighting: Sighting) -> bytes:
    predicate = {"event": sighting.event, "seenAt": sighting.seen_at, "request": name}
    if sighting.groups is not None:
        predicate["groups"] = list(sighting.groups)
    subject = subject_of_file("approval-request", sha256(name.encode()))
    return encode_statement(Statement((subject,), SIGHTING, predicate))
