"""Small valid documents for tests; every argument that a test cares about can be given."""

from __future__ import annotations

from counterseal.manifest import assemble
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import (
    CONTROL_RECORD,
    ControlRecord,
    Digest,
    EvidenceReference,
    Origin,
    Tool,
)
from counterseal.manifest.release import (
    Artifact,
    Builder,
    Chain,
    Change,
    ChangeSet,
    Person,
    RecordReference,
    ReleaseCandidate,
    SealedReference,
    Source,
    Stream,
)
from counterseal.manifest.statement import Statement, subject_of_commit
from counterseal.manifest.types import Outcome

REPOSITORY = "https://github.example/acme/payments"
COMMIT = "c" * 40
TREE = "d" * 40
NOW = "2026-11-23T10:00:00Z"
STREAM = Stream(repository=REPOSITORY, environment="production")


def evidence(data: bytes = b"<testsuite/>", name: str = "junit.xml") -> EvidenceReference:
    return EvidenceReference(
        name=name, media_type="application/xml", size=len(data), digest=Digest(sha256=sha256(data))
    )


def record_statement(
    name: str = "unit-tests", outcome: Outcome = Outcome.PASSED, files: tuple[EvidenceReference, ...] = ()
) -> Statement:
    record = ControlRecord(
        stage="record",
        name=name,
        kind="test",
        outcome=outcome,
        created_at=NOW,
        origin=Origin(repository=REPOSITORY, commit=COMMIT, run="1/1"),
        counts={"failures": 0, "tests": 12},
        evidence=files,
        tool=Tool(name="pytest", version="9.2.0"),
    )
    return Statement((subject_of_commit(REPOSITORY, COMMIT),), CONTROL_RECORD, record)


def record_reference(
    payload: bytes, sealed: bytes, name: str = "unit-tests", outcome: Outcome = Outcome.PASSED
) -> RecordReference:
    return RecordReference(
        predicate_type=CONTROL_RECORD,
        payload=Digest(sha256=sha256(payload)),
        sealed=EvidenceReference(
            name=f"{name}.sigstore.json",
            media_type="application/vnd.dev.sigstore.bundle.v0.3+json",
            size=len(sealed),
            digest=Digest(sha256=sha256(sealed)),
        ),
        stage="record",
        name=name,
        kind="test",
        outcome=outcome,
    )


def candidate(
    records: tuple[RecordReference, ...] | None = None,
    statements: tuple[SealedReference, ...] = (),
    files: tuple[EvidenceReference, ...] = (),
    *,
    complete: bool = True,
    commit: str = COMMIT,
) -> ReleaseCandidate:
    change = Change(commit=commit, title="Add refunds", authors=(Person(text="Ann <ann@example.com>"),))
    return ReleaseCandidate(
        source=Source(repository=REPOSITORY, commit=commit, tree=TREE, ref="refs/heads/main"),
        changes=ChangeSet(complete=complete, commits=(change,)),
        artifacts=(Artifact(name="payments-1.0.0.whl", size=3, digest=Digest(sha256=sha256(b"whl"))),),
        records=(record_reference(b"payload", b"sealed"),) if records is None else records,
        statements=statements,
        evidence=files,
    )


def manifest_statement(
    release: ReleaseCandidate | None = None,
    *,
    sequence: int = 1,
    previous: str | None = None,
    created_at: str = NOW,
    stream: Stream = STREAM,
    expected: tuple[str, ...] = (),
    decided: assemble.Decided = assemble.UNDECIDED,
) -> Statement:
    return assemble.build_manifest(
        release or candidate(),
        chain=Chain(stream=stream, sequence=sequence, previous=Digest(sha256=previous) if previous else None),
        builder=Builder(
            id="https://github.example/acme/payments/.github/workflows/release.yml", identity="local"
        ),
        created_at=created_at,
        expected=expected,
        decided=decided,
    )
