"""Control records: what one stage of the pipeline observed, with the evidence it rests on."""

from __future__ import annotations

import msgspec

from counterseal.manifest.types import (
    Count,
    GitObject,
    Name,
    Outcome,
    Sha256,
    Slug,
    Struct,
    Text,
    Time,
    parse_time,
)

CONTROL_RECORD = "https://counterseal.dev/control-record/v1"


class Digest(Struct, frozen=True):
    """A digest set with the one algorithm that is required (in-toto Statement v1, DigestSet).

    Attributes:
        sha256: the SHA-256 of the bytes, lowercase hexadecimal.
    """

    sha256: Sha256


class EvidenceReference(Struct, frozen=True):
    """A file that a record relied on, by its digest; the file itself is kept beside the record.

    Attributes:
        name: the file's name as the pipeline knew it; a label, never used as a path.
        media_type: the media type, for example `application/xml`.
        size: the length in bytes.
        digest: the digest of the exact bytes.
    """

    name: Name
    media_type: Name
    size: Count
    digest: Digest


class StatementReference(Struct, frozen=True):
    """A statement in a standard predicate that says the same as a record (test results, provenance).

    Attributes:
        predicate_type: the predicate's URI.
        payload: the digest of the statement's payload bytes.
    """

    predicate_type: Name
    payload: Digest


class Reason(Struct, frozen=True):
    """Why a control decided as it did: the rule, what it looked at, and what to do about it.

    Attributes:
        rule: the name of the rule that spoke.
        message: what it found, in one sentence.
        subject: what it looked at: a file, a record, a change.
        digest: the digest of the evidence it looked at.
        remedy: what the reader can do about it.
    """

    rule: Slug
    message: Text
    subject: Name | None = None
    digest: Digest | None = None
    remedy: Text | None = None


class Tool(Struct, frozen=True):
    """The program that produced the evidence.

    Attributes:
        name: the program's name.
        version: its version, as it states it.
    """

    name: Name
    version: Name | None = None


class Waiver(Struct, frozen=True):
    """A finding that was let through for a stated time, with who allowed it.

    Attributes:
        id: the finding's id, in the words of the tool that found it.
        rule: the rule that would have failed.
        reason: why it was let through.
        approver: who allowed it.
        expires_at: the last moment of the permission.
        ticket: where the permission was discussed.
    """

    id: Name
    rule: Slug
    reason: Text
    approver: Name
    expires_at: Time
    ticket: Name | None = None


class Validity(Struct, frozen=True):
    """How long the evidence may be relied on; both ends belong to the period.

    Attributes:
        not_before: the first moment.
        not_after: the last moment.
    """

    not_before: Time
    not_after: Time


def in_force(period: Validity, moment: str) -> bool:
    """Tell whether evidence of this validity may be relied on at a moment (a `Time`)."""
    start, end = parse_time(period.not_before), parse_time(period.not_after)
    return start <= parse_time(moment) <= end


class Origin(Struct, frozen=True):
    """The run that produced a record: a record of another commit or run is not evidence for this one.

    Attributes:
        repository: the repository's URI.
        commit: the commit that was checked out.
        run: `<run id>/<attempt>` of the workflow run, absent outside a runner.
    """

    repository: Name
    commit: GitObject
    run: Name | None = None


class ControlRecord(Struct, frozen=True):
    """What one stage observed (predicate `https://counterseal.dev/control-record/v1`).

    Attributes:
        stage: the pipeline stage, for example `record` or `sign`.
        name: which of the stage's records this is, for example `unit-tests`.
        kind: what sort of evidence it is, for example `test` or `penetration-test`.
        outcome: what it came to.
        created_at: when the record was written, by the runner's clock.
        origin: the commit and run it belongs to.
        counts: figures, in the unit that each name states (a bare noun counts things).
        reasons: why the outcome is not `passed`, or what is worth knowing although it is.
        evidence: the files it rests on.
        statements: the same facts in standard predicates.
        tool: the program that produced the evidence.
        waivers: findings that were let through.
        validity: how long the evidence may be relied on.
    """

    stage: Slug
    name: Slug
    kind: Slug
    outcome: Outcome
    created_at: Time
    origin: Origin
    counts: dict[Slug, Count] = msgspec.field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    evidence: tuple[EvidenceReference, ...] = ()
    statements: tuple[StatementReference, ...] = ()
    tool: Tool | None = None
    waivers: tuple[Waiver, ...] = ()
    validity: Validity | None = None
