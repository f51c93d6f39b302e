"""A small world of releases: keys, a trust file, and whole releases with records and evidence in a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import factories
from counterseal.ledger.append import Appended, Ledger
from counterseal.ledger.sealing import Sealing
from counterseal.manifest.assemble import UNDECIDED, Decided, distinct_evidence
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import CONTROL_RECORD, Digest, EvidenceReference
from counterseal.manifest.release import (
    Chain,
    RecordReference,
    ReleaseCandidate,
    SealedReference,
    Stream,
)
from counterseal.manifest.statement import Statement, encode_statement, subject_of_commit, subject_of_file
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE
from counterseal.seal.sealer import Sealer
from counterseal.seal.signer import open_signer
from counterseal.seal.trust import Trust, TrustedKey
from counterseal.store.blobs import put_blob
from counterseal.store.interface import Store
from simulators.approved import approve

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
STREAM = factories.STREAM
STAGING = Stream(repository=factories.REPOSITORY, environment="staging")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def new_sealer() -> Sealer:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Sealer(open_signer("env:KEY", env={"KEY": pem.decode()}))


def trusted(sealer: Sealer, *roles: str, **more) -> TrustedKey:
    key = sealer.signer.public_key
    return TrustedKey(keyid=key.keyid, public_key=key.pem, roles=roles, valid_from=SINCE, **more)


class World:
    """One key a role, all trusted, and a ledger in a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.release, self.record, self.checkpoint = new_sealer(), new_sealer(), new_sealer()
        self.stranger = new_sealer()
        roles = {"release": self.release, "record": self.record, "checkpoint": self.checkpoint}
        self.trust = Trust(version=1, keys=tuple(trusted(sealer, role) for role, sealer in roles.items()))

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.store, self.release, self.checkpoint, trust=self.trust)

    def publish(
        self, stream: Stream = STREAM, *, label: str = "1", records: int = 1, approved: bool = False
    ) -> Appended:
        """Append a release with records, a statement and evidence, all of which differ by the label."""
        candidate = self.candidate(label, records)
        sealing = Sealing(self.store, self.record, self.trust)
        decided = approve(candidate, stream, sealing) if approved else UNDECIDED
        return self.ledger.append(stream, self.builder(candidate, stream, decided=decided))

    def candidate(self, label: str = "1", records: int = 1) -> ReleaseCandidate:
        commit = sha256(label.encode())[:40]
        references, files = [], []
        for number in range(records):
            evidence = self._evidence(f"<testsuite name='{label}.{number}'/>".encode(), f"junit-{number}.xml")
            references.append(self._record(f"tests-{number}", commit, evidence))
            files.append(evidence)
        made = factories.candidate(tuple(references), (), distinct_evidence(files), commit=commit)
        return msgspec.structs.replace(made, statements=(self.provenance(made),))

    def builder(
        self,
        candidate: ReleaseCandidate,
        stream: Stream = STREAM,
        run: int | None = None,
        decided: Decided = UNDECIDED,
    ) -> Callable[..., Statement]:
        def build(chain: Chain, head) -> Statement:
            previous = chain.previous.sha256 if chain.previous else None
            statement = factories.manifest_statement(
                candidate, sequence=chain.sequence, previous=previous, stream=stream, decided=decided
            )
            url = f"{factories.REPOSITORY}/actions/runs/{run}" if run else None
            builder = msgspec.structs.replace(statement.predicate.builder, run_url=url)
            manifest = msgspec.structs.replace(statement.predicate, builder=builder)
            return replace(statement, predicate=manifest)

        return build

    def _evidence(self, data: bytes, name: str) -> EvidenceReference:
        put_blob(self.store, data)
        return factories.evidence(data, name)

    def _record(self, name: str, commit: str, evidence: EvidenceReference) -> RecordReference:
        return self.listed(_record_of(commit, name, evidence))

    def listed(self, record: Statement) -> RecordReference:
        """Seal and store a record, and return how a manifest lists it."""
        payload = encode_statement(record)
        sealed = self.record.seal(payload)
        put_blob(self.store, sealed)
        return factories.record_reference(payload, sealed, record.predicate.name)

    def provenance(self, candidate: ReleaseCandidate) -> SealedReference:
        """Seal and store the provenance of a candidate's artifacts, and return how a manifest lists it."""
        subjects = tuple(subject_of_file(one.name, one.digest.sha256) for one in candidate.artifacts)
        commit = {"uri": "source", "digest": {"gitCommit": candidate.source.commit}}
        predicate = {"buildDefinition": {"resolvedDependencies": [commit]}, "runDetails": {}}
        return self.attested(Statement(subjects, PROVENANCE, predicate))

    def attested(self, statement: Statement) -> SealedReference:
        """Seal and store a statement, and return how a manifest lists it."""
        payload = encode_statement(statement)
        sealed = self.record.seal(payload)
        put_blob(self.store, sealed)
        return SealedReference(
            predicate_type=statement.predicate_type,
            payload=Digest(sha256=sha256(payload)),
            sealed=EvidenceReference(
                name="statement.json",
                media_type=BUNDLE,
                size=len(sealed),
                digest=Digest(sha256=sha256(sealed)),
            ),
        )


def _record_of(commit: str, name: str, evidence: EvidenceReference) -> Statement:
    record = factories.record_statement(name, files=(evidence,)).predicate
    origin = msgspec.structs.replace(record.origin, commit=commit, run=None)
    record = msgspec.structs.replace(record, origin=origin)
    return Statement((subject_of_commit(factories.REPOSITORY, commit),), CONTROL_RECORD, record)


__all__ = ["BUNDLE", "PROVENANCE", "STAGING", "STREAM", "World", "new_sealer", "trusted"]
