"""Reading what a stream has so far: its newest entry, checked before anything is built upon it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from counterseal.errors import MalformedError, SealError
from counterseal.ledger.chain import ChainWalk, link_of
from counterseal.ledger.checkpoint import read_checkpoint
from counterseal.ledger.entry import Entry, decode_entry
from counterseal.ledger.layout import STREAMS, checkpoint_key, entry_key, identity_of, place_of
from counterseal.ledger.opened import Opened, open_sealed, read_unverified, require_manifest
from counterseal.ledger.verify_verdict import verify_verdict
from counterseal.ledger.vouch import VouchedTrust
from counterseal.manifest.release import ReleaseManifest
from counterseal.manifest.statement import Statement
from counterseal.seal.trust import Role, Trust
from counterseal.store.interface import Store

_REMEDY: Final = "verify the store before anything more is appended to it"


@dataclass(frozen=True, slots=True)
class Head:
    """An entry of a stream.

    Attributes:
        key: its key.
        sequence: its number.
        payload_digest: the digest of the manifest's payload.
        statement: the manifest's statement.
        entry: its two seals.
    """

    key: str
    sequence: int
    payload_digest: str
    statement: Statement
    entry: Entry

    @property
    def manifest(self) -> ReleaseManifest:
        """The release manifest."""
        manifest: ReleaseManifest = self.statement.predicate
        return manifest

    @property
    def checkpoint_key(self) -> str:
        """The key of its checkpoint."""
        return checkpoint_key(identity_of(self.manifest.chain.stream), self.sequence)


@dataclass(frozen=True, slots=True)
class StreamReader:
    """Reads entries one by one for whoever wants to add to them; `verify` is for reading them all.

    Attributes:
        store: where they are.
        trust: whom to believe. Without it only the form and the place of an entry are checked.
    """

    store: Store
    trust: Trust | None

    def head(self, identity: str, known: Head | None = None) -> Head | None:
        """Return the newest entry, looking only at what came after a known one.

        What has no name of the ledger's is no entry, and is for `verify` to name.

        Raises:
            SealError: when the stream has a hole, or its head does not verify.
            StoreError: when the store cannot be read.
        """
        last = known.sequence if known else 0
        for key in self.store.keys(f"{STREAMS}{identity}/", after=known.key if known else ""):
            if place_of(key) is None:
                continue  # it is no entry; whoever can write here must not stop releases with it
            last += 1
            if key != entry_key(identity, last):
                raise SealError(f"here should be entry {last}", where=key, remedy=_REMEDY)
        if known and last == known.sequence:
            return known
        if last == 0:
            return None
        # Whoever wrote it may not have seen it durable yet: nothing is built upon what a crash could undo.
        self.store.head(entry_key(identity, last))
        return self.entry(identity, last)

    def entry(self, identity: str, sequence: int) -> Head:
        """Return an entry, checked on its own; errors as for `head`."""
        key = entry_key(identity, sequence)
        try:
            entry = decode_entry(self.store.get(key), where=key)
            opened = self.open(entry.bundle, "release", key)
            manifest = require_manifest(opened, where=key)
            if self.trust is not None:
                verify_verdict(entry, opened, VouchedTrust(self.trust).at(opened.trusted_time), where=key)
        except MalformedError as cause:
            raise SealError(cause.message, where=key, remedy=_REMEDY) from cause
        alone = ChainWalk(identity, {sequence - 1: None})
        for problem in alone.visit(sequence, link_of(manifest, opened.payload)):
            raise SealError(problem.message, where=key, remedy=_REMEDY)
        return Head(key, sequence, opened.payload, opened.statement, entry)

    def confirm_checkpoint(self, head: Head) -> None:
        """Return when the entry has a checkpoint that says the same; errors as for `head`."""
        key = head.checkpoint_key
        try:
            opened = self.open(self.store.get(key), "checkpoint", key)
            checkpoint = read_checkpoint(opened.statement, where=key)
        except MalformedError as cause:
            raise SealError(cause.message, where=key, remedy=_REMEDY) from cause
        said = (checkpoint.stream, checkpoint.sequence, checkpoint.head.sha256)
        if said != (head.manifest.chain.stream, head.sequence, head.payload_digest):
            raise SealError("the checkpoint is that of another entry", where=key, remedy=_REMEDY)

    def open(self, bundle: bytes, role: Role, where: str) -> Opened:
        """Return the statement in a bundle, verified when there is a trust file to do it with."""
        if self.trust is None:
            return read_unverified(bundle, where=where)
        return open_sealed(bundle, self.trust, role, where=where)
