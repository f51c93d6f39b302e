"""Publication: from the case file of a run to a sealed, chained and stored release.

The order makes it safe to be killed anywhere: evidence files first, then the seals of the records, then the
one entry that names them all. What is there already is not written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from counterseal.errors import MalformedError, SealError, UsageError
from counterseal.ledger.append import Appended, Head, Ledger
from counterseal.ledger.sealing import Sealed, Sealing
from counterseal.manifest.approval import APPROVAL_REQUEST, ApprovalRequest
from counterseal.manifest.assemble import (
    AFTER_CANDIDATE,
    Decided,
    build_manifest,
    digest_of_candidate,
    judge_candidate,
)
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord, Digest, Reason, in_force
from counterseal.manifest.release import (
    Approval,
    Artifact,
    Builder,
    Chain,
    ChangeSet,
    PolicyReference,
    PreviousRelease,
    ReleaseCandidate,
    ReleaseManifest,
    Retention,
    SealedReference,
    Source,
    Stream,
)
from counterseal.manifest.statement import Statement
from counterseal.manifest.types import Outcome
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.seal.verify import open_bundle
from counterseal.store.casefile import CaseFile, FiledStatement
from counterseal.store.interface import Store

_GATE = "approval-gate"
_BEGIN_ANEW = "begin the run anew with an empty evidence folder"


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
        problems: reasons that keep the release from passing although no record says so.
        approvals: the decisions of people, as the records of the stage `approval-gate` have them.
    """

    stream: Stream
    source: Source
    changes: Callable[[str | None], ChangeSet]
    builder: Builder
    created_at: str
    expected: Sequence[str] = ()
    policy: PolicyReference | None = None
    retention: Retention | None = None
    problems: tuple[Reason, ...] = ()
    approvals: tuple[Approval, ...] = ()


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


@dataclass(frozen=True)
class Published:
    """A release that is published.

    Attributes:
        entry: its place in the chain.
        repeated: whether it had been published before, so that nothing was sealed now.
    """

    entry: Appended
    repeated: bool


@dataclass(frozen=True)
class Publisher:
    """Publishes case files.

    Attributes:
        store: where everything goes.
        ledger: the chains in that store.
        sealer: what seals the records that are not sealed yet.
        trust: whose seals are accepted on records that are sealed already.
    """

    store: Store
    ledger: Ledger
    sealer: Sealer
    trust: Trust

    def fix(self, case: CaseFile, publication: Publication) -> ReleaseCandidate:
        """Seal what is filed, and fix the candidate that people are asked about.

        The seals are kept in the case file: a signature is not the same twice, and the candidate names it.

        Raises:
            UsageError: as `publish`; or something was decided already, or another candidate is fixed.
            SealError, StoreError: as `publish`.
        """
        contents = self._contents(case, publication)
        if contents.decisions:
            raise UsageError("something was decided already", where="evidence-dir", remedy=_BEGIN_ANEW)
        sealing = Sealing(self.store, self.sealer, self.trust, publication.retention, keeps=True)
        sealed = sealing.seal(case, contents.records, contents.statements)
        candidate = _candidate(publication, sealed, self.ledger.head(publication.stream))
        case.fix_candidate(candidate)
        return candidate

    def current(self, case: CaseFile, publication: Publication) -> ReleaseCandidate:
        """Return the candidate that was fixed, once everything in the case file still comes to it.

        Raises:
            UsageError: none was fixed; or as `publish`.
            SealError: the case file, the policy, the source or the stream comes to another one by now.
            StoreError: as `publish`.
        """
        fixed = case.candidate()
        if fixed is None:
            raise UsageError(
                "no candidate was fixed in this folder",
                where="evidence-dir",
                remedy="run approval-gate with the mode request first",
            )
        contents = self._contents(case, publication)
        sealing = Sealing(self.store, self.sealer, self.trust, publication.retention)
        sealed = sealing.seal(case, contents.records, contents.statements)
        require_fixed(fixed, _candidate(publication, sealed, self.ledger.head(publication.stream)))
        return fixed

    def publish(self, case: CaseFile, publication: Publication) -> Published:
        """Publish one case file and return the entry, which is the existing one when it was published before.

        Raises:
            UsageError: a record belongs to another commit or run, or something belongs to no record.
            SealError: a seal does not verify, or the candidate is not the one that was fixed.
            StoreError: something could not be stored, or be proven to be.
        """
        contents, fixed = self._contents(case, publication), case.candidate()
        filed = [*contents.records, *contents.decisions]
        problems = (
            *publication.problems,
            *_refusals(case),
            *_stale(filed, publication.created_at),
            *_unapproved(fixed, contents),
        )
        publication = replace(publication, problems=problems)
        existing = self.ledger.find(publication.stream, lambda old: _same_release(old, filed, publication))
        if existing is not None:
            return Published(existing, repeated=True)
        sealing = Sealing(self.store, self.sealer, self.trust, publication.retention)
        sealed = sealing.seal(case, contents.records, contents.statements)
        decisions = sealing.seal(case, contents.decisions)
        decided = Decided(
            approvals=publication.approvals,
            requests=tuple(_keep(sealing, one) for one in contents.requests),
            records=decisions.records,
            evidence=decisions.evidence,
        )
        build = partial(_manifest, publication, sealed, decided, fixed)
        return Published(self.ledger.append(publication.stream, build), repeated=False)

    def requests(self, case: CaseFile) -> tuple[Request, ...]:
        """Return the approval requests of a case file, each verified.

        Raises:
            SealError: a seal does not verify.
            MalformedError: something else is sealed there.
        """
        return tuple(self._request(bundle) for bundle in case.requests())

    def _request(self, bundle: bytes) -> Request:
        where = "approval request"
        payload = open_bundle(bundle, self.trust, role="record", where=where).payload
        predicate = read_statement(payload, where=where).predicate
        if not isinstance(predicate, ApprovalRequest):
            raise MalformedError("not an approval request", where=where)
        return Request(bundle, payload, predicate)

    def _contents(self, case: CaseFile, publication: Publication) -> Contents:
        """Return what a case file holds, when it belongs to the release and nothing is missing."""
        filed, statements = case.records(), case.statements()
        requests = self.requests(case)
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
        raise UsageError(f"the statement {digest} {missing}", where="evidence-dir", remedy=_BEGIN_ANEW)
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
            remedy=_BEGIN_ANEW,
        )


