"""The release candidate (what approvals bind to) and the release manifest (what is sealed)."""

from __future__ import annotations

from typing import Literal

import msgspec

from counterseal.manifest.record import Digest, EvidenceReference, Reason, Waiver
from counterseal.manifest.types import (
    Count,
    GitObject,
    Name,
    Outcome,
    Positive,
    Sha256,
    Slug,
    Struct,
    Text,
    Time,
)

RELEASE_MANIFEST = "https://counterseal.dev/release-manifest/v1"
CHECKPOINT = "https://counterseal.dev/checkpoint/v1"


class Person(Struct, frozen=True):
    """Somebody who acted. The numeric account id comes first; the text is whatever a commit claims.

    Attributes:
        id: the account's number on the forge, which never changes hands.
        login: the account's name at that time.
        text: free text such as a git author line; it is chosen by whoever commits and grants nothing.
    """

    id: Positive | None = None
    login: Name | None = None
    text: Name | None = None


class PreviousRelease(Struct, frozen=True):
    """The release that this one follows in its stream.

    Attributes:
        commit: the commit that was released.
        payload: the digest of its manifest's payload bytes.
    """

    commit: GitObject
    payload: Digest


class Source(Struct, frozen=True):
    """What was built: the commit and its tree.

    Attributes:
        repository: the repository's URI.
        commit: the commit that was checked out.
        tree: the commit's tree, which is the same for the same content.
        repository_id: the repository's number on the forge, which never changes hands.
        ref: the branch or tag that the run was started for, in full (`refs/heads/main`).
        previous: the release that this one follows; absent for the first.
    """

    repository: Name
    commit: GitObject
    tree: GitObject
    repository_id: Positive | None = None
    ref: Name | None = None
    previous: PreviousRelease | None = None


class SignatureState(Struct, frozen=True):
    """What is known of a commit's signature.

    Attributes:
        state: `verified`, `unverified`, `unsigned` or `unchecked`.
        reason: the verifier's own word for it.
        signer: the key or identity that signed.
    """

    state: Slug
    reason: Name | None = None
    signer: Name | None = None


class Change(Struct, frozen=True):
    """One commit since the previous release, with everybody who touched it.

    Attributes:
        commit: the commit.
        title: the first line of its message.
        authors: who the commit says wrote it.
        committers: who the commit says committed it.
        co_authors: who its message names as co-authors.
        pushers: who brought it to the forge.
        reviewers: who reviewed it on the forge.
        pull_request: the number of the pull request that brought it in.
        tickets: the tickets that it names.
        signature: what is known of its signature.
        authored_at: when it says that it was written; whoever writes it chooses that.
        committed_at: when it says that it was committed; for a merge that the forge makes, its clock.
    """

    commit: GitObject
    title: Text
    authors: tuple[Person, ...] = ()
    committers: tuple[Person, ...] = ()
    co_authors: tuple[Person, ...] = ()
    pushers: tuple[Person, ...] = ()
    reviewers: tuple[Person, ...] = ()
    pull_request: Positive | None = None
    tickets: tuple[Name, ...] = ()
    signature: SignatureState | None = None
    authored_at: Time | None = None
    committed_at: Time | None = None


class ChangeSet(Struct, frozen=True):
    """Every change since the previous release, and whether the list is whole.

    Attributes:
        complete: true only when the history between both releases was read to its end.
        commits: the changes, newest first.
        note: why the list is not whole, or where it begins.
    """

    complete: bool
    commits: tuple[Change, ...] = ()
    note: Text | None = None


class Artifact(Struct, frozen=True):
    """Something that is released.

    Attributes:
        name: the artifact's name; a label, never used as a path.
        size: the length in bytes.
        digest: the digest of the exact bytes.
    """

    name: Name
    size: Count
    digest: Digest


class SealedReference(Struct, frozen=True):
    """A sealed statement in the store: what it says, and the exact bytes that say it.

    Attributes:
        predicate_type: the predicate's URI.
        payload: the digest of the statement's payload bytes.
        sealed: the bundle that carries it, by the digest of its exact bytes.
    """

    predicate_type: Name
    payload: Digest
    sealed: EvidenceReference


class RecordReference(SealedReference, frozen=True):
    """A sealed control record, with the part of it that a reader wants to see at once.

    Attributes:
        predicate_type: the predicate's URI.
        payload: the digest of the statement's payload bytes.
        sealed: the bundle that carries it, by the digest of its exact bytes.
        stage: the record's stage.
        name: the record's name.
        kind: the record's kind.
        outcome: the record's outcome.
        waivers: the problems that were let through, as the record has them.
    """

    stage: Slug
    name: Slug
    kind: Slug
    outcome: Outcome
    waivers: tuple[Waiver, ...] = ()


class PolicyReference(Struct, frozen=True):
    """The policy that was in force, and where it came from.

    Attributes:
        uri: the URI of the policy file.
        digest: the digest of the file's exact bytes.
        ref: the branch, tag or commit that it was read from.
    """

    uri: Name
    digest: Digest
    ref: Name | None = None


class ReleaseCandidate(Struct, frozen=True):
    """Everything that is known before people approve. Its canonical digest is what approvals bind to.

    Attributes:
        source: the commit and its tree.
        changes: what changed since the previous release.
        artifacts: what is released.
        records: the control records relied on, each by payload digest and by the bytes of its seal.
        statements: sealed statements in standard predicates (provenance, test results).
        evidence: every file that any record relied on.
        policy: the policy in force.
    """

    source: Source
    changes: ChangeSet
    artifacts: tuple[Artifact, ...]
    records: tuple[RecordReference, ...]
    statements: tuple[SealedReference, ...] = ()
    evidence: tuple[EvidenceReference, ...] = ()
    policy: PolicyReference | None = None


