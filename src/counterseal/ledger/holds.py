"""The book of legal holds: what is kept regardless of its dates, who asked for it and why, sealed.

The order is what makes it safe to be killed: a hold is put on before it is entered, and entered as off before
it is taken off. So whoever reads the book never finds less in force than it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from counterseal.errors import MalformedError, SealError, StoreConflict, StoreError, UsageError
from counterseal.ledger.documents import open_document, statement_of
from counterseal.ledger.head import StreamReader
from counterseal.ledger.layout import HOLDS, checkpoint_key, entry_key
from counterseal.ledger.verify_blobs import listed_by
from counterseal.manifest.digest import sha256
from counterseal.manifest.legal_hold import FILE_NAME, STAGE, HeldVersion, LegalHold, encode_hold, read_hold
from counterseal.manifest.pseudonym import PSEUDONYMOUS, is_pseudonym
from counterseal.manifest.record import Origin
from counterseal.manifest.release import ReleaseManifest, Retention
from counterseal.manifest.statement import encode_statement
from counterseal.manifest.types import parse_time
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.store.blobs import blob_key, put_blob
from counterseal.store.interface import Lock, Store

_KEY: Final = re.compile(r"holds/([a-z0-9-]{1,100})/([0-9]{12})/([0-9]{6})\.json")
_ATTEMPTS: Final = 20

Place = tuple[str, int, int]
"""The stream, the sequence of the release, and the number of the entry about it, from 1."""


class HoldingStore(Store, Protocol):
    """A store that knows legal holds."""

    def hold(self, key: str, version: str, on: bool) -> Lock:
        """Put a hold on a version or take it off, and return what is then in force.

        Raises:
            StoreError: the store cannot do, or cannot prove, that.
        """


@dataclass(frozen=True, slots=True)
class EnteredHold:
    """A hold as one entry of the book has it.

    Attributes:
        hold: the hold.
        place: whose it is, and which entry.
        payload: the digest of the record's payload.
        key: where the entry lies.
        document: the digest of the hold's document.
    """

    hold: LegalHold
    place: Place
    payload: str
    key: str
    document: str


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a hold, why, and when.

    Attributes:
        by: who.
        reason: why.
        at: the present moment, a `Time`.
        origin: the commit and run that ask.
    """

    by: str
    reason: str
    at: str
    origin: Origin


