"""The candidate of a release that is planned: records, gate and provenance, all sealed and stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from counterseal.checks.changes import changes_since
from counterseal.checks.gate.verdict import rule_on
from counterseal.clients.git import GitRepository
from counterseal.ledger.sealing import Sealing
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import (
    CONTROL_RECORD,
    ControlRecord,
    Digest,
    EvidenceReference,
    Origin,
    Validity,
    Waiver,
)
from counterseal.manifest.release import (
    Artifact,
    PolicyReference,
    PreviousRelease,
    RecordReference,
    ReleaseCandidate,
    SealedReference,
    Source,
)
from counterseal.manifest.statement import Statement, encode_statement, subject_of_commit, subject_of_file
from counterseal.policy.file import load_policy
from counterseal.policy.gate.case import Case as GateCase
from counterseal.policy.gate.case import Rules
from counterseal.policy.gate.case import encode_case as encode_gate_case
from counterseal.policy.gate.document import Document, RecordFact
from counterseal.policy.gate.document import Release as GatedRelease
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE
from counterseal.store.blobs import put_blob
from simulators.bank import HOME, MAIN, URI, later
from simulators.listed import listed
from simulators.release_plan import Plan


class Planned:
    """A candidate that is planned.

    Args:
        plan: the plan.
        root: the clone.
        sealing: seals and stores what the candidate lists.
        run: the run that builds it.
    """

    def __init__(self, plan: Plan, root: Path, sealing: Sealing, run: str) -> None:
        self._plan, self._root, self._sealing, self._run = plan, root, sealing, run

    def candidate(self, previous: PreviousRelease | None) -> ReleaseCandidate:
        """Return the candidate after the previous release."""
        repository = GitRepository(self._root)
        changes = changes_since(repository, self._plan.commit, self._plan.previous_commit)
        if self._plan.drop_commits:
            changes = replace(changes, commits=changes.commits[self._plan.drop_commits :])
        hidden = tuple(
            replace(one, co_authors=tuple(who for who in one.co_authors if who.text not in self._plan.hide))
            for one in changes.commits
        )
        wheel = Artifact(
            name="payments.whl", size=3, digest=Digest(sha256=sha256(self._plan.commit.encode()))
        )
        records, files = self._records()
        return ReleaseCandidate(
            source=Source(
                repository=URI,
                commit=self._plan.commit,
                tree=repository.tree_of(self._plan.commit),
                repository_id=HOME.id,
                ref=f"refs/tags/{self._plan.tag}" if self._plan.tag else MAIN,
                previous=previous,
            ),
            changes=replace(changes, commits=hidden),
            artifacts=(wheel,),
            records=records,
            statements=(self._provenance(wheel),) if self._plan.proven else (),
            evidence=files,
            policy=PolicyReference(
                uri=f"git+{URI}#.github/counterseal.yml",
                digest=Digest(sha256=sha256(self._plan.policy.encode())),
            ),
        )

    def _records(self) -> tuple[tuple[RecordReference, ...], tuple[EvidenceReference, ...]]:
        data = self._plan.tests or f"<testsuite name='{self._plan.commit}'/>".encode()
        put_blob(self._sealing.store, data)
        file = EvidenceReference(
            name="junit.xml", media_type="application/xml", size=len(data), digest=Digest(sha256=sha256(data))
        )
        made_at = later(self._plan.at, hours=-3)
        waivers = ()
        if self._plan.waiver_until:
            waivers = (
                Waiver(
                    id="CVE-2024-6221", rule="sca", reason="behind the proxy", approver="account:41004",
                    expires_at=self._plan.waiver_until,
                ),
            )  # fmt: skip
        validity = None
        if self._plan.valid_until:
            validity = Validity(not_before="2026-01-01T00:00:00Z", not_after=self._plan.valid_until)
        record = ControlRecord(
            stage="record",
            name="unit-tests",
            kind="test",
            outcome=self._plan.outcome,
            created_at=made_at,
            origin=Origin(
                repository=URI, commit=self._plan.origin_commit or self._plan.commit, run=self._run
            ),
            evidence=(file,),
            waivers=waivers,
            validity=validity,
        )
        statement = Statement((subject_of_commit(URI, record.origin.commit),), CONTROL_RECORD, record)
        tested = listed(statement, self._sealing)
        if not self._plan.gated or load_policy(self._plan.policy.encode(), where="policy").gate is None:
            return (tested,), (file,)
        gated, case = self._gate(tested)
        return (tested, gated), (file, case)

    def _gate(self, tested: RecordReference) -> tuple[RecordReference, EvidenceReference]:
        """Have the policy gate judge the tests, and keep its case."""
        at = later(self._plan.at, hours=-2.5)
        fact = RecordFact(
            stage=tested.stage, name=tested.name, kind=tested.kind, outcome=str(tested.outcome),
            issued_at=later(self._plan.at, hours=-3), digest=tested.payload.sha256,
        )  # fmt: skip
        release = GatedRelease(repository=URI, commit=self._plan.commit, environment="production")
        case = GateCase(
            document=Document(now=at, release=release, records=(fact,)),
            rules=Rules(where=".github/counterseal.yml", policy=self._plan.policy),
        )
        said = rule_on(case, no_rego).verdict()
        data = self._plan.gate_case(encode_gate_case(replace(case, verdict=said)))
        put_blob(self._sealing.store, data)
        file = EvidenceReference(
            name="gate-case.json", media_type="application/json", size=len(data),
            digest=Digest(sha256=sha256(data)),
        )  # fmt: skip
        record = ControlRecord(
            stage="policy-gate",
            name="policy-gate",
            kind="policy",
            outcome=said.outcome,
            created_at=at,
            origin=Origin(repository=URI, commit=self._plan.commit, run=self._run),
            evidence=(file,),
        )
        statement = Statement((subject_of_commit(URI, self._plan.commit),), CONTROL_RECORD, record)
        return listed(statement, self._sealing), file

    def _provenance(self, wheel: Artifact) -> SealedReference:
        sealing = self._sealing
        predicate = {
            "buildDefinition": {
                "resolvedDependencies": [{"uri": "source", "digest": {"gitCommit": self._plan.commit}}]
            },
            "runDetails": {},
        }
        statement = Statement((subject_of_file(wheel.name, wheel.digest.sha256),), PROVENANCE, predicate)
        payload = encode_statement(statement)
        return sealing.keep(sealing.sealer.seal(payload), payload, PROVENANCE, "provenance")


def no_rego(*_: object) -> Any:
    raise AssertionError("there are no rules in Rego here")
