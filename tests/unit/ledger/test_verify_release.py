"""Verifying a release: what it lists goes together."""

from __future__ import annotations

import msgspec
import pytest

import factories
from counterseal.manifest.record import CONTROL_RECORD, Digest, Origin, StatementReference, Validity
from counterseal.manifest.statement import Statement, subject_of_commit, subject_of_file
from simulators.releases import PROVENANCE, STREAM, World
from unit.ledger.findings import verify


def _released(world: World, label: str = "4", *, artifacts=None, statements=None, fields=None) -> list[str]:
    """Append a release whose one record has these fields; return the codes of the findings."""
    made = world.candidate(label)
    if artifacts is not None:
        made = msgspec.structs.replace(made, artifacts=artifacts)
    if statements is not None:
        made = msgspec.structs.replace(made, statements=statements)
    record = msgspec.structs.replace(
        factories.record_statement().predicate,
        origin=Origin(repository=factories.REPOSITORY, commit=made.source.commit),
    )
    record = msgspec.structs.replace(record, **(fields or {}))
    statement = Statement(
        (subject_of_commit(record.origin.repository, record.origin.commit),), CONTROL_RECORD, record
    )
    reference = msgspec.structs.replace(world.listed(statement), stage=record.stage)
    made = msgspec.structs.replace(made, records=(reference,))
    world.ledger.append(STREAM, world.builder(made))
    findings = [finding for finding in verify(world).findings if finding.sequence == 4]
    return [finding.code for finding in findings]


@pytest.mark.parametrize("wrong", [None, "predicate_type", "payload"])
def test_what_a_record_says_in_a_standard_predicate_must_be_listed(world: World, wrong: str | None):
    provenance = world.provenance(world.candidate("4"))
    named = StatementReference(predicate_type=PROVENANCE, payload=provenance.payload)
    other = {"predicate_type": "https://example.test/v1", "payload": Digest(sha256="0" * 64)}
    if wrong:
        named = msgspec.structs.replace(named, **{wrong: other[wrong]})
    found = _released(world, statements=(provenance,), fields={"statements": (named,)})
    assert found == (["record-statement-missing"] if wrong else [])


def test_an_artifact_without_provenance_is_a_finding(world: World):
    other = factories.candidate().artifacts[0]
    other = msgspec.structs.replace(other, digest=Digest(sha256="ab" * 32))
    assert _released(world, artifacts=(*factories.candidate().artifacts, other)) == ["artifact-unproven"]


@pytest.mark.parametrize("stage", ["sign", "record"])
def test_artifacts_need_provenance_whoever_speaks_for_them(world: World, stage: str):
    assert _released(world, statements=(), fields={"stage": stage}) == ["artifact-unproven"]


def test_a_statement_that_is_no_provenance_proves_no_artifact(world: World):
    made = world.candidate("4")
    subjects = tuple(subject_of_file(one.name, one.digest.sha256) for one in made.artifacts)
    invented = world.attested(Statement(subjects, "https://example.test/v1", {}))
    assert _released(world, statements=(invented,)) == ["artifact-unproven"]


def test_a_release_without_artifacts_needs_no_provenance(world: World):
    assert _released(world, artifacts=(), statements=()) == []


@pytest.mark.parametrize(
    ("not_before", "not_after", "found"),
    [
        ("2026-11-01T00:00:00Z", factories.NOW, []),
        (factories.NOW, "2026-12-01T00:00:00Z", []),
        ("2026-11-01T00:00:00Z", "2026-11-23T09:59:59Z", ["record-stale"]),
        ("2026-11-23T10:00:01Z", "2026-12-01T00:00:00Z", ["record-stale"]),
    ],
)
def test_a_release_does_not_pass_on_evidence_that_is_out_of_date(
    world: World, not_before: str, not_after: str, found: list[str]
):
    assert (
        _released(world, fields={"validity": Validity(not_before=not_before, not_after=not_after)}) == found
    )


@pytest.mark.parametrize(
    "changes", [{"repository": "https://github.example/acme/other"}, {"run": "7/1"}, {"commit": "e" * 40}]
)
def test_a_record_of_another_repository_run_or_commit_is_a_finding(world: World, changes: dict[str, str]):
    commit = world.candidate("4").source.commit
    origin = Origin(**{"repository": factories.REPOSITORY, "commit": commit, **changes})
    assert _released(world, fields={"origin": origin}) == ["record-mismatch"]
