"""Publication: from the case file of a run to a sealed, chained and stored release.

The order makes it safe to be killed anywhere: evidence files first, then the seals of the records, then the
one entry that names them all. What is there already is not written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from counterseal.errors import SealError, UsageError
from counterseal.ledger.append import Appended, Head, Ledger
from counterseal.manifest.assemble import build_manifest, distinct_evidence, judge_candidate
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord, Digest, EvidenceReference, Reason, in_force
from counterseal.manifest.release import (
    Artifact,
    Builder,
    Chain,
    ChangeSet,
    PolicyReference,
    PreviousRelease,
    RecordReference,
    ReleaseCandidate,
    ReleaseManifest,
    Retention,
    SealedReference,
    Source,
    Stream,
)
from counterseal.manifest.statement import Statement
from counterseal.seal.bundle import MEDIA_TYPE
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.seal.verify import open_bundle
from counterseal.store.blobs import put_blob
from counterseal.store.casefile import CaseFile, FiledStatement
from counterseal.store.interface import Store

_BEGIN_ANEW = "begin the run anew with an empty evidence folder"


@dataclass(frozen=True)
class Publication:
    """What is to be published, beside what the case file holds.

    Attributes:
        stream: the chain it goes to.
        source: the commit, without the previous release.
        changes: tells what changed since the previous release's commit (None for the first).
        builder: who runs the pipeline.
        created_at: the present moment.
        expected: the records that the policy wants, each `stage` or `stage:name`.
        policy: the policy in force.
        retention: how long the evidence is kept.
        problems: reasons that keep the release from passing although no record says so.
    """

    stream: Stream
    source: Source
    changes: Callable[[str | None], ChangeSet]
    builder: Builder
    created_at: str
    expected: Sequence[str] = ()
    policy: PolicyReference | None = None
    retention: Retention | None = None
    problems: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Sealed:
    """The contents of a case file once they are sealed and stored."""

    records: tuple[RecordReference, ...] = ()
    statements: tuple[SealedReference, ...] = ()
    evidence: tuple[EvidenceReference, ...] = ()
    artifacts: tuple[Artifact, ...] = ()


@dataclass(frozen=True)
class Published:
    """A release that is published.

    Attributes:
        entry: its place in the chain.
        repeated: whether it had been published before, so that nothing was sealed now.
    """

    entry: Appended
    repeated: bool


@dataclass(frozen=True)
class Publisher:
    """Publishes case files.

    Attributes:
        store: where everything goes.
        ledger: the chains in that store.
        sealer: what seals the records that are not sealed yet.
        trust: whose seals are accepted on records that are sealed already.
    """

    store: Store
    ledger: Ledger
    sealer: Sealer
    trust: Trust

    def publish(self, case: CaseFile, publication: Publication) -> Published:
        """Publish one case file and return the entry, which is the existing one when it was published before.

        Raises:
            UsageError: a record belongs to another commit or run, or something belongs to no record.
            SealError: a seal does not verify.
            StoreError: something could not be stored, or be proven to be.
        """
        records, statements, artifacts = case.records(), case.statements(), case.artifacts()
        _require_origin(records, publication)
        require_accounted(records, statements, artifacts)
        case.require_sealed([*records, *statements])
        problems = (*publication.problems, *_refusals(case), *_stale(records, publication.created_at))
        publication = replace(publication, problems=problems)
        existing = self.ledger.find(publication.stream, lambda old: _same_release(old, records, publication))
        if existing is not None:
            return Published(existing, repeated=True)
        sealed = self._seal(case, records, statements, publication.retention)
        build = partial(_manifest, publication, sealed)
        return Published(self.ledger.append(publication.stream, build), repeated=False)

    def _seal(
        self,
        case: CaseFile,
        records: Iterable[FiledStatement],
        statements: Iterable[FiledStatement],
        retention: Retention | None,
    ) -> Sealed:
        evidence = distinct_evidence(file for one in records for file in one.statement.predicate.evidence)
        for file in evidence:
            put_blob(self.store, case.blob(file), retention=retention)
        return Sealed(
            records=tuple(self._record(one, retention) for one in records),
            statements=tuple(self._statement(one, retention) for one in statements),
            evidence=evidence,
            artifacts=case.artifacts(),
        )

    def _record(self, filed: FiledStatement, retention: Retention | None) -> RecordReference:
        record: ControlRecord = filed.statement.predicate
        reference = self._statement(filed, retention, name=f"{record.stage}.{record.name}")
        return RecordReference(
            **{name: getattr(reference, name) for name in reference.__struct_fields__},
            stage=record.stage,
            name=record.name,
            kind=record.kind,
            outcome=record.outcome,
        )

    def _statement(
        self, filed: FiledStatement, retention: Retention | None, name: str = "statement"
    ) -> SealedReference:
        bundle = self._bundle(filed)
        put_blob(self.store, bundle, retention=retention)
        sealed = EvidenceReference(
            name=f"{name}.sigstore.json",
            media_type=MEDIA_TYPE,
            size=len(bundle),
            digest=Digest(sha256=sha256(bundle)),
        )
        return SealedReference(
            predicate_type=filed.statement.predicate_type,
            payload=Digest(sha256=sha256(filed.payload)),
            sealed=sealed,
        )

    def _bundle(self, filed: FiledStatement) -> bytes:
        """Return the seal that a stage has put on a statement, else a new one; either must be trusted."""
        where = f"{filed.statement.predicate_type} {sha256(filed.payload)}"
        bundle = self.sealer.seal(filed.payload) if filed.bundle is None else filed.bundle
        if open_bundle(bundle, self.trust, role="record", where=where).payload != filed.payload:
            raise SealError("the seal in the case file is that of another statement", where=where)
        return bundle


def require_accounted(
    records: Sequence[FiledStatement], statements: Sequence[FiledStatement], artifacts: Sequence[Artifact]
) -> None:
    """Refuse a case file in which something is missing that a record speaks of, or that no record speaks of.

    Raises:
        UsageError: naming the first such thing.
    """
    filed = {sha256(one.payload): one.statement for one in statements}
    named = {one.payload.sha256 for record in records for one in record.statement.predicate.statements}
    for digest in sorted(named ^ set(filed)):
        missing = (
            "is named by a record and not filed" if digest in named else "is filed and no record names it"
        )
        raise UsageError(f"the statement {digest} {missing}", where="evidence-dir", remedy=_BEGIN_ANEW)
    # Only what was sealed at once, as `sign` does: an unsealed file could have been altered since.
    signed = {
        one.payload.sha256
        for record in records
        if record.bundle is not None
        for one in record.statement.predicate.statements
    }
    proven = {
        subject.digest.sha256
        for one in statements
        if one.statement.predicate_type == PROVENANCE
        and (one.bundle is not None and sha256(one.payload) in signed)
        for subject in one.statement.subject
    }
    for digest in sorted(proven ^ {one.digest.sha256 for one in artifacts}, key=str):
        raise UsageError(
            f"the artifact {digest} and its provenance do not go together",
            where="evidence-dir",
            remedy=_BEGIN_ANEW,
        )


def _refusals(case: CaseFile) -> Iterator[Reason]:
    for name in case.refused():
        yield Reason(
            rule="record-unique",
            subject=name,
            message=f"a second record {name} was offered and refused, so it is not known what holds",
            remedy="give each record of a run its own name",
        )


def _stale(records: Iterable[FiledStatement], created_at: str) -> Iterator[Reason]:
    """Yield why evidence that was in date when it was recorded cannot be relied on any more."""
    for one in records:
        record: ControlRecord = one.statement.predicate
        period = record.validity
        if period is not None and not in_force(period, created_at):
            yield Reason(
                rule="evidence-valid",
                subject=f"{record.stage}:{record.name}",
                message=f"the evidence is valid from {period.not_before} to {period.not_after}",
                remedy="produce the evidence again",
            )


def _require_origin(records: Iterable[FiledStatement], publication: Publication) -> None:
    builder, source = publication.builder, publication.source
    run = f"{builder.run_id}/{builder.run_attempt or 1}" if builder.run_id else None
    for one in records:
        record: ControlRecord = one.statement.predicate
        origin = record.origin
        if (origin.repository, origin.commit, origin.run) != (source.repository, source.commit, run):
            raise UsageError(
                f"the record belongs to commit {origin.commit} of {origin.repository}, run {origin.run}",
                where=f"{record.stage}:{record.name}",
                remedy=f"publish only what was recorded for commit {source.commit}, run {run}",
            )


def _same_release(old: ReleaseManifest, records: Sequence[FiledStatement], publication: Publication) -> bool:
    """Tell whether a manifest is this very publication: same run, commit, records, policy and judgement."""
    payloads = {record.payload.sha256 for record in old.candidate.records}
    here = (publication.builder.run_id, publication.builder.run_attempt, publication.source.commit)
    there = (old.builder.run_id, old.builder.run_attempt, old.candidate.source.commit)
    judgement = judge_candidate(old.candidate, publication.expected, publication.problems)
    return (
        bool(payloads)
        and (here, publication.policy) == (there, old.candidate.policy)
        and payloads == {sha256(one.payload) for one in records}
        and judgement == (old.outcome, old.reasons)
    )


def _manifest(publication: Publication, sealed: Sealed, chain: Chain, head: Head | None) -> Statement:
    previous = None
    if head is not None:
        commit = head.manifest.candidate.source.commit
        previous = PreviousRelease(commit=commit, payload=Digest(sha256=head.payload_digest))
    candidate = ReleaseCandidate(
        source=msgspec.structs.replace(publication.source, previous=previous),
        changes=publication.changes(previous.commit if previous else None),
        artifacts=sealed.artifacts,
        records=sealed.records,
        statements=sealed.statements,
        evidence=sealed.evidence,
        policy=publication.policy,
    )
    return build_manifest(
        candidate,
        chain=chain,
        builder=publication.builder,
        created_at=publication.created_at,
        expected=publication.expected,
        problems=publication.problems,
        retention=publication.retention,
    )
