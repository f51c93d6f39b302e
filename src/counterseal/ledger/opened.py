"""Opening a seal: from stored bytes to a statement, with the time that its signer is judged by."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from counterseal.errors import MalformedError, SealError
from counterseal.ledger.layout import identity_of
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import CHECKPOINT, RELEASE_MANIFEST, Checkpoint, ReleaseManifest
from counterseal.manifest.statement import Statement
from counterseal.manifest.types import parse_time
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE
from counterseal.seal.trust import Role, Trust
from counterseal.seal.verify import open_bundle, open_envelope
from counterseal.seal.vsa import PREDICATE_TYPE as VSA

_ROLES: Final[dict[str, Role]] = {RELEASE_MANIFEST: "release", VSA: "release", CHECKPOINT: "checkpoint"}
_CLAIMS: Final[dict[str, tuple[str, ...]]] = {
    PROVENANCE: ("runDetails", "metadata", "finishedOn"),
    VSA: ("timeVerified",),
}
"""Where statements in standard predicates claim their time."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A sealed statement.

    Attributes:
        payload: the digest of the payload bytes.
        statement: the payload, read.
        keyid: who sealed it; None when nothing was verified for want of a trust file.
        trusted_time: a moment that others vouch for, at which the seal existed, or None.
    """

    payload: str
    statement: Statement
    keyid: str | None = None
    trusted_time: datetime | None = None


class _Reader:
    """Reads a payload once, when its signature has been verified, and keeps what it read."""

    def __init__(self, where: str, claimed: datetime | None) -> None:
        self._where, self._claimed = where, claimed
        self.statement: Statement | None = None

    def __call__(self, payload: bytes) -> datetime | None:
        """Return the time that the payload claims, or the one it is known to claim at the latest."""
        self.statement = read_statement(payload, where=self._where)
        predicate = self.statement.predicate
        if isinstance(predicate, ReleaseManifest | ControlRecord | Checkpoint):
            return parse_time(predicate.created_at, where=self._where)
        return _standard_time(self.statement) or self._claimed


def _standard_time(statement: Statement) -> datetime | None:
    """Return the time that a statement in a standard predicate claims, if it is there and well-formed."""
    value: Any = statement.predicate
    path = _CLAIMS.get(statement.predicate_type, ())
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if not path or not isinstance(value, str):
        return None
    try:
        return parse_time(value)
    except MalformedError:
        return None


def open_sealed(
    data: bytes, trust: Trust, role: Role, *, where: str, plain: bool = False, claimed: datetime | None = None
) -> Opened:
    """Verify a seal and read the statement in it.

    Args:
        data: the stored bytes.
        trust: whom to believe.
        role: what the statement must be sealed as.
        where: what is read, for the error.
        plain: whether it is a plain envelope rather than a bundle.
        claimed: the time to judge the signer by where neither a stamp nor the statement names one.

    Raises:
        SealError: when the seal does not hold.
        MalformedError: when it does, over something that is not a valid statement.
    """
    reader = _Reader(where, claimed)
    opener = open_envelope if plain else open_bundle
    verified = opener(data, trust, role=role, where=where, claimed_time=reader)
    # A keyless signer is judged by its certificate, and its payload has not been read yet.
    statement = reader.statement or read_statement(verified.payload, where=where)
    require_stream(trust, verified.keyid, _streams_of(statement), where)
    return Opened(verified.payload_digest, statement, verified.keyid, verified.trusted_time)


def require_stream(trust: Trust, keyid: str | None, names: tuple[str, ...], where: str) -> None:
    """Return when a signer may seal for what has these names; what has none binds nobody.

    Args:
        trust: whom to believe.
        keyid: who sealed it.
        names: the id of the stream, the repository's URI, or what is known of both.
        where: what was sealed, for the error.

    Raises:
        SealError: the trust file keeps the signer to others.
    """
    signer = trust.signer(keyid) if keyid else None
    if signer is None or not names:
        return
    try:
        signer.require_stream(*names)
    except SealError as refusal:
        raise SealError(refusal.message, where=where, remedy=refusal.remedy) from refusal


def _streams_of(statement: Statement) -> tuple[str, ...]:
    """Return the names of the stream that a manifest or checkpoint is of; of other statements none."""
    predicate = statement.predicate
    if not isinstance(predicate, ReleaseManifest | Checkpoint):
        return ()
    stream = predicate.chain.stream if isinstance(predicate, ReleaseManifest) else predicate.stream
    return identity_of(stream), stream.repository


def open_attestation(data: bytes, trust: Trust, *, where: str, claimed: datetime | None = None) -> Opened:
    """Open a statement in a standard predicate, which whoever seals records or releases may have sealed.

    Arguments and errors as for `open_sealed`; the error says why the key may not seal a record.
    """
    try:
        return open_sealed(data, trust, "record", where=where, claimed=claimed)
    except SealError as refusal:
        with suppress(SealError):
            return open_sealed(data, trust, "release", where=where, claimed=claimed)
        raise refusal from None


def role_of(predicate_type: str) -> Role:
    """Return what a statement must be sealed as: every attestation that is not a release's is a record."""
    return _ROLES.get(predicate_type, "record")


class _Envelope(msgspec.Struct):
    payload: bytes


class _Bundle(msgspec.Struct):
    envelope: _Envelope = msgspec.field(name="dsseEnvelope")


_BUNDLE = msgspec.json.Decoder(_Bundle)


def read_unverified(data: bytes, *, where: str) -> Opened:
    """Read the statement in a bundle without judging its seal, for want of a trust file.

    Raises:
        SealError: when there is no bundle.
        MalformedError: when what it holds is not a valid statement.
    """
    try:
        payload = _BUNDLE.decode(data).envelope.payload
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
        raise SealError(f"not a sealed bundle: {str(cause)[:300]}", where=where) from cause
    return Opened(sha256(payload), read_statement(payload, where=where))


def require_manifest(opened: Opened, *, where: str) -> ReleaseManifest:
    """Return the manifest that an opened statement must be.

    Raises:
        MalformedError: when it is something else.
    """
    manifest = opened.statement.predicate
    if not isinstance(manifest, ReleaseManifest):
        raise MalformedError("the sealed statement is not a release manifest", where=where)
    return manifest
