"""DSSE envelopes: a payload, its type and the signatures over both (DSSE v1.0.2).

The reader takes one byte form only, the canonical JSON of the decoded fields, so nothing in an envelope
can change without notice. A fixed field order and plain ASCII values make the compiled encoder produce
exactly that form, which costs microseconds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from counterseal.errors import MalformedError, SealError, UsageError
from counterseal.manifest.types import KeyId

if TYPE_CHECKING:
    from counterseal.seal.signer import Signer

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
"""The payload type of an in-toto Statement."""

MAX_BYTES: Final = 24 * 1024 * 1024
"""The largest envelope or bundle that is read, in bytes: a payload of 16 MiB in base64 and its seal."""

_T = TypeVar("_T")

_PLAIN_TEXT = re.compile(r"[A-Za-z0-9.+/_-]{1,200}\Z")


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One signature of an envelope: the signing key's id and the raw bytes."""

    keyid: KeyId
    sig: bytes


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """An envelope. The fields stand in the order of their canonical JSON."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the envelope as plain JSON values, bytes in standard base64."""
        value: dict[str, Any] = msgspec.to_builtins(self)
        return value

    def encode(self) -> bytes:
        """Return the canonical JSON of the envelope (RFC 8785)."""
        return msgspec.json.encode(self)

    def pae(self) -> bytes:
        """Return the bytes that the signatures cover."""
        return pae(self.payload_type, self.payload)


_DECODER = msgspec.json.Decoder(Envelope)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding of a payload (DSSE v1.0.2, protocol)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign_envelope(payload: bytes, signer: Signer, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """Sign a payload.

    Raises:
        UsageError: when the payload type is not a plain media type.
        SealError: when the signer returns a signature that its own public key refuses.
    """
    if not _PLAIN_TEXT.match(payload_type):
        raise UsageError("the payload type is not a plain media type", where="payloadType")
    data = pae(payload_type, payload)
    signature = signer.sign(data)
    key = signer.public_key
    if not key.verify(data, signature):
        raise SealError("the signer returned a signature that its own public key refuses", where=key.keyid)
    return Envelope(payload, payload_type, (Signature(key.keyid, signature),))


def parse_envelope(data: bytes, *, where: str) -> Envelope:
    """Read an envelope from its canonical JSON. No signature is verified here.

    Raises:
        MalformedError: when the bytes are not the canonical form of an envelope with its known members.
    """
    envelope = decode_strictly(data, _DECODER, where=where)
    if envelope.encode() != data:
        raise MalformedError("the bytes are not the canonical form of the envelope", where=where)
    if not envelope.signatures or not _PLAIN_TEXT.match(envelope.payload_type):
        raise MalformedError("no signature, or a payload type that is not a plain media type", where=where)
    return envelope


def decode_strictly(data: bytes, decoder: msgspec.json.Decoder[_T], *, where: str) -> _T:
    """Decode bounded JSON bytes into a typed structure, or raise MalformedError."""
    if len(data) > MAX_BYTES:
        raise MalformedError(f"{len(data)} bytes are more than the {MAX_BYTES} that are read", where=where)
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
        raise MalformedError(
            f"does not have the form it should have: {str(cause)[:300]}", where=where
        ) from cause
