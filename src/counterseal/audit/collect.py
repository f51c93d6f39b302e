"""Collecting: reads once more, after the store was verified, what the page of a release shows.

Everything is opened with the same trust; a seal that no longer opens is a finding as well, and what it covers
is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeAlias

from counterseal.audit.facts import ReleaseFacts, Seal
from counterseal.audit.recipe import Authorities, SealingKey
from counterseal.audit.survey import Survey
from counterseal.errors import MalformedError, SealError, StoreError
from counterseal.ledger.checkpoint import read_checkpoint
from counterseal.ledger.entry import Entry, decode_entry
from counterseal.ledger.layout import checkpoint_key, entry_key
from counterseal.ledger.opened import Opened, open_sealed, require_manifest
from counterseal.ledger.report import Place, Tally
from counterseal.ledger.vouch import VouchedTrust
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import Checkpoint, RecordReference, ReleaseManifest, SealedReference
from counterseal.manifest.types import format_time, parse_time
from counterseal.seal.trust import Role, Trust
from counterseal.store.blobs import blob_key
from counterseal.store.interface import Store

_Named: TypeAlias = tuple[str, Role, Opened]
"""A sealed statement with its title and the role in which its key was trusted."""


@dataclass(frozen=True)
class Collector:
    """Collects the facts of releases, one at a time.

    Attributes:
        store: the store.
        trust: whom to believe.
        survey: the verification of the store.
    """

    store: Store
    trust: Trust
    survey: Survey

    def release(self, stream: str, sequence: int) -> ReleaseFacts:
        """Return what is known of one release."""
        here = (stream, sequence)
        findings = self.survey.findings(*here)
        facts = ReleaseFacts(stream, sequence, entry_key(*here), notices=self.survey.notices(*here))
        reader = _Reader(self.store, self.trust, Place(facts.entry, *here), Tally())
        facts = reader.fill(facts)
        known = {finding.where for finding in findings}
        fresh = tuple(finding for finding in reader.tally.findings if finding.where not in known)
        return replace(
            facts,
            findings=(*findings, *fresh),
            elsewhere=len(self.survey.report.findings) - len(findings),
        )


@dataclass(frozen=True)
class _Reader:
    """Reads one release; what does not open becomes a finding of the tally."""

    store: Store
    trust: Trust
    place: Place
    tally: Tally

    def fill(self, facts: ReleaseFacts) -> ReleaseFacts:
        """Return the facts with everything of the release whose signature verifies."""
        read = self.tally.attempt(self.place, "entry", self._manifest)
        if read is None:
            return facts
        entry, opened, manifest = read
        trust = VouchedTrust(self.trust).at(opened.trusted_time)
        others = [*self._verdict(entry, manifest, trust), *self._listed(manifest, trust)]
        checkpoint = self._checkpoint(opened.payload)
        contents = {content.payload: content.statement.predicate for _, _, content in others}
        return replace(
            facts,
            manifest=manifest,
            seal=self._seal("Release manifest", "release", opened),
            records={key: one for key, one in contents.items() if isinstance(one, ControlRecord)},
            checkpoint=checkpoint[1] if checkpoint else None,
            seals=tuple(self._seal(*one) for one in (*others, *([checkpoint[0]] if checkpoint else []))),
            authorities=_authorities(self.trust),
        )

    def _manifest(self) -> tuple[Entry, Opened, ReleaseManifest]:
        where = self.place.where
        entry = decode_entry(self.store.get(where), where=where)
        opened = open_sealed(entry.bundle, self.trust, "release", where=where)
        return entry, opened, require_manifest(opened, where=where)

    def _verdict(self, entry: Entry, manifest: ReleaseManifest, trust: Trust) -> Iterator[_Named]:
        claimed = parse_time(manifest.created_at)
        where = self.place.where
        opened = self.tally.attempt(
            self.place,
            "verdict",
            lambda: open_sealed(entry.vsa, trust, "release", where=where, plain=True, claimed=claimed),
        )
        if opened is not None:
            yield "SLSA verification summary", "release", opened

    def _listed(self, manifest: ReleaseManifest, trust: Trust) -> Iterator[_Named]:
        """Yield every sealed record and statement that the manifest lists."""
        claimed = parse_time(manifest.created_at)
        listed: tuple[SealedReference, ...] = (*manifest.candidate.records, *manifest.candidate.statements)
        for reference in listed:
            place = self.place._replace(where=blob_key(reference.sealed.digest.sha256))
            action = partial(self._attestation, reference, trust, place.where, claimed)
            if (opened := self.tally.attempt(place, "statement", action)) is not None:
                yield opened

    def _attestation(self, reference: SealedReference, trust: Trust, where: str, claimed: datetime) -> _Named:
        data = self.store.get(where)
        if isinstance(reference, RecordReference):
            title = f"Control {reference.stage}:{reference.name}"
            return title, "record", open_sealed(data, trust, "record", where=where)
        title = reference.predicate_type
        try:
            return title, "record", open_sealed(data, trust, "record", where=where, claimed=claimed)
        except SealError:  # whoever seals releases may seal what stands beside them
            return title, "release", open_sealed(data, trust, "release", where=where, claimed=claimed)

    def _checkpoint(self, head: str) -> tuple[_Named, Checkpoint] | None:
        """Return the checkpoint of the entry; that it is missing or another's is for the ledger to say."""
        where = checkpoint_key(self.place.stream or "", self.place.sequence or 0)
        try:
            opened = open_sealed(self.store.get(where), self.trust, "checkpoint", where=where)
            checkpoint = read_checkpoint(opened.statement, where=where)
        except (StoreError, SealError, MalformedError):
            return None
        mine = checkpoint.head.sha256 == head
        return (("Checkpoint of the chain", "checkpoint", opened), checkpoint) if mine else None

    def _seal(self, title: str, role: Role, opened: Opened) -> Seal:
        keyid = opened.keyid or ""
        key = self.trust.public_key(keyid)
        return Seal(
            statement=title,
            payload_digest=opened.payload,
            role=role,
            key=SealingKey(keyid, key.algorithm, key.pem) if key else SealingKey(keyid, "keyless", ""),
            trusted_time=format_time(opened.trusted_time) if opened.trusted_time else None,
        )


def _authorities(trust: Trust) -> Authorities | None:
    roots = [pem for one in trust.timestamp_authorities for pem in one.roots]
    intermediates = [pem for one in trust.timestamp_authorities for pem in one.intermediates]
    return Authorities(_joined(roots), _joined(intermediates)) if roots else None


def _joined(certificates: Iterable[str]) -> str:
    return "".join(pem.strip() + "\n" for pem in dict.fromkeys(certificates))
