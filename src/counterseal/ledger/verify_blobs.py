"""Verifying blobs: evidence files, and the sealed statements that a manifest lists by their exact bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol, TypeAlias

from counterseal.errors import MalformedError, StoreError
from counterseal.ledger.chain import Link
from counterseal.ledger.opened import Opened, open_attestation, open_sealed
from counterseal.ledger.report import Place, Tally
from counterseal.ledger.verify_release import (
    Listed,
    artifact_problems,
    record_problems,
    request_problems,
)
from counterseal.manifest.digest import is_sha256, sha256
from counterseal.manifest.record import ControlRecord, EvidenceReference
from counterseal.manifest.release import Checkpoint, RecordReference, ReleaseManifest, SealedReference
from counterseal.manifest.types import parse_time
from counterseal.seal.trust import Trust
from counterseal.store.blobs import blob_key
from counterseal.store.interface import CHUNK_BYTES, Store

Inspect: TypeAlias = Callable[[ControlRecord, Sequence[bytes]], Iterable[str]]
"""Tells what is wrong with a record, given its evidence: how one decides is none of the ledger's business."""


class Watch(Protocol):
    """Is told what a verification has read, so that nobody has to read it twice."""

    def entry(self, place: Place, opened: Opened, manifest: ReleaseManifest) -> bool:
        """Take a release whose seal holds; return whether its records and files are verified too."""

    def record(self, place: Place, payload: str, record: ControlRecord) -> None:
        """Take a record whose seal holds: the place of its bundle, and the digest of its payload."""


class CarriedEntry(NamedTuple):
    """An entry that was verified before.

    Attributes:
        link: its place in the chain.
        manifest: its manifest.
        keys: the keys of everything that belongs to it.
    """

    link: Link
    manifest: ReleaseManifest
    keys: Iterable[str]


class Carried(Protocol):
    """What somebody has verified before, and vouches for as long as the bytes are the same.

    `read` returns the bytes of now; whoever knows without them that they are the same need not call it.
    """

    def entry(self, stream: str, sequence: int, read: Callable[[], bytes]) -> CarriedEntry | None:
        """Return what is known of an entry, or None when it has to be verified."""

    def checkpoint(self, stream: str, sequence: int, read: Callable[[], bytes]) -> Checkpoint | None:
        """Return the checkpoint, or None when it has to be verified."""


