"""The book of incidents: what is known of each, sealed; what is learnt later replaces nothing.

An incident is one of a repository, and so is its book: two repositories may both have an `issue-12`. Books of
before that was so are named by the incident alone, and nothing new is entered in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from counterseal.errors import SealError
from counterseal.ledger.book import About, Book, Draft, Entered, Kind
from counterseal.ledger.head import StreamReader
from counterseal.ledger.layout import INCIDENTS, STREAMS, entry_key, place_of
from counterseal.manifest.incident import FILE_NAME, STAGE, Incident, incident_of, plain_incident
from counterseal.manifest.record import Origin
from counterseal.manifest.stream import repository_id
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.store.interface import Retention, Store

_TOPIC: Final = r"(?:[a-z0-9-]{1,60}-[0-9a-f]{16}/)?[a-z0-9][a-z0-9._-]{0,99}"


def _about(says: dict[str, Any], where: str) -> About:
    """Return the repository's incident that a page is about, and the name that its book had once."""
    incident = incident_of(says, where)
    return About((f"{repository_id(incident.service)}/{incident.id}", incident.id), (incident.service,))


KIND: Final = Kind(INCIDENTS, _TOPIC, STAGE, FILE_NAME, "incident", _about)
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

    @property
    def old(self) -> bool:
        """Whether its book is named by the incident alone."""
        return self.key.count("/") == 2  # noqa: PLR2004 - the folder, the incident and the page


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

        says = plain_incident(incident)
        topic = _about(says, incident.id).topics[0]

        def draft() -> Draft | None:
            before, _ = self.book.last(topic)
            if before is not None and incident_in(before).incident == incident:
                return None
            return self.book.draft(says, at=at, origin=origin, sealer=sealer)

        entered = self.book.enter(draft, retention)
        return None if entered is None else incident_in(entered)

    def newest(self) -> Iterator[EnteredIncident]:
        """Yield the newest page about every incident of every repository; what an old book has comes first.

        Raises:
            SealError, MalformedError: a page is not what it should be, or is missing.
            StoreError: the store failed.
        """
        told = sorted(map(incident_in, self.book.entries()), key=lambda one: not one.old)
        yield from {(one.incident.service, one.incident.id): one for one in told}.values()


def unlinked(store: Store, trust: Trust, incident: Incident) -> Iterator[tuple[str, str]]:
    """Yield the releases that an incident names and that count for nothing, in order, each with the reason.

    Raises:
        StoreError: the store failed.
    """
    for name in sorted({*incident.caused_by, *incident.reworked_by}):
        stream, _, number = name.rpartition("/")
        place = place_of(f"{STREAMS}{stream}/{number.zfill(12)}.jsonl")
        if place is None or name != f"{stream}/{place[1]}" or store.head(entry_key(*place)) is None:
            yield name, "which is not in the store"
        elif (of := _repository_of(store, trust, place)) != incident.service:
            yield name, f"which is of {of}" if of else "which does not verify"


def _repository_of(store: Store, trust: Trust, place: tuple[str, int]) -> str | None:
    """Return the repository that a release is of; None where it does not verify."""
    try:
        return StreamReader(store, trust).entry(*place).manifest.chain.stream.repository
    except SealError:
        return None


def incident_in(entered: Entered) -> EnteredIncident:
    """Return the incident that a page is about."""
    incident = incident_of(entered.page.says, entered.key)
    return EnteredIncident(incident, entered.page.number, entered.payload, entered.key)
