"""Sigstore bundles v0.3 for managed keys: one envelope, the key it names, and at most one timestamp.

The format is `dev.sigstore.bundle.v1.Bundle` of the Sigstore protobuf specifications in its JSON mapping,
with `verificationMaterial.publicKey`. We are stricter than it asks: exactly one signature, a hint that is
the signature's keyid, at most one timestamp, no other member, and the canonical bytes only.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.types import KeyId
from counterseal.seal.dsse import Envelope, decode_strictly

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"

MAX_STAMP_BYTES: Final = 64 * 1024
"""The largest timestamp that is kept or read, in bytes: real ones have a few thousand."""


class _Hint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hint: KeyId


class _Stamp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    signed_timestamp: bytes


class _Stamps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rfc3161_timestamps: tuple[_Stamp, ...] = msgspec.field(name="rfc3161Timestamps")


class _Material(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    public_key: _Hint
    timestamp_verification_data: _Stamps | None = None


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The bundle's JSON. Here and above, the fields stand in the order of their canonical form."""

    dsse_envelope: Envelope
    media_type: Literal["application/vnd.dev.sigstore.bundle.v0.3+json"]
    verification_material: _Material


class _KeylessMaterial(msgspec.Struct):
    certificate: msgspec.Raw


class _KeylessWire(msgspec.Struct, rename="camel"):
    verification_material: _KeylessMaterial


class Bundle(msgspec.Struct, frozen=True):
    """A sealed payload.

    Attributes:
        envelope: the envelope, with exactly one signature.
        hint: the id of the key that signed; always the signature's keyid.
        timestamp: an RFC 3161 response over the signature bytes, DER, or None.
    """

    envelope: Envelope
    hint: str
    timestamp: bytes | None = None

    def encode(self) -> bytes:
        """Return the canonical JSON of the bundle (RFC 8785)."""
        stamps = _Stamps((_Stamp(self.timestamp),)) if self.timestamp is not None else None
        return msgspec.json.encode(_Wire(self.envelope, MEDIA_TYPE, _Material(_Hint(self.hint), stamps)))


_DECODER = msgspec.json.Decoder(_Wire)
_KEYLESS = msgspec.json.Decoder(_KeylessWire)


def parse_bundle(data: bytes, *, where: str) -> Bundle:
    """Read a managed-key bundle from its canonical JSON. Nothing is verified here.

    Raises:
        MalformedError: when a single byte is not what the canonical form has in its place.
    """
    wire = decode_strictly(data, _DECODER, where=where)
    if msgspec.json.encode(wire) != data:
        raise MalformedError("the bytes are not the canonical form of the bundle", where=where)
    material = wire.verification_material
    signatures = wire.dsse_envelope.signatures
    if len(signatures) != 1:
        raise MalformedError(f"{len(signatures)} signatures where a bundle has exactly one", where=where)
    if signatures[0].keyid != material.public_key.hint:
        raise MalformedError("the key hint is not the keyid of the signature", where=where)
    stamp = _timestamp(material.timestamp_verification_data, where=where)
    return Bundle(wire.dsse_envelope, material.public_key.hint, stamp)


def _timestamp(stamps: _Stamps | None, *, where: str) -> bytes | None:
    """Return the one timestamp: anybody could add a second and take it away, for no seal covers it."""
    if stamps is None:
        return None
    if len(stamps.rfc3161_timestamps) != 1:
        count = len(stamps.rfc3161_timestamps)
        raise MalformedError(f"a list of {count} timestamps, where a bundle has one or no list", where=where)
    stamp = stamps.rfc3161_timestamps[0].signed_timestamp
    if len(stamp) > MAX_STAMP_BYTES:
        raise MalformedError(f"a timestamp of more than {MAX_STAMP_BYTES} bytes", where=where)
    return stamp


def is_keyless(data: bytes) -> bool:
    """Tell whether the bytes are a bundle that carries a certificate instead of naming a managed key."""
    try:
        decode_strictly(data, _KEYLESS, where="bundle")
    except MalformedError:
        return False
    return True
