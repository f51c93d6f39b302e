"""What a schema cannot say: the rules that hold between the fields of one document.

Every rule here is part of the specification (`docs/manifest.md`) and has a refused conformance vector.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import Checkpoint, ReleaseManifest
from counterseal.manifest.statement import Statement, decode_statement
from counterseal.manifest.types import Outcome, parse_time


class _CandidateBytes(msgspec.Struct):
    candidate: msgspec.Raw


class _PayloadBytes(msgspec.Struct):
    predicate: _CandidateBytes


_CANDIDATE = msgspec.json.Decoder(_PayloadBytes)


def read_statement(payload: bytes, *, where: str) -> Statement:
    """Read a verified payload and refuse one that contradicts itself.

    Raises:
        MalformedError: naming the first rule that the document breaks.
    """
    statement = decode_statement(payload, where=where)
    for problem in _problems(statement, payload):
        raise MalformedError(problem, where=where)
    return statement


def candidate_digest(payload: bytes) -> str:
    """Return the digest of the candidate inside a manifest's canonical payload, from its very bytes.

    A part of a canonical document is canonical itself, so nothing is written anew and fields that this
    version does not know are covered as well.
    """
    return sha256(bytes(_CANDIDATE.decode(payload).predicate.candidate))


def _problems(statement: Statement, payload: bytes) -> Iterator[str]:
    predicate = statement.predicate
    if isinstance(predicate, ControlRecord | ReleaseManifest | Checkpoint):
        parse_time(predicate.created_at, where="createdAt")
    if isinstance(predicate, ReleaseManifest):
        yield from _manifest_problems(statement, predicate, candidate_digest(payload))
    elif isinstance(predicate, ControlRecord):
        yield from _record_problems(statement, predicate)
    elif isinstance(predicate, Checkpoint):
        yield from _checkpoint_problems(statement, predicate)


def _manifest_problems(statement: Statement, manifest: ReleaseManifest, digest: str) -> Iterator[str]:
    candidate = manifest.candidate
    if (manifest.chain.previous is None) != (manifest.chain.sequence == 1):
        yield "chain.previous is absent for sequence 1 and for no other"
    if manifest.candidate_digest.sha256 != digest:
        yield "candidateDigest is not the digest of the candidate"
    wanted = {("sha256", artifact.digest.sha256) for artifact in candidate.artifacts}
    wanted.add(("gitCommit", candidate.source.commit))
    if set(_subject_digests(statement)) != wanted:
        yield "the subjects are not exactly the artifacts and the commit of the candidate"
    keys = [(record.stage, record.name) for record in candidate.records]
    if len(set(keys)) != len(keys):
        yield "two records have the same stage and name"
    if manifest.outcome is Outcome.PASSED:
        yield from _false_pass(manifest)
    for approval in manifest.approvals:
        if approval.candidate != manifest.candidate_digest:
            yield "an approval is bound to another candidate"


def _false_pass(manifest: ReleaseManifest) -> Iterator[str]:
    for record in manifest.candidate.records:
        if record.outcome is not Outcome.PASSED:
            yield f"outcome is passed although record {record.stage}:{record.name} is {record.outcome}"
    if not manifest.candidate.records:
        yield "outcome is passed although there is no record"
    if not manifest.candidate.changes.complete:
        yield "outcome is passed although the changes are not complete"


def _record_problems(statement: Statement, record: ControlRecord) -> Iterator[str]:
    if ("gitCommit", record.origin.commit) not in set(_subject_digests(statement)):
        yield "the commit of the record's origin is not among its subjects"
    if record.validity is not None:
        start, end = parse_time(record.validity.not_before), parse_time(record.validity.not_after)
        if end < start:
            yield "validity ends before it begins"


def _checkpoint_problems(statement: Statement, checkpoint: Checkpoint) -> Iterator[str]:
    if list(_subject_digests(statement)) != [("sha256", checkpoint.head.sha256)]:
        yield "the one subject of a checkpoint is its head"


def _subject_digests(statement: Statement) -> Iterator[tuple[str, str]]:
    for subject in statement.subject:
        if subject.digest.sha256 is not None:
            yield "sha256", subject.digest.sha256
        if subject.digest.git_commit is not None:
            yield "gitCommit", subject.digest.git_commit
