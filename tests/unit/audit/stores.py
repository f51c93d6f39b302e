"""Real stores: sealed by a real key, with a chain of releases and everything that they list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from counterseal.ledger.append import Ledger
from counterseal.ledger.publication import Publication
from counterseal.ledger.publish import Publisher
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import Digest, Origin, StatementReference
from counterseal.manifest.release import Artifact, Builder, Change, ChangeSet, Person, Source
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file
from counterseal.manifest.stream import stream_id
from counterseal.manifest.types import Outcome
from counterseal.seal.keygen import generate_key
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE
from counterseal.seal.sealer import Sealer
from counterseal.seal.signer import open_signer
from counterseal.seal.timestamp import TimestampAuthority
from counterseal.seal.trust import Trust, TrustedAuthority, TrustedKey
from counterseal.store.casefile import CaseFile
from counterseal.store.directory import DirectoryStore
from factories import COMMIT, REPOSITORY, STREAM, TREE, record_statement

NAME = stream_id(STREAM)
CHECKPOINTED = datetime(2026, 11, 23, 11, tzinfo=UTC)
SINCE = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Evidence:
    """A store in a folder, the trust file that believes it, and what seals it."""

    root: Path
    trust: Trust
    sealer: Sealer

    @property
    def store(self) -> DirectoryStore:
        return DirectoryStore(self.root)

    def release(self, number: int, outcome: Outcome = Outcome.PASSED) -> None:
        """Publish one more release."""
        case = CaseFile(self.root.parent / f"case-{number}")
        report = self.root.parent / f"junit-{number}.xml"
        report.write_bytes(b"<testsuite name='%d'/>" % number)
        file = case.add_file(report, "junit.xml", "application/xml")
        statement = record_statement(outcome=outcome, files=(file,))
        origin = Origin(repository=REPOSITORY, commit=COMMIT, run=f"{number}/1")
        artifact = Artifact(name="payments.whl", size=3, digest=Digest(sha256="ab" * 32))
        case.add_artifact(artifact)
        provenance = encode_statement(
            Statement((subject_of_file(artifact.name, artifact.digest.sha256),), PROVENANCE, {})
        )
        case.add_statement(provenance, self.sealer.seal)
        named = StatementReference(predicate_type=PROVENANCE, payload=Digest(sha256=sha256(provenance)))
        record = msgspec.structs.replace(statement.predicate, origin=origin, statements=(named,))
        case.add_record(replace(statement, predicate=record), self.sealer.seal)
        ledger = Ledger(self.store, self.sealer, trust=self.trust, clock=lambda: CHECKPOINTED)
        Publisher(self.store, ledger, self.sealer, self.trust).publish(case, self._publication(number))

    def _publication(self, number: int) -> Publication:
        change = Change(
            commit=COMMIT, title=f"Change {number}", authors=(Person(text="Ann <ann@example.com>"),)
        )
        return Publication(
            stream=STREAM,
            source=Source(repository=REPOSITORY, commit=COMMIT, tree=TREE, ref="refs/heads/main"),
            changes=lambda _: ChangeSet(complete=True, commits=(change,)),
            builder=Builder(
                id=f"{REPOSITORY}/release.yml", identity="environment", run_id=number, run_attempt=1
            ),
            created_at=f"2026-11-23T10:0{number}:00Z",
        )

    def damage(self, path: Path) -> None:
        """Change one byte of a file of the store."""
        path.chmod(0o600)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

    def entry(self, number: int) -> Path:
        return self.root / "streams" / NAME / f"{number:012d}.jsonl"

    def blob(self, digest: str) -> Path:
        return self.root / "blobs" / "sha256" / digest[:2] / digest


def make_evidence(
    folder: Path,
    *,
    releases: int = 2,
    algorithm: str = "ecdsa-p256-sha256",
    authority: TimestampAuthority | None = None,
    believed: tuple[TrustedAuthority, ...] = (),
) -> Evidence:
    """Make a store with some releases."""
    path = folder / "key.pem"
    path.write_bytes(generate_key(algorithm))
    path.chmod(0o600)
    signer = open_signer(f"file:{path}", env={})
    key = TrustedKey(
        keyid=signer.public_key.keyid,
        public_key=signer.public_key.pem,
        roles=("release", "record", "checkpoint"),
        valid_from=SINCE,
    )
    trust = Trust(version=1, keys=(key,), timestamp_authorities=believed)
    made = Evidence(folder / "store", trust, Sealer(signer, authority))
    for number in range(1, releases + 1):
        made.release(number)
    return made
