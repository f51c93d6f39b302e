"""Publishing: a fixed candidate stays what people were asked about; what does not belong is refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterseal.checks.approvals.decided import decision_problems
from counterseal.errors import MalformedError, SealError, UsageError
from counterseal.ledger.contents import requests_of
from counterseal.ledger.publication import Publication
from counterseal.ledger.publish import Publisher
from counterseal.ledger.verify import verify_store
from counterseal.manifest.approval import APPROVAL_REQUEST
from counterseal.manifest.assemble import digest_of_candidate
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import Digest, Origin, StatementReference, Validity
from counterseal.manifest.release import (
    Artifact,
    Builder,
    ChangeSet,
    PolicyReference,
    ReleaseCandidate,
    ReleaseManifest,
    Source,
)
from counterseal.manifest.statement import Statement, encode_statement, subject_of_commit, subject_of_file
from counterseal.manifest.types import Outcome
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE
from counterseal.seal.sealer import Sealer
from counterseal.store.casefile import CaseFile
from factories import COMMIT, NOW, REPOSITORY, STREAM, TREE, record_statement
from simulators.approved import decision_about, request_payload
from simulators.memory_store import MemoryStore
from simulators.releases import World

LATER_RUN = Builder(id="deploy.yml", identity="local", run_id=2, run_attempt=1)


@dataclass
class Desk:
    """A case file with one record and one artifact, and what publishes it."""

    home: Path
    world: World = field(default_factory=lambda: World(MemoryStore()))
    parts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.case = CaseFile(self.home / "case")
        self.record("unit-tests")
        self.artifact("payments.whl")

    def record(self, name: str, **parts: Any) -> None:
        report = self.home / f"{name}.xml"
        report.write_text(f"<testsuite name='{name}'/>")
        file = self.case.add_file(report, "junit.xml", "application/xml")
        statement = record_statement(name, files=(file,))
        self.file(statement, **parts)

    def file(self, statement: Statement, *, seal: Any = None, **parts: Any) -> None:
        record = msgspec.structs.replace(statement.predicate, **parts)
        subject = subject_of_commit(record.origin.repository, record.origin.commit)
        self.case.add_record(replace(statement, subject=(subject,), predicate=record), seal)

    def artifact(self, name: str, **parts: Any) -> None:
        """File what `sign` files: an artifact, its provenance and the record about both."""
        digest, seal = sha256(name.encode()), self.world.record.seal
        self.case.add_artifact(Artifact(name=name, size=3, digest=Digest(sha256=digest)))
        provenance = encode_statement(Statement((subject_of_file(name, digest),), PROVENANCE, {}))
        self.case.add_statement(provenance, seal)
        named = StatementReference(predicate_type=PROVENANCE, payload=Digest(sha256=sha256(provenance)))
        self.file(record_statement(f"sign-{digest[:8]}"), seal=seal, statements=(named,), **parts)

    @property
    def publication(self) -> Publication:
        made: dict[str, Any] = {
            "stream": STREAM,
            "source": Source(repository=REPOSITORY, commit=COMMIT, tree=TREE, ref="refs/heads/main"),
            "changes": lambda _: ChangeSet(complete=True),
            "builder": Builder(id="release.yml", identity="local", run_id=1, run_attempt=1),
            "created_at": NOW,
        }
        return Publication(**(made | self.parts))

    @property
    def publisher(self) -> Publisher:
        return Publisher(self.world.store, self.world.ledger, self.world.record, self.world.trust)

    def fix(self):
        return self.publisher.fix(self.case, self.publication)

    def current(self):
        return self.publisher.current(self.case, self.publication)

    def publish(self):
        return self.publisher.publish(self.case, self.publication)

    def ask(self):
        """Fix the candidate and file a sealed request about it, as a run 1 would."""
        candidate = self.fix()
        self.request(candidate, self.world.record)
        return candidate

    def request(self, candidate: ReleaseCandidate, sealer: Sealer) -> None:
        payload = request_payload(candidate, STREAM, run="1/1")
        self.case.add_request(sha256(payload)[:16], sealer.seal(payload))

    def decide(self, candidate, *, approved: bool = True) -> None:
        """File the decision on record, as run 2 would."""
        statement, data = decision_about(candidate, STREAM, approved=approved, run="1/1")
        path = self.home / "approval-case.json"
        path.write_bytes(data)
        self.case.add_file(path, path.name, "application/json")
        self.case.add_record(statement)

    def manifest(self) -> ReleaseManifest:
        head = self.world.ledger.head(STREAM)
        assert head is not None
        return head.manifest


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)


# -- fixing the candidate


def test_the_candidate_is_the_same_as_long_as_nothing_changes(desk):
    fixed = desk.fix()
    assert (desk.fix(), desk.current(), desk.case.candidate()) == (fixed, fixed, fixed)


def test_fixing_seals_what_is_filed_and_keeps_the_seals(desk):
    fixed = desk.fix()
    sealed = {sha256(one.bundle) for one in desk.case.records()}
    assert sealed == {one.sealed.digest.sha256 for one in fixed.records}


def test_without_a_fixed_candidate_there_is_none_to_decide_about(desk):
    with pytest.raises(UsageError, match="no candidate was fixed"):
        desk.current()


CHANGES = {
    "a record more": lambda desk: desk.record("late"),
    "an artifact more": lambda desk: desk.artifact("other.whl"),
    "another policy": lambda desk: desk.parts.update(
        policy=PolicyReference(uri="p.yml", digest=Digest(sha256="a" * 64))
    ),
    "another tree": lambda desk: desk.parts.update(
        source=Source(repository=REPOSITORY, commit=COMMIT, tree="e" * 40, ref="refs/heads/main")
    ),
    "other changes": lambda desk: desk.parts.update(changes=lambda _: ChangeSet(complete=False)),
    "a release meanwhile": lambda desk: desk.world.publish(label="other"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_candidate_that_has_changed_since_is_not_the_one_people_were_asked_about(desk, what):
    desk.ask()
    CHANGES[what](desk)
    with pytest.raises(SealError, match="no longer the one that was fixed"):
        desk.current()
    with pytest.raises(SealError, match="no longer the one that was fixed"):
        desk.publish()
    assert what == "a release meanwhile" or desk.world.ledger.head(STREAM) is None


def test_nothing_is_fixed_after_a_decision(desk):
    desk.decide(desk.ask())
    with pytest.raises(UsageError, match="decided already"):
        desk.fix()


# -- publishing


def test_an_approved_candidate_is_published_with_who_asked_and_what_was_decided(desk):
    fixed = desk.ask()
    desk.decide(fixed)
    desk.parts["builder"] = LATER_RUN
    assert desk.publish().repeated is False
    manifest = desk.manifest()
    assert (manifest.outcome, manifest.reasons) == (Outcome.PASSED, ())
    assert (manifest.candidate, manifest.candidate_digest.sha256) == (fixed, digest_of_candidate(fixed))
    assert [one.stage for one in manifest.decisions] == ["approval-gate"]
    assert [one.predicate_type for one in manifest.requests] == [APPROVAL_REQUEST]
    report = verify_store(desk.world.store, desk.world.trust, inspect=decision_problems)
    assert report.findings == ()


def test_publishing_again_changes_nothing(desk):
    desk.decide(desk.ask())
    first = desk.publish()
    objects = dict(desk.world.store.objects)
    again = desk.publish()
    assert (again.repeated, again.entry, desk.world.store.objects) == (True, first.entry, objects)


@pytest.mark.parametrize("asked", ["fixed", "requested", "denied"])
def test_a_candidate_that_nobody_approved_never_passes(desk, asked):
    candidate = desk.fix() if asked == "fixed" else desk.ask()
    if asked == "denied":
        desk.decide(candidate, approved=False)
    desk.publish()
    manifest = desk.manifest()
    assert manifest.outcome is not Outcome.PASSED
    assert "approval-given" in {one.rule for one in manifest.reasons}


def test_without_a_question_no_approval_is_missed(desk):
    desk.publish()
    assert desk.manifest().outcome is Outcome.PASSED


def test_a_refused_record_keeps_the_release_from_passing(desk):
    with pytest.raises(UsageError):
        desk.record("unit-tests")
    desk.publish()
    assert [one.rule for one in desk.manifest().reasons] == ["record-unique"]


def test_evidence_that_has_become_stale_keeps_the_release_from_passing(desk):
    desk.record(
        "scan", validity=Validity(not_before="2026-11-01T00:00:00Z", not_after="2026-11-02T00:00:00Z")
    )
    desk.publish()
    assert [one.rule for one in desk.manifest().reasons] == ["evidence-valid"]


# -- what does not belong


ELSEWHERE = {
    "commit": Origin(repository=REPOSITORY, commit="e" * 40, run="1/1"),
    "repository": Origin(repository="https://github.example/acme/other", commit=COMMIT, run="1/1"),
    "run": Origin(repository=REPOSITORY, commit=COMMIT, run="7/1"),
    "attempt": Origin(repository=REPOSITORY, commit=COMMIT, run="1/2"),
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_a_record_from_elsewhere_is_refused(desk, what):
    desk.record("other", origin=ELSEWHERE[what])
    with pytest.raises(UsageError, match="the record belongs to"):
        desk.publish()


def test_a_run_vouches_for_records_only_by_a_request_about_this_very_candidate(desk):
    """Whoever deploys in run 2 takes over the records of run 1 because run 1 has asked about them."""
    fixed = desk.fix()
    desk.parts["builder"] = LATER_RUN
    with pytest.raises(UsageError, match="run 1/1"):
        desk.publish()
    other = msgspec.structs.replace(fixed, artifacts=())
    desk.request(other, desk.world.record)
    with pytest.raises(UsageError, match="run 1/1"):
        desk.publish()


def test_a_request_that_a_stranger_sealed_is_refused(desk):
    desk.request(desk.fix(), desk.world.stranger)
    for attempt in (desk.publish, desk.current, lambda: requests_of(desk.case, desk.world.trust)):
        with pytest.raises(SealError):
            attempt()


def test_another_sealed_statement_is_no_request(desk):
    desk.case.add_request("a" * 16, desk.world.record.seal(encode_statement(record_statement())))
    with pytest.raises(MalformedError, match="not an approval request"):
        requests_of(desk.case, desk.world.trust)


def test_a_statement_that_no_record_names_is_refused(desk):
    subject = subject_of_file("x", "ab" * 32)
    desk.case.add_statement(encode_statement(Statement((subject,), PROVENANCE, {})), desk.world.record.seal)
    with pytest.raises(UsageError, match="no record names it"):
        desk.publish()


def test_an_artifact_without_provenance_is_refused(desk):
    desk.case.add_artifact(Artifact(name="stowaway", size=1, digest=Digest(sha256="cd" * 32)))
    with pytest.raises(UsageError, match="do not go together"):
        desk.publish()


def test_a_record_that_a_stranger_sealed_is_refused(desk):
    desk.file(record_statement("other"), seal=desk.world.stranger.seal)
    with pytest.raises(SealError):
        desk.publish()


def test_the_seal_of_another_record_is_no_seal_of_this_one(desk):
    payload = desk.case.add_record(record_statement("other"))
    desk.case.add_seal(payload, desk.world.record.seal(encode_statement(record_statement("another"))))
    with pytest.raises(SealError, match="another statement"):
        desk.publish()


def test_a_record_that_is_changed_after_it_was_sealed_is_noticed(desk):
    desk.fix()
    path = desk.case.root / "records" / "record" / "unit-tests.json"
    path.write_bytes(path.read_bytes().replace(b'"failures":0', b'"failures":1'))
    with pytest.raises(MalformedError, match="altered or removed"):
        desk.publish()
