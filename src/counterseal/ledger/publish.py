"""Publication: from the case file of a run to a sealed, chained and stored release.

The order makes it safe to be killed anywhere: evidence files first, then the seals of the records, then the
one entry that names them all. What is there already is not written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from counterseal.errors import UsageError
from counterseal.ledger.append import Appended, Head, Ledger
from counterseal.ledger.contents import BEGIN_ANEW, Request, contents_of
from counterseal.ledger.publication import Publication, candidate_of, require_fixed
from counterseal.ledger.refusals import refusals, stale, unapproved
from counterseal.ledger.sealing import Sealed, Sealing, file_retention
from counterseal.manifest.approval import APPROVAL_REQUEST
from counterseal.manifest.assemble import (
    Decided,
    build_manifest,
    judge_candidate,
)
from counterseal.manifest.digest import sha256
from counterseal.manifest.release import (
    Chain,
    FileRetention,
    ReleaseCandidate,
    ReleaseManifest,
    SealedReference,
)
from counterseal.manifest.statement import Statement
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.store.casefile import CaseFile, FiledStatement
from counterseal.store.interface import Store


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
        told: is told how many evidence files are stored, and how many there are.
    """

    store: Store
    ledger: Ledger
    sealer: Sealer
    trust: Trust
    told: Callable[[int, int], None] | None = None

    def fix(self, case: CaseFile, publication: Publication) -> ReleaseCandidate:
        """Seal what is filed, and fix the candidate that people are asked about.

        The seals are kept in the case file: a signature is not the same twice, and the candidate names it.

        Raises:
            UsageError: as `publish`; or something was decided already, or another candidate is fixed.
            SealError, StoreError: as `publish`.
        """
        contents = contents_of(case, publication, self.trust)
        if contents.decisions:
            raise UsageError("something was decided already", where="evidence-dir", remedy=BEGIN_ANEW)
        sealing = self._sealing(publication, keeps=True)
        sealed = sealing.seal(case, contents.records, contents.statements)
        candidate = candidate_of(publication, sealed, self.ledger.head(publication.stream))
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
        contents = contents_of(case, publication, self.trust)
        sealing = self._sealing(publication)
        sealed = sealing.seal(case, contents.records, contents.statements)
        require_fixed(fixed, candidate_of(publication, sealed, self.ledger.head(publication.stream)))
        return fixed

    def publish(self, case: CaseFile, publication: Publication) -> Published:
        """Publish one case file and return the entry, which is the existing one when it was published before.

        Raises:
            UsageError: a record belongs to another commit or run, or something belongs to no record.
            SealError: a seal does not verify, or the candidate is not the one that was fixed.
            StoreError: something could not be stored, or be proven to be.
        """
        contents, fixed = contents_of(case, publication, self.trust), case.candidate()
        filed = [*contents.records, *contents.decisions]
        problems = (
            *publication.problems,
            *refusals(case.refused()),
            *stale(filed, publication.created_at),
            *unapproved(fixed, contents),
        )
        publication = replace(publication, problems=problems)
        existing = self.ledger.find(publication.stream, lambda old: _same_release(old, filed, publication))
        if existing is not None:
            return Published(existing, repeated=True)
        sealing = self._sealing(publication)
        sealed = sealing.seal(case, contents.records, contents.statements)
        decisions = sealing.seal(case, contents.decisions)
        decided = Decided(
            approvals=publication.approvals,
            requests=tuple(_keep(sealing, one) for one in contents.requests),
            records=decisions.records,
            evidence=decisions.evidence,
        )
        less = file_retention((one.statement.predicate for one in filed), publication.stages)
        build = partial(_manifest, publication, sealed, decided, fixed, less)
        return Published(self.ledger.append(publication.stream, build), repeated=False)

    def _sealing(self, publication: Publication, *, keeps: bool = False) -> Sealing:
        kept = publication.retention, publication.stages
        return Sealing(self.store, self.sealer, self.trust, *kept, keeps=keeps, told=self.told)


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


def _manifest(
    publication: Publication,
    sealed: Sealed,
    decided: Decided,
    fixed: ReleaseCandidate | None,
    less: tuple[FileRetention, ...],
    chain: Chain,
    head: Head | None,
) -> Statement:
    candidate = candidate_of(publication, sealed, head)
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
        file_retention=less,
        decided=decided,
        people=publication.people,
    )