class Approval(Struct, frozen=True):
    """A decision of a person on a candidate.

    Attributes:
        stage: the stage of the approval process.
        person: who decided.
        role: in which role.
        decision: `approved` or `denied`.
        requested_at: when the decision was asked for, by the forge's clock.
        decided_at: when it was given, by the forge's clock.
        candidate: the candidate that it is bound to.
        expires_at: the last moment at which it may be acted on.
        record: the payload digest of the sealed record of the decision.
    """

    stage: Slug
    person: Person
    role: Slug
    decision: Slug
    requested_at: Time
    decided_at: Time
    candidate: Digest
    expires_at: Time | None = None
    record: Digest | None = None


class DeploymentStep(Struct, frozen=True):
    """One step of what really happened in deployment.

    Attributes:
        name: the step's name.
        outcome: what it came to.
        started_at: when it began.
        finished_at: when it ended.
        note: what is worth knowing about it.
    """

    name: Slug
    outcome: Outcome
    started_at: Time
    finished_at: Time
    note: Text | None = None


class Builder(Struct, frozen=True):
    """Who ran the pipeline, and how far that is proven.

    Attributes:
        id: the URI of the defining workflow, or of the machine when there is none.
        identity: `oidc` when a token that the forge signed says so, `environment` when only the
            runner's own variables say so, `local` outside a runner.
        event: what started the run.
        run_id: the run's number.
        run_attempt: the attempt's number.
        run_url: where the forge shows the run.
        actor: the account that started it.
        runner: `github-hosted` or `self-hosted`.
        claims: the identity token's claims that are worth keeping, never the token.
    """

    id: Name
    identity: Slug
    event: Name | None = None
    run_id: Positive | None = None
    run_attempt: Positive | None = None
    run_url: Name | None = None
    actor: Person | None = None
    runner: Name | None = None
    claims: dict[Name, Text] = msgspec.field(default_factory=dict)


class FileRetention(Struct, frozen=True):
    """Evidence files that are kept for less than everything else of a release.

    Attributes:
        retain_until: the first moment at which they may be deleted.
        files: SHA-256 of each of them.
        mode: the mode of the store's lock; absent where there is no lock.
    """

    retain_until: Time
    files: tuple[Sha256, ...]
    mode: Slug | None = None


class Retention(Struct, frozen=True):
    """How long the evidence is kept.

    Attributes:
        retain_until: the first moment at which it may be deleted.
        mode: the mode of the store's lock, `governance` or `compliance`; absent where there is no lock.
    """

    retain_until: Time
    mode: Slug | None = None


class Stream(Struct, frozen=True):
    """The chain that a release belongs to: one repository in one environment.

    Attributes:
        repository: the repository's URI.
        environment: the name of the environment that is deployed to.
    """

    repository: Name
    environment: Name


class Chain(Struct, frozen=True):
    """The place of a release in its stream.

    Attributes:
        stream: the stream.
        sequence: 1 for the first release, then one more each.
        previous: the payload digest of the release before; absent for the first alone.
    """

    stream: Stream
    sequence: Positive
    previous: Digest | None = None


class ReleaseManifest(Struct, frozen=True):
    """One release (predicate `https://counterseal.dev/release-manifest/v1`).

    Attributes:
        chain: the place in the stream.
        outcome: `passed` only when every record passed and everything expected was there.
        created_at: when the manifest was written, by the runner's clock.
        candidate: what was known before approval.
        candidate_digest: the digest of the candidate's canonical bytes.
        builder: who ran the pipeline.
        reasons: why the outcome is not `passed`.
        approvals: the decisions of people.
        deployment: what really happened.
        retention: how long the evidence is kept.
        requests: the sealed approval requests that the approvals answer.
        decisions: the control records of what was decided and done about the fixed candidate; they stand
            outside it, since it must not change when it is approved.
        decision_evidence: every file that any of those records relied on.
        file_retention: evidence files that are kept for less than everything else.
        people: `pseudonymous` where everybody is told by a number or a keyed digest; absent otherwise.
    """

    chain: Chain
    outcome: Outcome
    created_at: Time
    candidate: ReleaseCandidate
    candidate_digest: Digest
    builder: Builder
    reasons: tuple[Reason, ...] = ()
    approvals: tuple[Approval, ...] = ()
    deployment: tuple[DeploymentStep, ...] = ()
    retention: Retention | None = None
    requests: tuple[SealedReference, ...] = ()
    decisions: tuple[RecordReference, ...] = ()
    decision_evidence: tuple[EvidenceReference, ...] = ()
    file_retention: tuple[FileRetention, ...] = ()
    people: Literal["pseudonymous"] | None = None

    def retention_of(self, digest: str) -> Retention | None:
        """Return how long the content with this SHA-256 is kept; None where nothing is said of it."""
        for one in self.file_retention:
            if digest in one.files:
                return Retention(one.retain_until, one.mode)
        return self.retention


class Checkpoint(Struct, frozen=True):
    """A signed statement that a stream had a head (predicate `https://counterseal.dev/checkpoint/v1`).

    Attributes:
        stream: the stream.
        sequence: the head's sequence, which is also how many entries there are.
        head: the payload digest of the head.
        created_at: when the checkpoint was written.
    """

    stream: Stream
    sequence: Positive
    head: Digest
    created_at: Time
