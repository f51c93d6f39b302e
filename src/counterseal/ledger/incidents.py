"""The book of incidents: what is known of each, sealed; what is learnt later replaces nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from counterseal.errors import MalformedError, SealError
from counterseal.ledger.book import Book, Draft, Entered, Kind
from counterseal.ledger.layout import INCIDENTS, STREAMS, entry_key, place_of
from counterseal.manifest.incident import FILE_NAME, STAGE, Incident, incident_of, plain_incident
from counterseal.manifest.record import Origin
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.store.interface import Retention, Store

KIND: Final = Kind(INCIDENTS, r"[a-z0-9][a-z0-9._-]{0,99}", STAGE, FILE_NAME, "incident")
"""The books of incidents, one for each."""


@dataclass(frozen=True)
class EnteredIncident:
    """An incident as one page of its book has it.

    Attributes:
        incident: the incident.
        number: the number of the page, from 1; the newest counts.
        payload: the digest of the record's payload.
        key: where the page lies.
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
        self.book = Book(store, trust, KIND)
        self._sealer = sealer

    def enter(
        self, incident: Incident, *, at: str, origin: Origin, retention: Retention | None = None
    ) -> EnteredIncident | None:
        """Enter what is known of an incident; return None when the newest page says the same.

        Args:
            incident: the incident.
            at: the present moment, a `Time`.
            origin: the commit and run that enter it.
            retention: how long it must be kept.

        Raises:
            SealError: there is no key, or no reader would believe it.
            StoreError: the store failed.
        """
        sealer = self._sealer
        if sealer is None:
            raise SealError("nothing can be sealed without a key", where=INCIDENTS)

        def draft() -> Draft | None:
            before, _ = self.book.last(incident.id)
            if before is not None and incident_in(before).incident == incident:
                return None
            return self.book.draft(incident.id, plain_incident(incident), at=at, origin=origin, sealer=sealer)

        entered = self.book.enter(draft, retention)
        return None if entered is None else incident_in(entered)

    def newest(self) -> Iterator[EnteredIncident]:
        """Yield the newest page about every incident, in order of ids.

        Raises:
            SealError, MalformedError: a page is not what it should be, or is missing.
            StoreError: the store failed.
        """
        return map(incident_in, self.book.newest())


def unknown_releases(store: Store, incident: Incident) -> Iterator[str]:
    """Yield the releases that an incident names and that the store does not have, in order.

    Raises:
        StoreError: the store failed.
    """
    for name in sorted({*incident.caused_by, *incident.reworked_by}):
        stream, _, number = name.rpartition("/")
        place = place_of(f"{STREAMS}{stream}/{number.zfill(12)}.jsonl")
        if place is None or name != f"{stream}/{place[1]}" or store.head(entry_key(*place)) is None:
            yield name


def incident_in(entered: Entered) -> EnteredIncident:
    """Return the incident that a page is about.

    Raises:
        MalformedError: it is about none, or about another than the book.
    """
    incident, page = incident_of(entered.page.says, entered.key), entered.page
    if page.book != f"{INCIDENTS}{incident.id}":
        raise MalformedError(f"the page is about {incident.id}", where=entered.key)
    return EnteredIncident(incident, page.number, entered.payload, entered.key)
