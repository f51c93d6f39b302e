"""Appending: one more entry, claimed by exclusive create, acknowledged only when it can be read back.

The order of writes is the whole protocol. A checkpoint for the head is there before the next entry is, so
every entry but the newest has one, and whoever comes next completes what a killed process left undone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from counterseal.errors import InternalFault, StoreConflict, StoreError
from counterseal.ledger.checkpoint import checkpoint_payload
from counterseal.ledger.entry import Entry, encode_entry
from counterseal.ledger.head import Head, StreamReader
from counterseal.ledger.layout import STREAMS, entry_key, identity_of
from counterseal.ledger.verdict import verdict_payload
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import Digest
from counterseal.manifest.release import Chain, ReleaseManifest, Stream
from counterseal.manifest.statement import Statement, encode_statement
from counterseal.manifest.types import format_time
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.store.interface import Store

__all__ = ["LOOK_BACK", "Appended", "Build", "Head", "Ledger"]

LOOK_BACK: Final = 64
"""How many entries `find` looks back over."""

_TRIES: Final = 100
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 1.0  # seconds; each pause is drawn from 0 to a bound that doubles


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry that is acknowledged: it and its checkpoint are durable and were read back.

    Attributes:
        entry_key: the entry's key.
        checkpoint_key: its checkpoint's key.
        sequence: its number in the stream.
        payload_digest: the digest of the manifest's payload.
        bundle: the manifest's bundle.
        vsa: the verdict's envelope.
        statement: the manifest's statement.
    """

    entry_key: str
    checkpoint_key: str
    sequence: int
    payload_digest: str
    bundle: bytes
    vsa: bytes
    statement: Statement


Build = Callable[[Chain, Head | None], Statement]
"""Makes the manifest's statement for a place in the chain, given the entry before it. May be called again."""


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The streams of a store, and the keys that seal new entries.

    Args:
        store: where the entries are.
        sealer: seals manifests and verdicts.
        checkpoint_sealer: seals checkpoints; the same sealer when there is no other.
        trust: whom to believe. With it, what is built upon and what is added must verify; without it,
            only the form and the place of the head are checked.
        clock: tells the time of checkpoints.
    """

    def __init__(
        self,
        store: Store,
        sealer: Sealer,
        checkpoint_sealer: Sealer | None = None,
        *,
        trust: Trust | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._checkpoint_sealer = checkpoint_sealer or sealer
        self._reader = StreamReader(store, trust)
        self._clock = clock

    def head(self, stream: Stream) -> Head | None:
        """Return the newest entry of a stream, or None when it has none.

        Raises:
            SealError: when the stream has a hole or a foreign object, or its head does not verify.
            StoreError: when the store cannot be read.
        """
        return self._reader.head(identity_of(stream))

    def append(self, stream: Stream, build: Build) -> Appended:
        """Add an entry to a stream and return it once it is acknowledged.

        Raises:
            StoreConflict: when others were faster every time.
            SealError: when the stream cannot be built upon, or the new seals do not verify.
            StoreError: when the store fails, or does not give back what was written.
        """
        identity = identity_of(stream)
        head = self._reader.head(identity)
        for attempt in range(_TRIES):
            if head:
                self._complete(head)
            candidate = self._seal(stream, head, build)
            checkpoint = self._checkpoint(candidate)  # judged as well before the entry is there for good
            if self._claim(candidate):
                return self._acknowledge(candidate, checkpoint)
            bound = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
            time.sleep(random.uniform(0, bound))  # noqa: S311 - full jitter, not a secret
            head = self._reader.head(identity, head)
        raise StoreConflict(
            f"others were faster {_TRIES} times", where=f"{STREAMS}{identity}/", remedy="run this again"
        )

    def find(self, stream: Stream, matches: Callable[[ReleaseManifest], bool]) -> Appended | None:
        """Return the newest of the last `LOOK_BACK` entries that matches, or None.

        With it a run that was killed finds, when it is run again, what it has already written; what was
        left undone is completed, so the answer is as good as that of `append`.

        Args:
            stream: the stream.
            matches: tells whether a manifest is the one that is looked for.

        Raises:
            SealError, StoreError: as `append`.
        """
        newest = self.head(stream)
        last = newest.sequence if newest else 0
        for sequence in range(last, max(0, last - LOOK_BACK), -1):
            found = (
                newest if newest and sequence == last else self._reader.entry(identity_of(stream), sequence)
            )
            if matches(found.manifest):
                if sequence == last:
                    self._complete(found)
                else:
                    self._reader.confirm_checkpoint(found)
                return _appended(found)
        return None

    def _seal(self, stream: Stream, head: Head | None, build: Build) -> Head:
        """Build and seal the next entry; nothing is written yet."""
        previous = Digest(sha256=head.payload_digest) if head else None
        chain = Chain(stream=stream, sequence=head.sequence + 1 if head else 1, previous=previous)
        key = entry_key(identity_of(stream), chain.sequence)
        statement = build(chain, head)
        if not isinstance(statement.predicate, ReleaseManifest) or statement.predicate.chain != chain:
            raise InternalFault("what was built is not the manifest of this place in the chain", where=key)
        payload = encode_statement(statement)
        read_statement(payload, where=key)  # nothing is appended that breaks a rule of the format
        digest = sha256(payload)
        bundle = self._sealer.seal(payload)
        self._reader.open(bundle, "release", key)  # judged first, since an entry cannot be taken back
        verdict = self._sealer.envelope(verdict_payload(statement, digest, sha256(bundle)))
        return Head(key, chain.sequence, digest, statement, Entry(bundle, verdict))

    def _claim(self, candidate: Head) -> bool:
        """Create the entry; return False when the place is taken."""
        data = encode_entry(candidate.entry)
        try:
            self._store.put(candidate.key, data, retention=candidate.manifest.retention)
        except StoreConflict:
            # A store may have repeated our own request after an answer that was lost on the way.
            return self._store.get(candidate.key) == data
        return True

    def _acknowledge(self, written: Head, checkpoint: bytes) -> Appended:
        self._complete(written, checkpoint)
        if self._store.get(written.key) != encode_entry(written.entry):
            raise StoreError("the store does not give back what was written", where=written.key)
        return _appended(written)

    def _complete(self, head: Head, checkpoint: bytes | None = None) -> None:
        """Make sure that the newest entry has its checkpoint, whoever writes it."""
        if self._store.head(head.checkpoint_key) is None:
            bundle = checkpoint or self._checkpoint(head)
            with suppress(StoreConflict):  # somebody else was faster
                self._store.put(head.checkpoint_key, bundle, retention=head.manifest.retention)
        self._reader.confirm_checkpoint(head)

    def _checkpoint(self, head: Head) -> bytes:
        now = format_time(self._clock())
        payload = checkpoint_payload(head.manifest.chain.stream, head.sequence, head.payload_digest, now)
        bundle = self._checkpoint_sealer.seal(payload)
        self._reader.open(bundle, "checkpoint", head.checkpoint_key)
        return bundle


def _appended(head: Head) -> Appended:
    return Appended(
        entry_key=head.key,
        checkpoint_key=head.checkpoint_key,
        sequence=head.sequence,
        payload_digest=head.payload_digest,
        bundle=head.entry.bundle,
        vsa=head.entry.vsa,
        statement=head.statement,
    )
