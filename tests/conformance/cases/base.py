"""The valid documents that the cases vary. Made-up people, made-up digests."""

from __future__ import annotations

from typing import Any

from conformance.cases import canonical, digest, sha256

STATEMENT = "https://in-toto.io/Statement/v1"
RECORD = "https://counterseal.dev/control-record/v1"
MANIFEST = "https://counterseal.dev/release-manifest/v1"
CHECKPOINT = "https://counterseal.dev/checkpoint/v1"
REQUEST = "https://counterseal.dev/approval-request/v1"
APPROVAL = "https://counterseal.dev/approval/v1"
REPOSITORY = "https://github.example/acme/payments"
WORKFLOW = f"{REPOSITORY}/.github/workflows/release.yml"
COMMIT = "3f786850e387550fdab836ed7e6dc881de23001b"
TREE = "89e6c98d92887913cadf06b2adb97f26cde4849b"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
START, NOW, END = "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z"

Json = dict[str, Any]


def statement(kind: str, predicate: Any, *subjects: Json) -> Json:
    return {"_type": STATEMENT, "subject": list(subjects), "predicateType": kind, "predicate": predicate}


def commit_subject(commit: str = COMMIT) -> Json:
    return {"name": REPOSITORY, "digest": {"gitCommit": commit}}


def file(name: str, media_type: str = "application/xml") -> Json:
    return {"name": name, "mediaType": media_type, "size": len(name), "digest": digest(name)}


def record(**changes: Any) -> Json:
    """A control record with the required fields alone, and whatever is given."""
    predicate = {
        "stage": "record",
        "name": "unit-tests",
        "kind": "test",
        "outcome": "passed",
        "createdAt": NOW,
        "origin": {"repository": REPOSITORY, "commit": COMMIT},
    }
    return statement(RECORD, predicate | changes, commit_subject())


FULL_RECORD = record(
    origin={"repository": REPOSITORY, "commit": COMMIT, "run": "8123456789/1"},
    counts={"tests": 12, "failures": 0, "duration-seconds": 9007199254740991},
    reasons=[
        {
            "rule": "waived",
            "message": "One finding was let through: caf\u00e9 \U0001f600",
            "subject": "src/payments/money.py",
            "digest": digest("finding"),
            "remedy": "Remove the call before the waiver ends.",
        }
    ],
    evidence=[file("junit.xml")],
    statements=[
        {"predicateType": "https://in-toto.io/attestation/test-result/v0.1", "payload": digest("test-result")}
    ],
    tool={"name": "pytest", "version": "9.2.0"},
    waivers=[
        {
            "id": "B101",
            "rule": "sast-threshold",
            "reason": "Only in a test helper.",
            "approver": "ann",
            "expiresAt": "2026-12-31T23:59:59Z",
            "ticket": "PAY-17",
        }
    ],
    validity={"notBefore": START, "notAfter": END},
)


def reference(name: str = "unit-tests", outcome: str = "passed") -> Json:
    """A candidate's reference to a control record."""
    return {
        "predicateType": RECORD,
        "payload": digest(f"payload of {name}"),
        "sealed": file(f"{name}.sigstore.json", BUNDLE),
        "stage": "record",
        "name": name,
        "kind": "test",
        "outcome": outcome,
    }


def decision(name: str = "approval", outcome: str = "passed") -> Json:
    """A manifest's reference to the record of a decision."""
    return reference(name, outcome) | {"stage": "approval-gate", "kind": "approval"}


def request(**changes: Any) -> Json:
    """An approval request about a candidate, and whatever is given."""
    binding = {
        "repository": REPOSITORY,
        "environment": "production",
        "commit": COMMIT,
        "tree": TREE,
        "candidate": digest("candidate"),
        "policy": digest("policy"),
    }
    predicate = {
        "binding": binding,
        "changeClass": "normal",
        "requestedAt": START,
        "requestedBy": {"id": 1001, "login": "ann"},
        "nonce": "0123456789abcdef" * 2,
    } | changes
    candidate_subject = {"name": "candidate", "digest": predicate["binding"]["candidate"]}
    return statement(REQUEST, predicate, commit_subject(predicate["binding"]["commit"]), candidate_subject)


FULL_REQUEST = request(
    binding={
        "repository": REPOSITORY,
        "repositoryId": 4711,
        "environment": "production",
        "commit": COMMIT,
        "tree": TREE,
        "candidate": digest("candidate"),
        "policy": digest("policy"),
        "run": "8123456789/1",
        "baseRef": "refs/heads/main",
        "pullRequest": 42,
    },
    reason="The ledger is down",
    incident="INC-7",
    ticket="CHG0030001",
    issue=43,
)


def approval(**changes: Any) -> Json:
    """A decision that a person signed, and whatever is given."""
    predicate = {
        "request": "0123456789abcdef",
        "candidate": digest("candidate"),
        "action": "approve",
        "signedAt": NOW,
    } | changes
    return statement(APPROVAL, predicate, {"name": "candidate", "digest": predicate["candidate"]})


