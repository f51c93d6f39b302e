"""Verifying one stream: its entries in order, the chain between them, and the checkpoints beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from counterseal.errors import StoreError
from counterseal.ledger.chain import ChainWalk, Link, link_of
from counterseal.ledger.checkpoint import read_checkpoint
from counterseal.ledger.entry import Entry, decode_entry
from counterseal.ledger.layout import STREAMS, checkpoint_key, entry_key, identity_of
from counterseal.ledger.opened import Opened, open_sealed, require_manifest
from counterseal.ledger.report import Place, Tally
from counterseal.ledger.verify_blobs import BlobVerifier, Carried, CarriedEntry, Watch
from counterseal.ledger.verify_verdict import verify_verdict
from counterseal.ledger.vouch import VouchedTrust
from counterseal.manifest.release import Checkpoint, ReleaseManifest
from counterseal.seal.trust import Trust
from counterseal.store.interface import Store

ANCHOR: Final = Place("anchor")
"""The place of a checkpoint that was kept elsewhere."""


@dataclass(frozen=True, slots=True)
class StreamVerifier:
    """Verifies streams.

    Attributes:
        store: where they are.
        trust: whom to believe.
        blobs: checks what the manifests list.
        tally: takes the findings.
        watch: is told what is read, and says of which releases the records and files are verified; without
            one they are of every release.
        carried: what was verified before; without it nothing was.
    """

    store: Store
    trust: VouchedTrust
    blobs: BlobVerifier
    tally: Tally
    watch: Watch | None = None
    carried: Carried | None = None

    def verify(
        self,
        stream: str,
        entries: Iterable[int],
        checkpoints: Iterable[int],
        *,
        only: int | None,
        anchor: Checkpoint | None,
    ) -> None:
        """Check one stream.

        Args:
            stream: the stream's id.
            entries: the sequences that the keys of its entries name, ascending.
            checkpoints: the same of its checkpoints.
            only: the one entry whose records and evidence are checked, or None for every entry.
            anchor: a verified checkpoint of this stream that was kept elsewhere, or None.
        """
        self.tally.streams += 1
        walk = self._walk(stream, entries, only)
        self._checkpoints(walk, checkpoints, anchor.sequence if anchor else 0)
        if anchor:
            self._on_chain(ANCHOR, anchor, walk, "anchor")
        if only is not None and only not in walk.payloads:
            self.tally.find(Place(STREAMS + stream, stream, only), "entry-missing", "there is no such entry")

    def verify_alone(self, stream: str, sequence: int) -> None:
        """Check one entry and its checkpoint, and not the chain that they are of."""
        self.tally.entries += 1
        self._entry(Place(entry_key(stream, sequence), stream, sequence), deep=True)
        place = Place(checkpoint_key(stream, sequence), stream, sequence)
        self.tally.attempt(place, "checkpoint", lambda: self._open_checkpoint(place))

    def _walk(self, stream: str, sequences: Iterable[int], only: int | None) -> ChainWalk:
        walk = ChainWalk(stream)
        for sequence in sequences:
            self.tally.entries += 1
            place = Place(entry_key(stream, sequence), stream, sequence)
            link = self._entry(place, deep=only in {None, sequence})
            for problem in walk.visit(sequence, link):
                self.tally.find(place, problem.code, problem.message)
        return walk

    def _checkpoints(self, walk: ChainWalk, sequences: Iterable[int], acknowledged: int) -> None:
        """Check the checkpoints against the chain; up to `acknowledged` there were some for certain."""
        present = set()
        for sequence in sequences:
            present.add(sequence)
            self._checkpoint(Place(checkpoint_key(walk.stream, sequence), walk.stream, sequence), walk)
        for sequence in sorted(walk.payloads.keys() - present):
            place = Place(checkpoint_key(walk.stream, sequence), walk.stream, sequence)
            if sequence == walk.last and sequence > acknowledged:
                text = "the newest entry has no checkpoint: whoever wrote it was never told that it was kept"
                self.tally.notice(place, "not-acknowledged", text)
            else:
                self.tally.find(place, "checkpoint-missing", "the entry's checkpoint is missing")

    def _entry(self, place: Place, *, deep: bool) -> Link | None:
        if (known := self._known(place)) is not None:
            self.blobs.mention(known.manifest, known.keys)
            return known.link
        read = self.tally.attempt(place, "entry", lambda: self._manifest(place))
        if read is None:
            return None
        entry, opened, manifest = read
        if self.watch is not None:
            deep = self.watch.entry(place, opened, manifest)
        trust = self.trust.at(opened.trusted_time)
        self.tally.attempt(place, "verdict", lambda: self._verdict(entry, opened, trust, place))
        if deep:
            self.blobs.release(manifest, trust, place)
        else:
            self.blobs.mention(manifest)
        return link_of(manifest, opened.payload)

    def _known(self, place: Place) -> CarriedEntry | None:
        """Return an entry that was verified before and has the same bytes still."""
        if self.carried is None:
            return None
        try:
            return self.carried.entry(place.stream or "", place.sequence or 0, self._reader(place))
        except StoreError:
            return None  # it is read once more, and told

    def _reader(self, place: Place) -> Callable[[], bytes]:
        return lambda: self.store.get(place.where)

    def _manifest(self, place: Place) -> tuple[Entry, Opened, ReleaseManifest]:
        entry = decode_entry(self.store.get(place.where), where=place.where)
        opened = open_sealed(entry.bundle, self.trust.trust, "release", where=place.where)
        self.tally.signatures += 1
        return entry, opened, require_manifest(opened, where=place.where)

    def _verdict(self, entry: Entry, manifest: Opened, trust: Trust, place: Place) -> None:
        verify_verdict(entry, manifest, trust, where=place.where)
        self.tally.signatures += 1

    def _checkpoint(self, place: Place, walk: ChainWalk) -> None:
        opened = self.tally.attempt(place, "checkpoint", lambda: self._open_checkpoint(place))
        if opened is None:
            return
        if (identity_of(opened.stream), opened.sequence) != (walk.stream, place.sequence):
            text = f"the checkpoint is of entry {opened.sequence} of {identity_of(opened.stream)}"
            self.tally.find(place, "checkpoint-place", text)
        else:
            self._on_chain(place, opened, walk, "checkpoint")

    def _open_checkpoint(self, place: Place) -> Checkpoint:
        read = self._reader(place)
        if self.carried is not None:
            known = self.carried.checkpoint(place.stream or "", place.sequence or 0, read)
            if known is not None:
                return known
        opened = open_sealed(read(), self.trust.trust, "checkpoint", where=place.where)
        self.tally.signatures += 1
        return read_checkpoint(opened.statement, where=place.where)

    def _on_chain(self, place: Place, checkpoint: Checkpoint, walk: ChainWalk, what: str) -> None:
        """Check that a verified checkpoint of this stream lies on its chain."""
        sequence, head = checkpoint.sequence, checkpoint.head.sha256
        found = walk.payloads.get(sequence)
        if sequence > walk.last:
            text = f"there was an entry {sequence} ({head}), the last one is {walk.last}: the end was cut off"
            self.tally.find(place, f"{what}-beyond-head", text)
        elif found is not None and found != head:  # what is missing or unreadable is a finding already
            self.tally.find(place, f"{what}-mismatch", f"entry {sequence} is {found}, not {head}")
