"""The book of legal holds: what is kept regardless of its dates, who asked for it and why, sealed.

The order is what makes it safe to be killed: a hold is put on before it is entered, and entered as off before
it is taken off. So whoever reads the book never finds less in force than it says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from counterseal.errors import StoreError, UsageError
from counterseal.ledger.book import About, Book, Draft, Entered, Kind
from counterseal.ledger.head import StreamReader
from counterseal.ledger.layout import HOLDS, checkpoint_key, entry_key
from counterseal.ledger.verify_blobs import listed_by
from counterseal.manifest.legal_hold import FILE_NAME, STAGE, HeldVersion, LegalHold, hold_of, plain_hold
from counterseal.manifest.pseudonym import PSEUDONYMOUS, is_pseudonym, without_pseudonyms
from counterseal.manifest.record import Origin
from counterseal.manifest.release import ReleaseManifest, Retention
from counterseal.manifest.types import parse_time
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.store.blobs import blob_key
from counterseal.store.interface import Lock, Store


def _about(says: dict[str, Any], where: str) -> About:
    """Return the release that a hold is about; an old one does not say of which repository it is."""
    hold = hold_of(says, where)
    names = (hold.stream, hold.of.repository) if hold.of else (hold.stream,)
    return About((_topic(hold.stream, hold.sequence),), names)


KIND: Final = Kind(HOLDS, r"[a-z0-9-]{1,100}/[0-9]{12}", STAGE, FILE_NAME, "hold", _about)
"""The books of holds, one for each release."""


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
        number: the number of the entry about its release, from 1.
        payload: the digest of the record's payload.
        key: where the entry lies.
        at: when it was entered.
    """

    hold: LegalHold
    number: int
    payload: str
    key: str
    at: str

    @property
    def release(self) -> tuple[str, int]:
        """The release that it is about: its stream and sequence."""
        return self.hold.stream, self.hold.sequence


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
        self.book = Book(store, trust, KIND)
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
            SealError: the release does not verify, or nobody would believe the entry; nothing is held then.
            UsageError: the release is pseudonymous, and whoever asks is named.
            StoreError: a hold could not be put on, or not be proven.
        """
        hold = self._hold("on", stream, sequence, asking)
        self._draft(hold, asking, sealer)  # judged before anything is held that nobody could enter
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
        """Yield the newest entry about every release, in order. Errors as of `Book.entries`."""
        return map(hold_in, self.book.newest())

    def read(self, key: str) -> EnteredHold:
        """Return one entry, whatever comes before it. Errors as of `Book.read`."""
        return hold_in(self.book.read(key))

    def promised(self, hold: EnteredHold) -> Retention | None:
        """Return for how long an entry must be kept: as long as the release, where that lay ahead.

        Raises:
            SealError, StoreError: the release does not verify, or cannot be read.
        """
        return self._retention(hold.hold, hold.at)

    def _hold(self, state: str, stream: str, sequence: int, asking: Asking) -> LegalHold:
        """Return the hold of everything of a release, with every version that is there."""
        manifest = self._manifest(stream, sequence)
        told = is_pseudonym(asking.by) and "@" not in without_pseudonyms(asking.reason)
        if manifest.people == PSEUDONYMOUS and not told:
            remedy = "name whoever asks by the number of their account, or give COUNTERSEAL_PSEUDONYM_KEY"
            raise UsageError(
                "the release names nobody, so its holds do not either", where="by", remedy=remedy
            )
        names = [entry_key(stream, sequence), checkpoint_key(stream, sequence)]
        names += sorted({blob_key(digest) for digest in listed_by(manifest)})
        found = tuple(one for name in names for one in self._versions(name))
        document = {"stream": stream, "sequence": sequence, "state": state, "by": asking.by}
        of = manifest.chain.stream
        return LegalHold(**document, reason=asking.reason, objects=found, of=of)  # type: ignore[arg-type]

    def _manifest(self, stream: str, sequence: int) -> ReleaseManifest:
        return StreamReader(self._store, self._trust).entry(stream, sequence).manifest

    def _versions(self, key: str) -> list[HeldVersion]:
        """Return the versions of a key; one that was written over is held as well."""
        found = [one for one in self._store.versions(key) if one.key == key and not one.marker]
        if not found:
            raise StoreError("it is not there, so nothing can hold it", where=key)
        return [HeldVersion(key=key, version=one.version or "") for one in found]

    def _held_by_others(self, stream: str, sequence: int) -> set[HeldVersion]:
        """Return what other releases have on hold; where a page is wrong, all that was ever held is."""
        now: dict[str, set[HeldVersion]] = defaultdict(set)
        ever: dict[str, set[HeldVersion]] = defaultdict(set)
        doubtful = set()
        for leaf in self.book.walk(self._store.keys(HOLDS)):
            if isinstance(leaf.wrong, StoreError):
                raise leaf.wrong
            if leaf.wrong is not None:
                doubtful.add(leaf.topic)
            if leaf.entered is not None:
                hold = hold_in(leaf.entered).hold
                now[leaf.topic] = set(hold.objects) if hold.state == "on" else set()
                ever[leaf.topic] |= now[leaf.topic]
        now.pop(_topic(stream, sequence), None)
        return {one for topic in now for one in (ever if topic in doubtful else now)[topic]}

    def _draft(self, hold: LegalHold, asking: Asking, sealer: Sealer) -> Draft:
        return self.book.draft(plain_hold(hold), at=asking.at, origin=asking.origin, sealer=sealer)

    def _enter(self, hold: LegalHold, asking: Asking, sealer: Sealer) -> EnteredHold:
        """Seal an entry about a hold; it is kept as long as the release that it is about."""
        entered = self.book.enter(lambda: self._draft(hold, asking, sealer), self._retention(hold, asking.at))
        assert entered is not None  # noqa: S101 - there is always something to enter
        return hold_in(entered)

    def _retention(self, hold: LegalHold, at: str) -> Retention | None:
        retention = self._manifest(hold.stream, hold.sequence).retention
        if retention is None or parse_time(retention.retain_until) <= parse_time(at):
            return None  # what has run out cannot be promised again
        return retention


def hold_in(entered: Entered) -> EnteredHold:
    """Return the hold that a page is about."""
    hold, page = hold_of(entered.page.says, entered.key), entered.page
    return EnteredHold(hold, page.number, entered.payload, entered.key, entered.at)


def _topic(stream: str, sequence: int) -> str:
    return f"{stream}/{sequence:012d}"