FULL_APPROVAL = approval(stage="production", reason="Looked at it with Zo\u00eb")


def artifact(name: str = "payments-1.0.0.whl") -> Json:
    return {"name": name, "size": 3, "digest": digest(name)}


def candidate(**changes: Any) -> Json:
    """A release candidate with the required fields alone, and whatever is given."""
    return {
        "source": {"repository": REPOSITORY, "commit": COMMIT, "tree": TREE},
        "changes": {"complete": True},
        "artifacts": [artifact()],
        "records": [reference()],
    } | changes


def manifest(release: Json | None = None, **changes: Any) -> Json:
    """A release manifest whose subjects and candidate digest fit its candidate, and whatever is given."""
    release = candidate() if release is None else release
    predicate = {
        "chain": {"stream": {"repository": REPOSITORY, "environment": "production"}, "sequence": 1},
        "outcome": "passed",
        "createdAt": NOW,
        "candidate": release,
        "candidateDigest": {"sha256": sha256(canonical(release))},
        "builder": {"id": WORKFLOW, "identity": "oidc"},
    }
    subjects = [{"name": one["name"], "digest": one["digest"]} for one in release["artifacts"]]
    return statement(MANIFEST, predicate | changes, *subjects, commit_subject(release["source"]["commit"]))


def chain(sequence: int, previous: str | None = None, environment: str = "production") -> Json:
    place = {"stream": {"repository": REPOSITORY, "environment": environment}, "sequence": sequence}
    return place | ({"previous": {"sha256": previous}} if previous else {})


ANN = {"id": 1001, "login": "ann", "text": "Ann <ann@example.com>"}

FULL_CANDIDATE = candidate(
    source={
        "repository": REPOSITORY,
        "repositoryId": 4711,
        "commit": COMMIT,
        "tree": TREE,
        "ref": "refs/heads/main",
        "previous": {"commit": "b" * 40, "payload": digest("release 1")},
    },
    changes={
        "complete": True,
        "note": "since release 1",
        "commits": [
            {
                "commit": COMMIT,
                "title": "Add refunds",
                "authors": [ANN],
                "committers": [{"text": "GitHub <noreply@github.example>"}],
                "coAuthors": [{"text": "Zo\u00eb <zoe@example.com>"}],
                "pushers": [{"id": 1001, "login": "ann"}],
                "reviewers": [{"id": 1002, "login": "ben"}],
                "pullRequest": 42,
                "tickets": ["PAY-17"],
                "signature": {"state": "verified", "reason": "valid", "signer": "ann@example.com"},
            }
        ],
    },
    artifacts=[artifact(), artifact("payments-1.0.0.tar.gz")],
    records=[reference(), reference("sbom")],
    statements=[
        {
            "predicateType": "https://slsa.dev/provenance/v1",
            "payload": digest("provenance"),
            "sealed": file("statement.sigstore.json", BUNDLE),
        }
    ],
    evidence=[file("junit.xml")],
    policy={
        "uri": f"{REPOSITORY}/.github/counterseal.yml",
        "digest": digest("policy"),
        "ref": "refs/heads/main",
    },
)

FULL_MANIFEST = manifest(
    FULL_CANDIDATE,
    chain=chain(2, sha256(b"release 1")),
    builder={
        "id": WORKFLOW,
        "identity": "oidc",
        "event": "push",
        "runId": 8123456789,
        "runAttempt": 1,
        "runUrl": f"{REPOSITORY}/actions/runs/8123456789",
        "actor": {"id": 1001, "login": "ann"},
        "runner": "github-hosted",
        "claims": {
            "repository_id": "4711",
            "job_workflow_ref": "acme/payments/.github/workflows/release.yml",
        },
    },
    approvals=[
        {
            "stage": "production",
            "person": {"id": 1002, "login": "ben"},
            "role": "release-manager",
            "decision": "approved",
            "requestedAt": START,
            "decidedAt": NOW,
            "expiresAt": END,
            "candidate": {"sha256": sha256(canonical(FULL_CANDIDATE))},
            "record": decision()["payload"],
        }
    ],
    requests=[
        {
            "predicateType": REQUEST,
            "payload": digest("approval request"),
            "sealed": file("approval-request.sigstore.json", BUNDLE),
        }
    ],
    decisions=[decision()],
    decisionEvidence=[file("approval-case.json", "application/json")],
    deployment=[
        {
            "name": "canary",
            "outcome": "passed",
            "startedAt": START,
            "finishedAt": START,
            "note": "5 % of traffic",
        }
    ],
    retention={"retainUntil": "2033-11-23T10:00:00Z", "mode": "compliance"},
)


def checkpoint(**changes: Any) -> Json:
    """A checkpoint of a first release."""
    predicate = {
        "stream": {"repository": REPOSITORY, "environment": "production"},
        "sequence": 1,
        "head": digest("release 1"),
        "createdAt": NOW,
    } | changes
    return statement(CHECKPOINT, predicate, {"name": "release 1", "digest": predicate["head"]})
