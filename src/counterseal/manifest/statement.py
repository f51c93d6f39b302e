"""Statements: the in-toto layer of subjects around a predicate (in-toto Attestation, Statement v1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from counterseal.manifest import canonical
from counterseal.manifest.approval import APPROVAL_REQUEST, SIGNED_APPROVAL, ApprovalRequest, SignedApproval
from counterseal.manifest.record import CONTROL_RECORD, ControlRecord
from counterseal.manifest.release import CHECKPOINT, RELEASE_MANIFEST, Checkpoint, ReleaseManifest
from counterseal.manifest.rules import RuleBroken
from counterseal.manifest.types import GitObject, Name, Sha256, Struct

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"

OURS: Final = "https://counterseal.dev/"
"""What the type URI of each of this project's predicates begins with, those of later versions included."""

PREDICATES: Final[dict[str, type[Struct]]] = {
    CONTROL_RECORD: ControlRecord,
    RELEASE_MANIFEST: ReleaseManifest,
    CHECKPOINT: Checkpoint,
    APPROVAL_REQUEST: ApprovalRequest,
    SIGNED_APPROVAL: SignedApproval,
}
"""The predicates that this project defines, by type URI."""


class SubjectDigest(Struct, frozen=True):
    """The digest of a subject.

    Attributes:
        sha256: of an artifact or a payload, the SHA-256 of its bytes.
        git_commit: of a commit, its object name.
    """

    sha256: Sha256 | None = None
    git_commit: GitObject | None = None


class Subject(Struct, frozen=True):
    """Something that a statement is about.

    Attributes:
        digest: what it is; matching is by digest alone.
        name: a label.
    """

    digest: SubjectDigest
    name: Name | None = None


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        subject: what it is about.
        predicate_type: the predicate's URI.
        predicate: one of this project's structures, or plain JSON for any other predicate.
    """

    subject: tuple[Subject, ...]
    predicate_type: str
    predicate: Any


class _Wire(msgspec.Struct):
    kind: str = msgspec.field(name="_type")
    subject: tuple[Subject, ...]
    predicate_type: Name = msgspec.field(name="predicateType")
    predicate: msgspec.Raw


_WIRE = msgspec.json.Decoder(_Wire)
_TYPED = {uri: msgspec.json.Decoder(kind) for uri, kind in PREDICATES.items()}
_PLAIN = msgspec.json.Decoder()


def subject_of_file(name: str, sha256: str) -> Subject:
    """Return the subject that an artifact or another run of bytes is."""
    return Subject(name=name, digest=SubjectDigest(sha256=sha256))


def subject_of_commit(repository: str, commit: str) -> Subject:
    """Return the subject that a commit of a repository is."""
    return Subject(name=repository, digest=SubjectDigest(git_commit=commit))


def encode_statement(statement: Statement) -> bytes:
    """Return the canonical payload bytes of a statement.

    Raises:
        MalformedError: when a value breaks the bounds of its own type, or has no canonical form.
    """
    value = {
        "_type": STATEMENT_TYPE,
        "subject": msgspec.to_builtins(statement.subject),
        "predicateType": statement.predicate_type,
        "predicate": msgspec.to_builtins(statement.predicate),
    }
    payload = canonical.encode(value, where=statement.predicate_type)
    decode_statement(payload, where=statement.predicate_type)  # writes nothing that it would not read
    return payload


def decode_statement(payload: bytes, *, where: str) -> Statement:
    """Read the payload of a statement whose signature has been verified over these very bytes.

    Unknown fields of a known predicate are tolerated: a later minor version may add them.

    Raises:
        RuleBroken: when the bytes are not canonical, not a statement, or break the predicate's schema.
    """
    canonical.require_canonical(payload, where=where)
    return decode_canonical(payload, where=where)


def decode_canonical(payload: bytes, *, where: str) -> Statement:
    """Read a payload that is known to be canonical; otherwise as `decode_statement`."""
    try:
        wire = _WIRE.decode(payload)
        decoder = _TYPED.get(wire.predicate_type, _PLAIN)
        predicate = decoder.decode(wire.predicate)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as cause:
        raise RuleBroken("schema", f"not a valid statement: {str(cause)[:300]}", where=where) from cause
    if wire.kind != STATEMENT_TYPE:
        raise RuleBroken("schema", f"not an in-toto Statement v1 but {wire.kind[:100]!r}", where=where)
    if wire.predicate_type.startswith(OURS) and wire.predicate_type not in PREDICATES:
        raise RuleBroken("schema", f"this version does not know {wire.predicate_type[:200]!r}", where=where)
    if not wire.subject:
        raise RuleBroken("schema", "a statement without a subject is about nothing", where=where)
    return Statement(wire.subject, wire.predicate_type, predicate)
