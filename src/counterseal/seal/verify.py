"""Verifying: from bytes and a trust file to a payload whose origin and time are known, or a SealError."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from counterseal.errors import MalformedError, SealError
from counterseal.manifest.digest import sha256
from counterseal.seal.bundle import is_keyless, parse_bundle
from counterseal.seal.dsse import PAYLOAD_TYPE, Envelope, parse_envelope
from counterseal.seal.trust import Holder, Trust, TrustedKey, judge

ClaimedTime: TypeAlias = Callable[[bytes], datetime | None]
"""Reads from a payload, whose signature has been verified, the time that it claims for itself."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A payload whose seal holds.

    Attributes:
        payload: the signed bytes; parse these, never the envelope again.
        payload_digest: their SHA-256, lowercase hexadecimal.
        keyid: the key that signed; for a keyless seal `identity SUBJECT of ISSUER`.
        trusted_time: a moment that others vouch for, at which the seal existed (UTC), or None.
    """

    payload: bytes
    payload_digest: str
    keyid: str
    trusted_time: datetime | None


def open_bundle(
    data: bytes,
    trust: Trust,
    *,
    role: str,
    where: str,
    claimed_time: ClaimedTime | None = None,
) -> Verified:
    """Verify a bundle, whose bytes must be the canonical ones.

    Args:
        data: the bundle's exact bytes.
        trust: whom to believe.
        role: what the bundle must be sealed as.
        where: what is verified, for the error.
        claimed_time: reads the payload's own time; it is called after the signature has been verified.

    Raises:
        SealError: when anything at all is not as it must be, the form of the bytes included.
    """
    try:
        bundle = parse_bundle(data, where=where)
    except MalformedError as cause:
        if is_keyless(data):
            return _open_keyless(data, trust, role, where)
        raise SealError(f"not a sealed bundle: {cause.message}", where=where) from cause
    key = _verify_signature(bundle.envelope, trust, where)
    signature = bundle.envelope.signatures[0].sig
    stamp = bundle.timestamp
    moment = _trusted_time(stamp, signature, trust, where) if stamp is not None else None
    return _judged(bundle.envelope.payload, key, role, claimed_time, moment, where)


def open_envelope(
    data: bytes,
    trust: Trust,
    *,
    role: str,
    where: str,
    claimed_time: ClaimedTime | None = None,
    trusted_time: datetime | None = None,
) -> Verified:
    """Verify a plain DSSE envelope with exactly one signature; otherwise as `open_bundle`.

    A keyless seal has no plain form, so its bundle is taken in the envelope's place.

    Args:
        data: the envelope's exact bytes.
        trust: whom to believe.
        role: what the envelope must be sealed as.
        where: what is verified, for the error.
        claimed_time: as for `open_bundle`.
        trusted_time: a moment that others vouch for by other means, since an envelope has no place for a
            stamp: that of the stamped bundle which determines every word of it.
    """
    try:
        envelope = parse_envelope(data, where=where)
    except MalformedError as cause:
        if is_keyless(data):
            return _open_keyless(data, trust, role, where)
        raise SealError(f"not a signed envelope: {cause.message}", where=where) from cause
    if len(envelope.signatures) != 1:
        raise SealError(f"{len(envelope.signatures)} signatures where there must be one", where=where)
    key = _verify_signature(envelope, trust, where)
    return _judged(envelope.payload, key, role, claimed_time, trusted_time, where)


def _verify_signature(envelope: Envelope, trust: Trust, where: str) -> TrustedKey:
    (signature,) = envelope.signatures
    key, public_key = trust.find(signature.keyid), trust.public_key(signature.keyid)
    if key is None or public_key is None:
        raise SealError(
            f"signed with key {signature.keyid}, which the trust file does not have",
            where=where,
            remedy="add the key with `counterseal keys trust` if it is yours",
        )
    if not public_key.verify(envelope.pae(), signature.sig):
        raise SealError(f"the signature is not that of key {signature.keyid} over this payload", where=where)
    if envelope.payload_type != PAYLOAD_TYPE:
        raise SealError(f"the payload is {envelope.payload_type}, not a statement", where=where)
    return key


def _trusted_time(stamp: bytes, signature: bytes, trust: Trust, where: str) -> datetime | None:
    if not trust.timestamp_authorities:
        return None  # nobody's clock is believed, so there is no trusted time
    from counterseal.seal.timestamp import verify_timestamp

    reasons = []
    for authority in trust.timestamp_authorities:
        try:
            moment = verify_timestamp(
                stamp, signature, roots=authority.roots, intermediates=authority.intermediates
            )
        except SealError as cause:
            reasons.append(cause.message)
            continue
        if authority.covers(moment):
            return moment
        reasons.append(f"{moment.isoformat()} is outside the authority's window")
    raise SealError(
        f"the stamp cannot be verified with this trust file: {'; '.join(dict.fromkeys(reasons))}",
        where=where,
        remedy="if its authority is missing in `timestampAuthorities`, add it and verify again",
    )


def _judged(
    payload: bytes,
    key: TrustedKey,
    role: str,
    claimed_time: ClaimedTime | None,
    trusted: datetime | None,
    where: str,
) -> Verified:
    _judge(key, role, claimed_time(payload) if claimed_time else None, trusted, where)
    return Verified(payload, sha256(payload), key.keyid, trusted)


def _open_keyless(data: bytes, trust: Trust, role: str, where: str) -> Verified:
    from counterseal.seal.keyless import verify_keyless

    seal = verify_keyless(data, trust.identities, where=where)
    # The certificate lived for minutes, and it was used within them: both ends must be acceptable.
    for moment in (seal.not_before, seal.not_after):
        _judge(seal.identity, role, None, moment, where)
    return Verified(seal.payload, sha256(seal.payload), seal.identity.name, seal.not_after)


def _judge(holder: Holder, role: str, claimed: datetime | None, trusted: datetime | None, where: str) -> None:
    try:
        judge(holder, role, claimed, trusted)
    except SealError as cause:
        raise SealError(cause.message, where=where, remedy=cause.remedy) from cause