def _refusals(case: CaseFile) -> Iterator[Reason]:
    for name in case.refused():
        yield Reason(
            rule="record-unique",
            subject=name,
            message=f"a second record {name} was offered and refused, so it is not known what holds",
            remedy="give each record of a run its own name",
        )


def _stale(records: Iterable[FiledStatement], created_at: str) -> Iterator[Reason]:
    """Yield why evidence that was in date when it was recorded cannot be relied on any more."""
    for one in records:
        record: ControlRecord = one.statement.predicate
        period = record.validity
        if period is not None and not in_force(period, created_at):
            yield Reason(
                rule="evidence-valid",
                subject=f"{record.stage}:{record.name}",
                message=f"the evidence is valid from {period.not_before} to {period.not_after}",
                remedy="produce the evidence again",
            )


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


def _unapproved(fixed: ReleaseCandidate | None, contents: Contents) -> Iterator[Reason]:
    """Yield that people were asked and did not let it through: then it is never a pass."""
    said = [one.statement.predicate for one in contents.decisions]
    gates = [record for record in said if record.stage == _GATE]
    if (fixed or contents.requests) and not any(record.outcome is Outcome.PASSED for record in gates):
        yield Reason(
            rule="approval-given",
            message="people were asked for approval, and no record says that they gave it",
            remedy="run approval-gate with the mode decide before the release is sealed",
        )


def _keep(sealing: Sealing, one: Request) -> SealedReference:
    return sealing.keep(one.bundle, one.payload, APPROVAL_REQUEST, "approval-request")


def _same_release(old: ReleaseManifest, records: Sequence[FiledStatement], publication: Publication) -> bool:
    """Tell whether a manifest is this very publication: same run, commit, records, policy and judgement."""
    payloads = {record.payload.sha256 for record in (*old.candidate.records, *old.decisions)}
    here = (publication.builder.run_id, publication.builder.run_attempt, publication.source.commit)
    there = (old.builder.run_id, old.builder.run_attempt, old.candidate.source.commit)
    judgement = judge_candidate(old.candidate, publication.expected, publication.problems, old.decisions)
    return (
        bool(payloads)
        and (here, publication.policy) == (there, old.candidate.policy)
        and payloads == {sha256(one.payload) for one in records}
        and judgement == (old.outcome, old.reasons)
    )


def _candidate(publication: Publication, sealed: Sealed, head: Head | None) -> ReleaseCandidate:
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


def _manifest(
    publication: Publication,
    sealed: Sealed,
    decided: Decided,
    fixed: ReleaseCandidate | None,
    chain: Chain,
    head: Head | None,
) -> Statement:
    candidate = _candidate(publication, sealed, head)
    if fixed is not None:
        require_fixed(fixed, candidate)
    return build_manifest(
        candidate,
        chain=chain,
        builder=publication.builder,
        created_at=publication.created_at,
        expected=publication.expected,
        problems=publication.problems,
        retention=publication.retention,
        decided=decided,
    )
