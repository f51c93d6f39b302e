"""What a case file holds, once it is known to belong to a release and to be complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from counterseal.errors import MalformedError, UsageError
from counterseal.ledger.publication import Publication
from counterseal.manifest.approval import ApprovalRequest
from counterseal.manifest.assemble import AFTER_CANDIDATE, digest_of_candidate
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import Artifact, ReleaseCandidate, Source
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE
from counterseal.seal.trust import Trust
from counterseal.seal.verify import open_bundle
from counterseal.store.casefile import CaseFile, FiledStatement

BEGIN_ANEW = "begin the run anew with an empty evidence folder"


@dataclass(frozen=True)
class Request:
    """An approval request of a case file, whose seal held.

    Attributes:
        bundle: its sealed bundle.
        payload: the payload bytes.
        request: what was asked.
    """

    bundle: bytes
    payload: bytes
    request: ApprovalRequest


@dataclass(frozen=True)
class Contents:
    """What a case file holds.

    Attributes:
        records: the records that belong to the candidate.
        decisions: the records of what was decided about it.
        statements: the statements in standard predicates.
        requests: the approval requests.
    """

    records: Sequence[FiledStatement]
    decisions: Sequence[FiledStatement]
    statements: Sequence[FiledStatement]
    requests: tuple[Request, ...]


def contents_of(case: CaseFile, publication: Publication, trust: Trust) -> Contents:
    """Return what a case file holds, when it belongs to the release and nothing is missing."""
    filed, statements = case.records(), case.statements()
    requests = requests_of(case, trust)
    _require_origin(filed, publication, requests, case.candidate())
    require_accounted(filed, statements, case.artifacts())
    case.require_sealed([*filed, *statements])
    decides = [one.statement.predicate.stage in AFTER_CANDIDATE for one in filed]
    return Contents(
        records=[one for one, after in zip(filed, decides, strict=True) if not after],
        decisions=[one for one, after in zip(filed, decides, strict=True) if after],
        statements=statements,
        requests=requests,
    )


def requests_of(case: CaseFile, trust: Trust) -> tuple[Request, ...]:
    """Return the approval requests of a case file, each verified.

    Raises:
        SealError: a seal does not verify.
        MalformedError: something else is sealed there.
    """
    return tuple(_request(bundle, trust) for bundle in case.requests())


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
        raise UsageError(f"the statement {digest} {missing}", where="evidence-dir", remedy=BEGIN_ANEW)
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
            remedy=BEGIN_ANEW,
        )


def _request(bundle: bytes, trust: Trust) -> Request:
    where = "approval request"
    payload = open_bundle(bundle, trust, role="record", where=where).payload
    predicate = read_statement(payload, where=where).predicate
    if not isinstance(predicate, ApprovalRequest):
        raise MalformedError("not an approval request", where=where)
    return Request(bundle, payload, predicate)


def _require_origin(
    records: Iterable[FiledStatement],
    publication: Publication,
    requests: Iterable[Request],
    fixed: ReleaseCandidate | None,
) -> None:
    builder, source = publication.builder, publication.source
    run = f"{builder.run_id}/{builder.run_attempt or 1}" if builder.run_id else None
    runs = {run, *_runs_asked_about(source, requests, fixed)}
    for one in records:
        record: ControlRecord = one.statement.predicate
        origin = record.origin
        same = (origin.repository, origin.commit) == (source.repository, source.commit)
        if not same or origin.run not in runs:
            raise UsageError(
                f"the record belongs to commit {origin.commit} of {origin.repository}, run {origin.run}",
                where=f"{record.stage}:{record.name}",
                remedy=f"publish only what was recorded for commit {source.commit}, run {run}",
            )


def _runs_asked_about(
    source: Source, requests: Iterable[Request], fixed: ReleaseCandidate | None
) -> Iterator[str]:
    """Yield the runs that built the fixed candidate, by the sealed requests about it."""
    digest = digest_of_candidate(fixed) if fixed else None
    for one in requests:
        binding = one.request.binding
        same = (binding.repository, binding.commit, binding.candidate.sha256)
        if binding.run and same == (source.repository, source.commit, digest):
            yield binding.run
