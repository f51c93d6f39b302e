"""The book of incidents: what is known of each, sealed; what is learnt later replaces nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from counterseal.errors import MalformedError, SealError, StoreConflict
from counterseal.ledger.documents import open_document, statement_of
from counterseal.ledger.layout import INCIDENTS
from counterseal.manifest.digest import sha256
from counterseal.manifest.incident import FILE_NAME, STAGE, Incident, encode_incident, read_incident
from counterseal.manifest.record import Origin
from counterseal.manifest.statement import encode_statement
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.store.blobs import put_blob
from counterseal.store.interface import Retention, Store

_KEY: Final = re.compile(r"incidents/([a-z0-9][a-z0-9._-]{0,99})/([0-9]{6})\.json")
_ATTEMPTS: Final = 20


@dataclass(frozen=True)
class Entered:
    """An incident as one entry of the book has it.

    Attributes:
        incident: the incident.
        number: the number of the entry, from 1; the newest counts.
        payload: the digest of the record's payload.
        key: where the entry lies.
    """

    incident: Incident
    number: int
    payload: str
    key: str


class IncidentBook:
    """The incidents of a store.

    Args:
        store: where they are.
        trust: whose seals are believed.
        sealer: seals what is entered; not needed for reading.
    """

    def __init__(self, store: Store, trust: Trust, sealer: Sealer | None = None) -> None:
        self._store, self._trust, self._sealer = store, trust, sealer

    def enter(
        self, incident: Incident, *, at: str, origin: Origin, retention: Retention | None = None
    ) -> Entered | None:
        """Enter what is known of an incident; return None when the newest entry says the same.

        Args:
            incident: the incident.
            at: the present moment, a `Time`.
            origin: the commit and run that enter it.
            retention: how long it must be kept.

        Raises:
            SealError: there is no key, or what is there does not verify.
            StoreError: the store failed.
        """
        if self._sealer is None:
            raise SealError("nothing can be sealed without a key", where=INCIDENTS)
        data = encode_incident(incident)
        for _ in range(_ATTEMPTS):
            entries = list(self._entries(incident.id))
            if entries and entries[-1].incident == incident:
                return None
            put_blob(self._store, data, retention=retention)
            payload = encode_statement(statement_of(STAGE, FILE_NAME, data, at=at, origin=origin))
            number = entries[-1].number + 1 if entries else 1
            key = f"{INCIDENTS}{incident.id}/{number:06d}.json"
            try:
                self._store.put(key, self._sealer.seal(payload), retention=retention)
            except StoreConflict:
                continue
            return Entered(incident, number, sha256(payload), key)
        raise SealError("others enter this incident all the time", where=incident.id)

    def newest(self) -> Iterator[Entered]:
        """Yield the newest entry of every incident, in order of ids. Errors as of `entries`."""
        last: Entered | None = None
        for one in self._entries(""):
            if last is not None and last.incident.id != one.incident.id:
                yield last
            last = one
        if last is not None:
            yield last

    def _entries(self, incident: str) -> Iterator[Entered]:
        """Yield entries in order; of one incident, or of all.

        Raises:
            SealError: a seal does not hold, or an entry is missing between others.
            MalformedError: an entry is none.
        """
        before = ("", 0)
        for key in self._store.keys(f"{INCIDENTS}{incident}/" if incident else INCIDENTS):
            place = place_of_incident(key)
            if place is None:
                raise MalformedError("no entry of the book of incidents has this name", where=key)
            if place[1] != (before[1] if before[0] == place[0] else 0) + 1:
                raise SealError("an entry before this one is missing", where=key)
            before = place
            yield self.read(key)

    def read(self, key: str) -> Entered:
        """Return one entry. Errors as of `newest`."""
        opened, data = open_document(self._store, self._trust, key, STAGE)
        incident = read_incident(data, key)
        place = place_of_incident(key)
        if place is None or place[0] != incident.id:
            raise MalformedError(f"the entry is about {incident.id}", where=key)
        return Entered(incident, place[1], opened.payload, key)


def place_of_incident(key: str) -> tuple[str, int] | None:
    """Return the incident and the number that a key names, or None when it is no name of the book's."""
    match = _KEY.fullmatch(key)
    return (match[1], int(match[2])) if match and int(match[2]) else None