class HoldBook:
    """The legal holds of a store.

    Args:
        store: where they are.
        trust: whose seals are believed.
    """

    def __init__(self, store: Store, trust: Trust) -> None:
        self._store, self._trust = store, trust

    def put_on(
        self, store: HoldingStore, stream: str, sequence: int, asking: Asking, sealer: Sealer
    ) -> EnteredHold:
        """Hold every version of everything of a release, prove it, and enter it.

        Args:
            store: the store, which knows holds.
            stream: the id of the stream.
            sequence: the number of the release.
            asking: who asks.
            sealer: seals the entry.

        Raises:
            SealError: the release or an entry of the book does not verify.
            UsageError: the release is pseudonymous, and whoever asks is named.
            StoreError: a hold could not be put on, or not be proven.
        """
        hold = self._hold("on", stream, sequence, asking)
        for one in hold.objects:
            store.hold(one.key, one.version, True)
        return self._enter(hold, asking, sealer)

    def take_off(
        self, store: HoldingStore, stream: str, sequence: int, asking: Asking, sealer: Sealer
    ) -> EnteredHold:
        """Enter that a release is let go, then take the hold off everything of it, and prove it.

        What another release has on hold as well stays held. Arguments and errors as of `put_on`.
        """
        shared = self._held_by_others(stream, sequence)
        hold = self._hold("off", stream, sequence, asking)
        entered = self._enter(hold, asking, sealer)
        for one in hold.objects:
            if one not in shared:
                store.hold(one.key, one.version, False)
        return entered

    def newest(self) -> Iterator[EnteredHold]:
        """Yield the newest entry about every release, in order. Errors as of `read`."""
        last: EnteredHold | None = None
        for key in self._store.keys(HOLDS):
            entered = self.read(key)
            if last is not None and last.place[:2] != entered.place[:2]:
                yield last
            last = entered
        if last is not None:
            yield last

    def read(self, key: str) -> EnteredHold:
        """Return one entry.

        Raises:
            SealError: its seal does not hold.
            MalformedError: it is no entry, or about another release than its key says.
        """
        place = place_of_hold(key)
        if place is None:
            raise MalformedError("no entry of the book of holds has this name", where=key)
        opened, data = open_document(self._store, self._trust, key, STAGE)
        hold = read_hold(data, key)
        if (hold.stream, hold.sequence) != place[:2]:
            raise MalformedError(f"the entry is about {hold.stream}/{hold.sequence}", where=key)
        return EnteredHold(hold, place, opened.payload, key, sha256(data))

    def _hold(self, state: str, stream: str, sequence: int, asking: Asking) -> LegalHold:
        """Return the hold of everything of a release, with every version that is there."""
        manifest = self._manifest(stream, sequence)
        if manifest.people == PSEUDONYMOUS and not is_pseudonym(asking.by):
            remedy = "name whoever asks by the number of their account, or give COUNTERSEAL_PSEUDONYM_KEY"
            raise UsageError(
                "the release names nobody, so its holds do not either", where="by", remedy=remedy
            )
        names = [entry_key(stream, sequence), checkpoint_key(stream, sequence)]
        names += sorted({blob_key(digest) for digest in listed_by(manifest)})
        found = tuple(one for name in names for one in self._versions(name))
        document = {"stream": stream, "sequence": sequence, "state": state, "by": asking.by}
        return LegalHold(**document, reason=asking.reason, objects=found)  # type: ignore[arg-type]

    def _manifest(self, stream: str, sequence: int) -> ReleaseManifest:
        return StreamReader(self._store, self._trust).entry(stream, sequence).manifest

    def _versions(self, key: str) -> list[HeldVersion]:
        """Return the versions of a key; one that was written over is held as well."""
        found = [one for one in self._store.versions(key) if one.key == key and not one.marker]
        if not found:
            raise StoreError("it is not there, so nothing can hold it", where=key)
        return [HeldVersion(key=key, version=one.version or "") for one in found]

    def _held_by_others(self, stream: str, sequence: int) -> set[HeldVersion]:
        entered = (one for one in self.newest() if one.place[:2] != (stream, sequence))
        return {version for one in entered if one.hold.state == "on" for version in one.hold.objects}

    def _enter(self, hold: LegalHold, asking: Asking, sealer: Sealer) -> EnteredHold:
        """Seal an entry about a hold; it is kept as long as the release that it is about."""
        retention = self._retention(hold, asking.at)
        data = encode_hold(hold)
        read_hold(data, STAGE)  # nothing is entered that could not be read
        put_blob(self._store, data, retention=retention)
        statement = statement_of(STAGE, FILE_NAME, data, at=asking.at, origin=asking.origin)
        payload = encode_statement(statement)
        folder = f"{HOLDS}{hold.stream}/{hold.sequence:012d}/"
        for _ in range(_ATTEMPTS):
            number = sum(1 for _ in self._store.keys(folder)) + 1
            key = f"{folder}{number:06d}.json"
            try:
                self._store.put(key, sealer.seal(payload), retention=retention)
            except StoreConflict:
                continue
            return self.read(key)
        raise SealError("others enter holds of this release all the time", where=folder)

    def _retention(self, hold: LegalHold, at: str) -> Retention | None:
        retention = self._manifest(hold.stream, hold.sequence).retention
        if retention is None or parse_time(retention.retain_until) <= parse_time(at):
            return None  # what has run out cannot be promised again
        return retention


def place_of_hold(key: str) -> Place | None:
    """Return what a key of the book names, or None when it is no name of the book's."""
    match = _KEY.fullmatch(key)
    if match is None or not int(match[2]) or not int(match[3]):
        return None
    return match[1], int(match[2]), int(match[3])
