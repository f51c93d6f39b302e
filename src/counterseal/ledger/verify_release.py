"""Verifying one release as a whole: that its records, statements, artifacts and times go together. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from counterseal.manifest.approval import ApprovalRequest
from counterseal.manifest.record import ControlRecord, in_force
from counterseal.manifest.release import Builder, RecordReference, ReleaseManifest
from counterseal.manifest.statement import Statement
from counterseal.manifest.types import Outcome
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE

Problem: TypeAlias = tuple[str, str]
"""The code of a finding, and what is wrong in one sentence."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A record that a manifest lists, with its content, whose seal held."""

    reference: RecordReference
    record: ControlRecord


def record_problems(
    listed: Listed, manifest: ReleaseManifest, runs: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield what keeps a verified record from being evidence for the release that lists it.

    Args:
        listed: the record.
        manifest: the verified manifest.
        runs: the runs that built the candidate, by verified requests for its approval.
    """
    reference, record = listed.reference, listed.record
    for name in ("stage", "name", "kind", "outcome"):
        said, meant = getattr(record, name), getattr(reference, name)
        if said != meant:
            yield "record-mismatch", f"the record's {name} is {said}, the manifest says {meant}"
    if record.waivers != reference.waivers:
        yield "record-mismatch", "the record lists other waivers than the manifest"
    yield from _origin_problems(record, manifest, runs)
    yield from _reference_problems(record, manifest)
    yield from _validity_problems(record, manifest)


def artifact_problems(manifest: ReleaseManifest, statements: Sequence[Statement]) -> Iterator[Problem]:
    """Yield the artifacts that no provenance is about.

    Args:
        manifest: the verified manifest.
        statements: every statement that it lists, each verified.
    """
    proven = {
        subject.digest.sha256
        for statement in statements
        if statement.predicate_type == PROVENANCE
        for subject in statement.subject
    }
    for artifact in manifest.candidate.artifacts:
        if artifact.digest.sha256 not in proven:
            yield "artifact-unproven", f"no SLSA provenance is about the artifact {artifact.digest.sha256}"


def request_problems(request: object, manifest: ReleaseManifest) -> Iterator[Problem]:
    """Yield what keeps a verified statement from being the request for the approval of a release."""
    if not isinstance(request, ApprovalRequest):
        yield "request-mismatch", "the sealed statement is not an approval request"
        return
    binding, stream = request.binding, manifest.chain.stream
    asked = (binding.repository, binding.environment, binding.commit, binding.tree, binding.candidate)
    source = manifest.candidate.source
    here = (stream.repository, stream.environment, source.commit, source.tree, manifest.candidate_digest)
    if asked != here:
        yield "request-mismatch", "the request is about another candidate, commit or environment"


def _origin_problems(
    record: ControlRecord, manifest: ReleaseManifest, runs: Collection[str]
) -> Iterator[Problem]:
    source, run = manifest.candidate.source, _run_of(manifest.builder)
    if record.origin.commit != source.commit:
        yield (
            "record-mismatch",
            f"the record is of commit {record.origin.commit}, the release of {source.commit}",
        )
    if record.origin.repository != source.repository:
        text = f"the record is of {record.origin.repository}, the release of {source.repository}"
        yield "record-mismatch", text
    if record.origin.run != run and record.origin.run not in runs:
        yield "record-mismatch", f"the record is of run {record.origin.run}, the release of {run}"


def _run_of(builder: Builder) -> str | None:
    return f"{builder.run_id}/{builder.run_attempt or 1}" if builder.run_id else None


def _reference_problems(record: ControlRecord, manifest: ReleaseManifest) -> Iterator[Problem]:
    candidate = manifest.candidate
    files = {file.digest.sha256 for file in (*candidate.evidence, *manifest.decision_evidence)}
    for file in record.evidence:
        if file.digest.sha256 not in files:
            text = f"the manifest does not list the record's evidence {file.digest.sha256}"
            yield "record-mismatch", text
    statements = {(one.payload.sha256, one.predicate_type) for one in candidate.statements}
    for one in record.statements:
        if (one.payload.sha256, one.predicate_type) not in statements:
            text = f"the manifest does not list the record's {one.predicate_type} {one.payload.sha256}"
            yield "record-statement-missing", text


def _validity_problems(record: ControlRecord, manifest: ReleaseManifest) -> Iterator[Problem]:
    period = record.validity
    if period is None or manifest.outcome is not Outcome.PASSED:
        return
    if not in_force(period, manifest.created_at):
        text = (
            f"the release of {manifest.created_at} passed on evidence that is valid from "
            f"{period.not_before} to {period.not_after}"
        )
        yield "record-stale", text
