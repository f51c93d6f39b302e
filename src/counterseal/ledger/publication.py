"""What is published: the parts of a release that no case file holds, and the candidate that comes of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from counterseal.errors import SealError
from counterseal.ledger.append import Head
from counterseal.ledger.sealing import Sealed
from counterseal.manifest.assemble import digest_of_candidate
from counterseal.manifest.record import Digest, Reason
from counterseal.manifest.release import (
    Approval,
    Builder,
    ChangeSet,
    PolicyReference,
    PreviousRelease,
    ReleaseCandidate,
    Retention,
    Source,
    Stream,
)


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
        stages: for how long the files of some stages are kept, where that is less.
        problems: reasons that keep the release from passing although no record says so.
        approvals: the decisions of people, as the records of the stage `approval-gate` have them.
        people: `pseudonymous` where nobody is named; None where people are.
    """

    stream: Stream
    source: Source
    changes: Callable[[str | None], ChangeSet]
    builder: Builder
    created_at: str
    expected: Sequence[str] = ()
    policy: PolicyReference | None = None
    retention: Retention | None = None
    stages: Mapping[str, Retention] = field(default_factory=dict)
    problems: tuple[Reason, ...] = ()
    approvals: tuple[Approval, ...] = ()
    people: Literal["pseudonymous"] | None = None


def candidate_of(publication: Publication, sealed: Sealed, head: Head | None) -> ReleaseCandidate:
    """Return the candidate that sealed contents come to, after the release that is the head of the stream."""
    previous = None
    if head is not None:
        commit = head.manifest.candidate.source.commit
        previous = PreviousRelease(commit=commit, payload=Digest(sha256=head.payload_digest))
    return ReleaseCandidate(
        source=msgspec.structs.replace(publication.source, previous=previous),
        changes=publication.changes(previous.commit if previous else None),
        artifacts=sealed.artifacts,
        records=sealed.records,
        statements=sealed.statements,
        evidence=sealed.evidence,
        policy=publication.policy,
    )


def require_fixed(fixed: ReleaseCandidate, found: ReleaseCandidate) -> None:
    """Refuse a candidate that is not the one that people were asked about.

    Raises:
        SealError: naming the parts that differ.
    """
    fields = ReleaseCandidate.__struct_fields__
    differing = [name for name in fields if getattr(fixed, name) != getattr(found, name)]
    if differing:
        raise SealError(
            f"the candidate is no longer the one that was fixed: {', '.join(differing)}",
            where=digest_of_candidate(fixed),
            remedy="ask for approval again, of what is to be released now",
        )
