"""A release with something of everything, as facts that have been verified."""

from __future__ import annotations

from typing import Any

import msgspec

from counterseal.audit.facts import ReleaseFacts, Seal
from counterseal.audit.recipe import SealingKey
from counterseal.manifest.assemble import build_manifest
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import (
    CONTROL_RECORD,
    ControlRecord,
    Digest,
    EvidenceReference,
    Origin,
    Reason,
    StatementReference,
    Tool,
    Validity,
    Waiver,
)
from counterseal.manifest.release import (
    Approval,
    Artifact,
    Builder,
    Chain,
    Change,
    ChangeSet,
    Checkpoint,
    DeploymentStep,
    Person,
    PolicyReference,
    PreviousRelease,
    RecordReference,
    ReleaseCandidate,
    Retention,
    SealedReference,
    SignatureState,
    Source,
)
from counterseal.manifest.stream import stream_id
from counterseal.manifest.types import Outcome
from factories import COMMIT, REPOSITORY, STREAM, TREE

PEM = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEn1LlwLN/KBYQRVH6HfIMTzfEqJOVztLe
kLchp2hi78cCaMY81FBlYs8J9l7krc+M4aBeCGYFjba+hiXttJWPL7ydlE+5UG4U3Nkn3Eos8EiZByi9DVsyfy9eejh+8AXgp
-----END PUBLIC KEY-----
"""
KEY = SealingKey(keyid="SHA256:" + "k" * 43, algorithm="ecdsa-p256-sha256", pem=PEM)
CREATED = "2026-11-23T10:04:31Z"


def digest(text: str) -> Digest:
    return Digest(sha256=sha256(text.encode()))


def file(name: str, media_type: str = "application/xml", size: int = 48213) -> EvidenceReference:
    return EvidenceReference(name=name, media_type=media_type, size=size, digest=digest(name))


def record(name: str, outcome: Outcome = Outcome.PASSED, **facts: Any) -> ControlRecord:
    given: dict[str, Any] = {
        "stage": "record",
        "name": name,
        "kind": "test",
        "outcome": outcome,
        "created_at": "2026-11-23T10:02:07Z",
        "origin": Origin(repository=REPOSITORY, commit=COMMIT, run="8123456789/1"),
        "evidence": (file(f"{name}.xml"),),
    }
    return ControlRecord(**given | facts)


def records() -> tuple[ControlRecord, ...]:
    return (
        record(
            "unit-tests",
            counts={"tests": 1284, "failures": 0, "errors": 0, "skipped": 3},
            tool=Tool(name="pytest", version="9.2.0"),
            statements=(
                StatementReference(
                    predicate_type="https://in-toto.io/attestation/test-result/v0.1",
                    payload=digest("standard"),
                ),
            ),
        ),
        record(
            "penetration-test",
            kind="penetration-test",
            created_at="2026-11-23T10:02:55Z",
            evidence=(
                file("pentest-2026-report.pdf", "application/pdf", 2_418_771),
                file("pentest-retest-letter.pdf", "application/pdf", 90_412),
            ),
            validity=Validity(not_before="2026-03-01T00:00:00Z", not_after="2027-03-01T00:00:00Z"),
        ),
        record(
            "dependency-scan",
            stage="sca",
            kind="vulnerabilities",
            counts={"critical": 0, "high": 1, "waived": 1},
            tool=Tool(name="pip-audit", version="2.10.1"),
            evidence=(file("pip-audit.json", "application/json", 18_002),),
            waivers=(
                Waiver(
                    id="GHSA-xxxx-0001",
                    rule="no-high",
                    reason="The vulnerable function is not reachable from our code.",
                    approver="security-team",
                    expires_at="2026-12-31T23:59:59Z",
                    ticket="SEC-311",
                ),
            ),
        ),
    )


def changes() -> ChangeSet:
    return ChangeSet(
        complete=True,
        commits=(
            Change(
                commit=COMMIT,
                title="PAY-1841 Refund a payment in part",
                authors=(Person(text="Ann Lindqvist <ann@example.com>"),),
                committers=(Person(text="GitHub <noreply@github.com>"),),
                co_authors=(Person(text="Bo Okafor <bo@example.com>"),),
                pushers=(Person(id=5_120_331, login="annl"),),
                reviewers=(Person(id=7_781_002, login="c-moreau"),),
                pull_request=912,
                tickets=("PAY-1841",),
                signature=SignatureState(state="verified", reason="valid", signer="annl"),
            ),
            Change(
                commit="a7" * 20,
                title="Raise the timeout of the settlement client",
                authors=(Person(text="Bo Okafor <bo@example.com>"),),
                committers=(Person(text="Bo Okafor <bo@example.com>"),),
                signature=SignatureState(state="unsigned"),
            ),
        ),
    )


def reference(content: ControlRecord) -> RecordReference:
    return RecordReference(
        predicate_type=CONTROL_RECORD,
        payload=digest(f"payload {content.name}"),
        sealed=EvidenceReference(
            name=f"{content.stage}.{content.name}.sigstore.json",
            media_type="application/vnd.dev.sigstore.bundle.v0.3+json",
            size=1877,
            digest=digest(f"sealed {content.name}"),
        ),
        stage=content.stage,
        name=content.name,
        kind=content.kind,
        outcome=content.outcome,
    )


def seal(statement: str, role: str = "release", trusted_time: str | None = None) -> Seal:
    return Seal(statement, sha256(statement.encode()), role, KEY, trusted_time)


def release_facts(
    contents: tuple[ControlRecord, ...] = records(),
    candidate: dict[str, Any] | None = None,
    manifest: dict[str, Any] | None = None,
    **facts: Any,
) -> ReleaseFacts:
    """Make facts; `candidate` and `manifest` replace fields of those, anything else fields of the facts."""
    previous = PreviousRelease(commit="b9" * 20, payload=digest("previous"))
    given: dict[str, Any] = {
        "source": Source(
            repository=REPOSITORY,
            repository_id=40_118_822,
            commit=COMMIT,
            tree=TREE,
            ref="refs/tags/v4.12.0",
            previous=previous,
        ),
        "changes": changes(),
        "artifacts": (
            Artifact(name="payments-4.12.0-py3-none-any.whl", size=812_344, digest=digest("whl")),
            Artifact(name="payments-4.12.0.tar.gz", size=601_220, digest=digest("tar")),
        ),
        "records": tuple(reference(one) for one in contents),
        "statements": (
            SealedReference(
                predicate_type="https://slsa.dev/provenance/v1",
                payload=digest("provenance"),
                sealed=file("statement.sigstore.json", "application/vnd.dev.sigstore.bundle.v0.3+json", 2210),
            ),
        ),
        "evidence": tuple(one for content in contents for one in content.evidence),
        "policy": PolicyReference(
            uri=f"{REPOSITORY}/blob/main/.github/counterseal.yml",
            digest=digest("policy"),
            ref="refs/heads/main",
        ),
    }
    statement = build_manifest(
        ReleaseCandidate(**given | (candidate or {})),
        chain=Chain(stream=STREAM, sequence=2, previous=previous.payload),
        builder=Builder(
            id=f"{REPOSITORY}/.github/workflows/release.yml@refs/heads/main",
            identity="oidc",
            event="push",
            run_id=8_123_456_789,
            run_attempt=1,
            run_url=f"{REPOSITORY}/actions/runs/8123456789/attempts/1",
            actor=Person(id=5_120_331, login="annl"),
            runner="github-hosted",
        ),
        created_at=CREATED,
        retention=Retention(retain_until="2033-11-23T00:00:00Z", mode="compliance"),
    )
    whole = msgspec.structs.replace(statement.predicate, **(manifest or {}))
    entry = f"streams/{stream_id(STREAM)}/000000000002.jsonl"
    values: dict[str, Any] = {
        "stream": stream_id(STREAM),
        "sequence": 2,
        "entry": entry,
        "manifest": whole,
        "seal": seal("Release manifest", trusted_time="2026-11-23T10:04:33Z"),
        "records": {reference(one).payload.sha256: one for one in contents},
        "checkpoint": Checkpoint(
            stream=STREAM, sequence=2, head=digest("payload"), created_at="2026-11-23T10:04:35Z"
        ),
        "seals": (
            seal("SLSA verification summary"),
            *(seal(f"Control {one.stage}:{one.name}", "record") for one in contents),
            seal("Checkpoint of the chain", "checkpoint"),
        ),
    }
    return ReleaseFacts(**values | facts)


def decided(manifest_candidate: Digest) -> dict[str, Any]:
    """Return the fields of a manifest that has approvals and a deployment."""
    return {
        "approvals": (
            Approval(
                stage="production",
                person=Person(id=7_781_002, login="c-moreau"),
                role="release-manager",
                decision="approved",
                requested_at="2026-11-23T10:02:59Z",
                decided_at="2026-11-23T10:03:41Z",
                expires_at="2026-11-23T14:03:41Z",
                candidate=manifest_candidate,
            ),
        ),
        "deployment": (
            DeploymentStep(
                name="canary-10",
                outcome=Outcome.PASSED,
                started_at="2026-11-23T10:03:50Z",
                finished_at="2026-11-23T10:04:10Z",
            ),
            DeploymentStep(
                name="full",
                outcome=Outcome.PASSED,
                started_at="2026-11-23T10:04:11Z",
                finished_at="2026-11-23T10:04:29Z",
                note="All 12 tasks are on the new revision.",
            ),
        ),
        "reasons": (Reason(rule="noted", message="A note."),),
    }
