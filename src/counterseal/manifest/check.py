"""What a schema cannot say: the rules that hold between the fields of one document.

Every rule here is part of the specification (`docs/manifest.md`) and has a refused conformance vector.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import msgspec

from counterseal.manifest import canonical
from counterseal.manifest.approval import ApprovalRequest, SignedApproval
from counterseal.manifest.assemble import AFTER_CANDIDATE, judge_candidate
from counterseal.manifest.digest import sha256
from counterseal.manifest.pseudonym import PSEUDONYMOUS, manifest_names_nobody
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import Checkpoint, Person, ReleaseManifest
from counterseal.manifest.rules import RuleBroken
from counterseal.manifest.statement import PREDICATES, Statement, decode_canonical
from counterseal.manifest.types import Outcome, Struct, parse_time

Problem: TypeAlias = tuple[str, str]
"""The id of a broken rule, and what is wrong in one sentence."""

_RANKS: Final = {Outcome.PASSED: 0, Outcome.INCONCLUSIVE: 1, Outcome.FAILED: 2}
_PERIODS: Final = (("not_before", "not_after"), ("started_at", "finished_at"))
_TIMES: Final = frozenset(
    {"created_at", "decided_at", "expires_at", "requested_at", "retain_until", "signed_at"}
    | {"authored_at", "committed_at"}.union(*_PERIODS)
)
_TIMED_PARTS: Final[dict[type[Struct], tuple[str, ...]]] = {
    ControlRecord: ("validity", "waivers"),
    ReleaseManifest: ("approvals", "deployment", "file_retention", "retention"),
    Checkpoint: (),
    ApprovalRequest: (),
    SignedApproval: (),
}
"""The fields of each predicate whose structures hold times; a test finds any that is missing here."""


class _CandidateBytes(msgspec.Struct):
    candidate: msgspec.Raw


class _PayloadBytes(msgspec.Struct):
    predicate: _CandidateBytes


_CANDIDATE = msgspec.json.Decoder(_PayloadBytes)
_PLAIN = msgspec.json.Decoder()


def read_statement(payload: bytes, *, where: str) -> Statement:
    """Read a verified payload and refuse one that contradicts itself.

    A statement of a predicate that is not ours is only read, not judged.

    Raises:
        RuleBroken: naming the first rule that the document breaks.
    """
    plain = canonical.require_canonical(payload, where=where)
    statement = decode_canonical(payload, where=where)
    if statement.predicate_type in PREDICATES:
        for rule, message in _problems(statement, payload, plain=plain):
            raise RuleBroken(rule, message, where=where)
    return statement


def candidate_digest(payload: bytes) -> str:
    """Return the digest of the candidate inside a manifest's canonical payload, from its very bytes.

    A part of a canonical document is canonical itself, so nothing is written anew and fields that this
    version does not know are covered as well.
    """
    return sha256(bytes(_CANDIDATE.decode(payload).predicate.candidate))


def _problems(statement: Statement, payload: bytes, *, plain: bool) -> Iterator[Problem]:
    if not plain:
        yield from _value_problems(_PLAIN.decode(payload))
    yield from _subject_problems(statement)
    predicate = statement.predicate
    for struct in _timed(predicate):
        yield from _time_problems(struct)
    if isinstance(predicate, ReleaseManifest):
        yield from _manifest_problems(statement, predicate, candidate_digest(payload))
    elif isinstance(predicate, ControlRecord):
        yield from _record_problems(statement, predicate)
    elif isinstance(predicate, Checkpoint):
        yield from _checkpoint_problems(statement, predicate)
    elif isinstance(predicate, ApprovalRequest):
        yield from _request_problems(statement, predicate)
    elif isinstance(predicate, SignedApproval):
        yield from _about(statement, {("sha256", predicate.candidate.sha256)})


def _value_problems(value: Any) -> Iterator[Problem]:
    """Find what the format has no place for, in unknown fields as well: null, and numbers with a fraction."""
    if value is None:
        yield "absent-not-null", "null, where the field should be absent"
    elif isinstance(value, float):
        yield "integer-only", f"{value!r} is not an integer"
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _value_problems(item)


def _timed(predicate: Any) -> Iterator[Struct]:
    """Return every structure of a predicate that holds a time: itself, and those in its timed parts."""
    yield predicate
    for name in _TIMED_PARTS[type(predicate)]:
        part = getattr(predicate, name)
        yield from part if isinstance(part, tuple) else () if part is None else (part,)
    if isinstance(predicate, ReleaseManifest):
        yield from predicate.candidate.changes.commits
        for record in (*predicate.candidate.records, *predicate.decisions):
            yield from record.waivers


def _time_problems(struct: Struct) -> Iterator[Problem]:
    moments = {}
    for name in struct.__struct_fields__:
        if name in _TIMES and (text := getattr(struct, name)) is not None:
            try:
                moments[name] = parse_time(text)
            except RuleBroken as broken:
                yield broken.rule, f"{name}: {text} is not a moment of the calendar"
    for start, end in _PERIODS:
        if start in moments and end in moments and moments[end] < moments[start]:
            yield "period-order", f"{type(struct).__name__} ends before it begins"


def _manifest_problems(statement: Statement, manifest: ReleaseManifest, digest: str) -> Iterator[Problem]:
    candidate = manifest.candidate
    if (manifest.chain.previous is None) != (manifest.chain.sequence == 1):
        yield "chain-start", "chain.previous is absent for sequence 1 and for no other"
    if manifest.candidate_digest.sha256 != digest:
        yield "candidate-digest", "candidateDigest is not the digest of the candidate"
    wanted = {("sha256", artifact.digest.sha256) for artifact in candidate.artifacts}
    wanted.add(("gitCommit", candidate.source.commit))
    if set(_subject_digests(statement)) != wanted:
        yield "manifest-subjects", "the subjects are not exactly the artifacts and the commit"
    keys = [(record.stage, record.name) for record in (*candidate.records, *manifest.decisions)]
    if len(set(keys)) != len(keys):
        yield "record-unique", "two records have the same stage and name"
    for record in (*candidate.records, *manifest.decisions):
        if (record.stage in AFTER_CANDIDATE) != (record in manifest.decisions):
            yield "decision-place", f"the record {record.stage}:{record.name} stands in the wrong place"
    if any(approval.candidate != manifest.candidate_digest for approval in manifest.approvals):
        yield "approval-candidate", "an approval is bound to another candidate"
    decided = {record.payload for record in manifest.decisions}
    if any(approval.record not in decided for approval in manifest.approvals if approval.record):
        yield "approval-record", "an approval names a record that is not among the decisions"
    if manifest.people == PSEUDONYMOUS and not manifest_names_nobody(manifest):
        yield "people-named", "the manifest is pseudonymous, and names somebody"
    yield from _outcome_problems(manifest)


def _outcome_problems(manifest: ReleaseManifest) -> Iterator[Problem]:
    best, reasons = judge_candidate(manifest.candidate, (), (), manifest.decisions)
    if _RANKS[manifest.outcome] < _RANKS[best]:
        yield "outcome-too-good", f"the outcome is {manifest.outcome} although {reasons[0].message}"
    if manifest.outcome is not Outcome.PASSED and not manifest.reasons:
        yield "outcome-unexplained", f"the outcome is {manifest.outcome} and nothing says why"


def _record_problems(statement: Statement, record: ControlRecord) -> Iterator[Problem]:
    if ("gitCommit", record.origin.commit) not in set(_subject_digests(statement)):
        yield "record-origin", "the commit of the record's origin is not among its subjects"


def _request_problems(statement: Statement, request: ApprovalRequest) -> Iterator[Problem]:
    binding = request.binding
    yield from _about(statement, {("gitCommit", binding.commit), ("sha256", binding.candidate.sha256)})
    if request.requested_by == Person():
        yield "approval-requester", "the request does not say who asked"


def _about(statement: Statement, wanted: set[tuple[str, str]]) -> Iterator[Problem]:
    if set(_subject_digests(statement)) != wanted:
        yield "approval-subject", "the subjects are not exactly what is asked about or decided"


def _checkpoint_problems(statement: Statement, checkpoint: Checkpoint) -> Iterator[Problem]:
    if list(_subject_digests(statement)) != [("sha256", checkpoint.head.sha256)]:
        yield "checkpoint-subject", "the one subject of a checkpoint is its head"


def _subject_problems(statement: Statement) -> Iterator[Problem]:
    for subject in statement.subject:
        if (subject.digest.sha256 is None) == (subject.digest.git_commit is None):
            yield "subject-digest", "a subject has exactly one digest: sha256 or gitCommit"


def _subject_digests(statement: Statement) -> Iterator[tuple[str, str]]:
    for subject in statement.subject:
        if subject.digest.sha256 is not None:
            yield "sha256", subject.digest.sha256
        if subject.digest.git_commit is not None:
            yield "gitCommit", subject.digest.git_commit