class BlobVerifier:
    """Reads every blob once, and checks what refers to it.

    Args:
        store: where the blobs are.
        tally: takes the findings.
        inspect: tells what is wrong with a record of a decision; without it none is made again.
        watch: is told of every record.
        now: the present moment; files that were kept as long as was promised may be gone by then. Without it
            none may.

    Attributes:
        locked: whether a lock was promised for any release.
    """

    def __init__(
        self,
        store: Store,
        tally: Tally,
        inspect: Inspect | None = None,
        watch: Watch | None = None,
        now: datetime | None = None,
    ) -> None:
        self._now = now
        self._store = store
        self._tally = tally
        self._inspect = inspect
        self._watch = watch
        self.locked = False
        self._mentioned: set[str] = set()
        self._sizes: dict[str, int | None] = {}  # by key; None where the content is another

    def release(self, manifest: ReleaseManifest, trust: Trust, place: Place) -> None:
        """Check everything that a release lists, and that it goes together.

        Args:
            manifest: the verified manifest.
            trust: whom to believe for what existed when the manifest was sealed.
            place: the manifest's place.
        """
        self._see_lock(manifest)
        candidate, claimed = manifest.candidate, parse_time(manifest.created_at)
        asked = [self._request(reference, manifest, trust, place) for reference in manifest.requests]
        runs = {run for run in asked if run}
        for reference in (*candidate.records, *manifest.decisions):
            self._record(reference, manifest, trust, place, runs)
        opened = [self._statement(one, trust, place, claimed) for one in candidate.statements]
        statements = [one.statement for one in opened if one is not None]
        if len(statements) == len(opened):  # else what is missing is a finding already
            for code, problem in artifact_problems(manifest, statements):
                self._tally.find(place, code, problem)
        for file in (*candidate.evidence, *manifest.decision_evidence):
            if self._is_over(file, manifest):
                self._tally.notice(
                    _at_blob(file.digest.sha256, place), "evidence-expired", "kept as promised"
                )
            else:
                self._evidence(file, place)

    def mention(self, manifest: ReleaseManifest, keys: Iterable[str] | None = None) -> None:
        """Remember what a release lists without reading it: it is no leftover.

        Args:
            manifest: the verified manifest.
            keys: the keys of what it lists, where they are known already.
        """
        self._see_lock(manifest)
        self._mentioned.update(map(blob_key, listed_by(manifest)) if keys is None else keys)

    def keep(self, digest: str) -> None:
        """Remember a blob that something else than a release relies on, and that was read."""
        self._mentioned.add(blob_key(digest))

    def leftovers(self, keys: Iterable[str]) -> None:
        """Check the blobs that nothing referred to: their content, and that they are blobs at all."""
        for key in keys:
            if key in self._sizes or key in self._mentioned:
                continue
            digest = key.rpartition("/")[2]
            if is_sha256(digest) and key == blob_key(digest):
                self._leftover(Place(key), digest)
            else:
                self._tally.find(Place(key), "object-unknown", "nothing of the ledger's has this name")

    def _see_lock(self, manifest: ReleaseManifest) -> None:
        self.locked = self.locked or (manifest.retention is not None and manifest.retention.mode is not None)

    def _leftover(self, place: Place, digest: str) -> None:
        if self._tally.attempt(place, "blob", lambda: self._size(digest, place.where)) is not None:
            self._tally.notice(place, "blob-unreferenced", "no entry refers to it")

    def _request(
        self, reference: SealedReference, manifest: ReleaseManifest, trust: Trust, place: Place
    ) -> str | None:
        """Return the run that built the candidate, by the request about it."""
        at = _at(reference, place)
        opener = partial(open_sealed, trust=trust, role="record", where=at.where)
        opened = self._tally.attempt(at, "request", lambda: self._open(reference, at, opener))
        if opened is None:
            return None
        request = opened.statement.predicate
        problems = list(request_problems(request, manifest))
        for code, problem in problems:
            self._tally.find(at, code, problem)
        return None if problems else request.binding.run

    def _record(
        self,
        reference: RecordReference,
        manifest: ReleaseManifest,
        trust: Trust,
        place: Place,
        runs: Collection[str],
    ) -> None:
        at = _at(reference, place)
        opener = partial(open_sealed, trust=trust, role="record", where=at.where)
        opened = self._tally.attempt(at, "record", lambda: self._open(reference, at, opener))
        if opened is None:
            return
        self._tally.records += 1
        record = opened.statement.predicate
        if not isinstance(record, ControlRecord):
            self._tally.find(at, "record-mismatch", "the sealed statement is not a control record")
            return
        if self._watch is not None:
            self._watch.record(at, opened.payload, record)
        for code, problem in record_problems(Listed(reference, record), manifest, runs):
            self._tally.find(at, code, problem)
        if reference in manifest.decisions:
            self._decision(record, at)

    def _decision(self, record: ControlRecord, at: Place) -> None:
        """Have the decision that a record tells made again from its evidence."""
        if self._inspect is None:
            return
        keys = [blob_key(file.digest.sha256) for file in record.evidence]
        evidence = self._tally.attempt(at, "decision", lambda: [self._store.get(key) for key in keys])
        for problem in self._inspect(record, evidence) if evidence is not None else ():
            self._tally.find(at, "decision-mismatch", problem)

    def _statement(
        self, reference: SealedReference, trust: Trust, place: Place, claimed: datetime
    ) -> Opened | None:
        at = _at(reference, place)
        opener = partial(open_attestation, trust=trust, where=at.where, claimed=claimed)
        return self._tally.attempt(at, "statement", lambda: self._open(reference, at, opener))

    def _open(self, reference: SealedReference, at: Place, opener: Callable[[bytes], Opened]) -> Opened:
        opened = opener(self._document(reference.sealed, at.where))
        self._tally.signatures += 1
        if opened.payload != reference.payload.sha256:
            raise MalformedError(f"the payload is {opened.payload}, not {reference.payload.sha256}")
        if opened.statement.predicate_type != reference.predicate_type:
            raise MalformedError(
                f"the statement is {opened.statement.predicate_type}, not {reference.predicate_type}"
            )
        return opened

    def _document(self, reference: EvidenceReference, key: str) -> bytes:
        """Return a blob's bytes, which must be the ones that are referred to."""
        data = self._store.get(key)
        self._remember(key, reference.digest.sha256, sha256(data), len(data))
        _require_size(reference, len(data))
        return data

    def _is_over(self, file: EvidenceReference, manifest: ReleaseManifest) -> bool:
        """Tell whether a file was kept for less than its release, its time is over, and it is gone."""
        kept = manifest.retention_of(file.digest.sha256)
        if self._now is None or kept is None or kept is manifest.retention:
            return False
        return parse_time(kept.retain_until) <= self._now and not self._is_there(blob_key(file.digest.sha256))

    def _is_there(self, key: str) -> bool:
        """Tell whether a key is listed; what cannot be listed is there, and will be told."""
        try:
            return any(one.key == key and not one.marker for one in self._store.versions(key))
        except StoreError:
            return True

    def _evidence(self, reference: EvidenceReference, place: Place) -> None:
        at, digest = _at_blob(reference.digest.sha256, place), reference.digest.sha256
        size = self._tally.attempt(at, "evidence", lambda: self._size(digest, at.where, reference.size))
        if size is not None:
            self._tally.attempt(at, "evidence", lambda: _require_size(reference, size))

    def _size(self, digest: str, key: str, listed: int | None = None) -> int:
        """Return the size of a blob with the right content, reading it unless that was done before.

        It is read no further than what is listed, so that nobody waits for terabytes that are not there.
        """
        known = self._sizes.get(key)
        if known is not None:
            return known
        found, size = hashlib.sha256(), 0
        for chunk in self._store.chunks(key):
            found.update(chunk)
            size += len(chunk)
            if listed is not None and size > listed + CHUNK_BYTES:
                self._sizes[key] = None
                raise MalformedError(f"the content is more than {size} bytes, the manifest says {listed}")
        self._remember(key, digest, found.hexdigest(), size)
        return size

    def _remember(self, key: str, digest: str, found: str, size: int) -> None:
        if key not in self._sizes:
            self._tally.blobs += 1
        self._sizes[key] = size if found == digest else None
        if found != digest:
            raise MalformedError(f"the content has the digest {found}, not {digest}")


def listed_by(manifest: ReleaseManifest) -> Iterator[str]:
    """Yield the digest of everything that a manifest lists; some come more than once."""
    candidate = manifest.candidate
    for sealed in (*candidate.records, *candidate.statements, *manifest.requests, *manifest.decisions):
        yield sealed.sealed.digest.sha256
    for file in (*candidate.evidence, *manifest.decision_evidence):
        yield file.digest.sha256


def _require_size(reference: EvidenceReference, size: int) -> None:
    if size != reference.size:
        raise MalformedError(f"the content is {size} bytes, the manifest says {reference.size}")


def _at(reference: SealedReference, place: Place) -> Place:
    return _at_blob(reference.sealed.digest.sha256, place)


def _at_blob(digest: str, place: Place) -> Place:
    return Place(blob_key(digest), place.stream, place.sequence)
