"""Sealing the contents of a case file: evidence first, then the seal of each record and statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from counterseal.errors import SealError
from counterseal.manifest.assemble import distinct_evidence
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord, Digest, EvidenceReference
from counterseal.manifest.release import Artifact, FileRetention, RecordReference, Retention, SealedReference
from counterseal.seal.bundle import MEDIA_TYPE
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.seal.verify import open_bundle
from counterseal.store.blobs import put_blob, put_blobs
from counterseal.store.casefile import CaseFile, FiledStatement
from counterseal.store.interface import Store, firmness


@dataclass(frozen=True)
class Sealed:
    """The contents of a case file once they are sealed and stored."""

    records: tuple[RecordReference, ...] = ()
    statements: tuple[SealedReference, ...] = ()
    evidence: tuple[EvidenceReference, ...] = ()
    artifacts: tuple[Artifact, ...] = ()


@dataclass(frozen=True)
class Sealing:
    """Seals and stores what a case file holds; what is sealed or stored already is only checked.

    Attributes:
        store: where everything goes.
        sealer: what seals what is not sealed yet.
        trust: whose seals are accepted on what is.
        retention: how long everything is kept.
        stages: for how long the evidence files of some stages are kept, where that is less.
        keeps: whether new seals are kept in the case file, so that the same bytes are found again.
        told: is told how many evidence files are stored, and how many there are.
    """

    store: Store
    sealer: Sealer
    trust: Trust
    retention: Retention | None = None
    stages: Mapping[str, Retention] = field(default_factory=dict)
    keeps: bool = False
    told: Callable[[int, int], None] | None = None

    def seal(
        self, case: CaseFile, records: Sequence[FiledStatement], statements: Iterable[FiledStatement] = ()
    ) -> Sealed:
        """Store the evidence and the seals of records and statements, and return what refers to them."""
        return Sealed(
            evidence=self._evidence(case, records),
            records=tuple(self._record(case, one) for one in records),
            statements=tuple(self._statement(case, one) for one in statements),
            artifacts=case.artifacts(),
        )

    def keep(self, bundle: bytes, payload: bytes, predicate_type: str, name: str) -> SealedReference:
        """Store a sealed bundle and return what refers to it."""
        put_blob(self.store, bundle, retention=self.retention)
        sealed = EvidenceReference(
            name=f"{name}.sigstore.json",
            media_type=MEDIA_TYPE,
            size=len(bundle),
            digest=Digest(sha256=sha256(bundle)),
        )
        return SealedReference(
            predicate_type=predicate_type, payload=Digest(sha256=sha256(payload)), sealed=sealed
        )

    def _evidence(self, case: CaseFile, records: Sequence[FiledStatement]) -> tuple[EvidenceReference, ...]:
        evidence = distinct_evidence(file for one in records for file in one.statement.predicate.evidence)
        kept = files_kept((one.statement.predicate for one in records), self.stages)
        files = {case.blob(one): kept.get(one.digest.sha256, self.retention) for one in evidence}
        put_blobs(self.store, files, told=self.told)
        return evidence

    def _record(self, case: CaseFile, filed: FiledStatement) -> RecordReference:
        record: ControlRecord = filed.statement.predicate
        reference = self._statement(case, filed, name=f"{record.stage}.{record.name}")
        return RecordReference(
            **{name: getattr(reference, name) for name in reference.__struct_fields__},
            stage=record.stage,
            name=record.name,
            kind=record.kind,
            outcome=record.outcome,
            waivers=record.waivers,
        )

    def _statement(self, case: CaseFile, filed: FiledStatement, name: str = "statement") -> SealedReference:
        bundle = self._bundle(case, filed)
        return self.keep(bundle, filed.payload, filed.statement.predicate_type, name)

    def _bundle(self, case: CaseFile, filed: FiledStatement) -> bytes:
        """Return the seal that a statement has, else a new one; either must be trusted."""
        where = f"{filed.statement.predicate_type} {sha256(filed.payload)}"
        bundle = self.sealer.seal(filed.payload) if filed.bundle is None else filed.bundle
        if open_bundle(bundle, self.trust, role="record", where=where).payload != filed.payload:
            raise SealError("the seal in the case file is that of another statement", where=where)
        if filed.bundle is None and self.keeps:
            case.add_seal(filed.payload, bundle)
        return bundle


def files_kept(records: Iterable[ControlRecord], stages: Mapping[str, Retention]) -> dict[str, Retention]:
    """Return how long evidence files are kept, by digest, where that is less than the release.

    A file that records of several stages rely on is kept as long as the longest of them says, and as long as
    the release when one of them says nothing.

    Args:
        records: the records.
        stages: for how long the files of some stages are kept.
    """
    wanted: dict[str, list[Retention | None]] = defaultdict(list)
    for record in records:
        for file in record.evidence:
            wanted[file.digest.sha256].append(stages.get(record.stage))
    whole = {digest: [one for one in found if one] for digest, found in wanted.items() if None not in found}
    return {digest: max(found, key=firmness) for digest, found in whole.items()}


def file_retention(
    records: Iterable[ControlRecord], stages: Mapping[str, Retention]
) -> tuple[FileRetention, ...]:
    """Return what a manifest says of files that are kept for less; see `files_kept`."""
    groups: dict[Retention, list[str]] = defaultdict(list)
    for digest, kept in files_kept(records, stages).items():
        groups[kept].append(digest)
    ordered = sorted(groups, key=firmness)
    return tuple(FileRetention(one.retain_until, tuple(sorted(groups[one])), one.mode) for one in ordered)
