"""Assembly: from records to a candidate, and from a candidate and a place in the chain to a manifest.

Pure functions; the caller brings the time, the chain and everything that was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from counterseal.manifest.canonical import encode
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import Digest, EvidenceReference, Reason
from counterseal.manifest.release import (
    RELEASE_MANIFEST,
    Approval,
    Builder,
    Chain,
    FileRetention,
    RecordReference,
    ReleaseCandidate,
    ReleaseManifest,
    Retention,
    SealedReference,
)
from counterseal.manifest.statement import Statement, subject_of_commit, subject_of_file
from counterseal.manifest.types import Outcome

AFTER_CANDIDATE: Final = frozenset({"approval-gate", "rollout"})
"""The stages that decide about a fixed candidate, so that their records cannot be part of it."""


@dataclass(frozen=True)
class Decided:
    """What was decided about a candidate.

    Attributes:
        approvals: the decisions of people.
        requests: the sealed requests that they answer.
        records: the control records of the stages in `AFTER_CANDIDATE`.
        evidence: the files that those rely on.
    """

    approvals: tuple[Approval, ...] = ()
    requests: tuple[SealedReference, ...] = ()
    records: tuple[RecordReference, ...] = ()
    evidence: tuple[EvidenceReference, ...] = ()


UNDECIDED: Final = Decided()
"""Nobody was asked."""


def judge_candidate(
    candidate: ReleaseCandidate,
    expected: Sequence[str],
    problems: Sequence[Reason] = (),
    decisions: Sequence[RecordReference] = (),
) -> tuple[Outcome, tuple[Reason, ...]]:
    """Return the outcome of a release and why: failed outranks inconclusive, which outranks passed.

    Args:
        candidate: what is to be released.
        expected: the records that the policy wants, each `stage` or `stage:name`.
        problems: reasons from outside the records that make the release fail.
        decisions: the records of what was decided about it.
    """
    records = (*candidate.records, *decisions)
    failed = [*problems, *_missing(records, expected), *_not_passed(records, Outcome.FAILED)]
    unsure = _not_passed(records, Outcome.INCONCLUSIVE)
    if not candidate.changes.complete:
        unsure.append(
            Reason(
                rule="changes-complete",
                message=candidate.changes.note
                or "the changes since the previous release could not all be read",
                remedy="check out the whole history (fetch-depth: 0)",
            )
        )
    outcome = Outcome.FAILED if failed else Outcome.INCONCLUSIVE if unsure else Outcome.PASSED
    return outcome, (*failed, *unsure)


def build_manifest(  # noqa: PLR0913 - what a manifest has
    candidate: ReleaseCandidate,
    *,
    chain: Chain,
    builder: Builder,
    created_at: str,
    expected: Sequence[str] = (),
    problems: Sequence[Reason] = (),
    retention: Retention | None = None,
    file_retention: tuple[FileRetention, ...] = (),
    decided: Decided = UNDECIDED,
    people: Literal["pseudonymous"] | None = None,
) -> Statement:
    """Return the manifest's statement for one place in the chain."""
    outcome, reasons = judge_candidate(candidate, expected, problems, decided.records)
    manifest = ReleaseManifest(
        chain=chain,
        outcome=outcome,
        created_at=created_at,
        candidate=candidate,
        candidate_digest=Digest(sha256=digest_of_candidate(candidate)),
        builder=builder,
        reasons=reasons,
        retention=retention,
        file_retention=file_retention,
        approvals=decided.approvals,
        requests=decided.requests,
        decisions=decided.records,
        decision_evidence=decided.evidence,
        people=people,
    )
    artifacts = (subject_of_file(artifact.name, artifact.digest.sha256) for artifact in candidate.artifacts)
    commit = subject_of_commit(candidate.source.repository, candidate.source.commit)
    return Statement((*artifacts, commit), RELEASE_MANIFEST, manifest)


def digest_of_candidate(candidate: ReleaseCandidate) -> str:
    """Return the digest that approvals bind to: SHA-256 of the candidate's canonical bytes."""
    return sha256(encode(msgspec.to_builtins(candidate), where="candidate"))


def distinct_evidence(references: Iterable[EvidenceReference]) -> tuple[EvidenceReference, ...]:
    """Return each file once, ordered by digest, so that the same evidence gives the same candidate."""
    unique = {(reference.digest.sha256, reference.name): reference for reference in references}
    return tuple(unique[key] for key in sorted(unique))


def _missing(records: Sequence[RecordReference], expected: Sequence[str]) -> list[Reason]:
    present = {name for record in records for name in (record.stage, f"{record.stage}:{record.name}")}
    reasons = [
        Reason(
            rule="expected-record",
            subject=name,
            message=f"the policy expects a record {name} and there is none",
            remedy="run the stage that writes it before the evidence is sealed",
        )
        for name in expected
        if name not in present
    ]
    if not records:
        reasons.append(Reason(rule="any-record", message="there is no record at all: nothing was observed"))
    return reasons


def _not_passed(records: Sequence[RecordReference], outcome: Outcome) -> list[Reason]:
    return [
        Reason(
            rule="record-passed",
            subject=f"{record.stage}:{record.name}",
            digest=record.payload,
            message=f"record {record.stage}:{record.name} is {record.outcome}",
        )
        for record in records
        if record.outcome is outcome
    ]
