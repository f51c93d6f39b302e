"""Public keys: loading, naming and verifying with them. ECDSA P-256/SHA-256 and Ed25519, nothing else."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Final, Literal, Self, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from counterseal.errors import MalformedError

Algorithm: TypeAlias = Literal["ecdsa-p256-sha256", "ed25519"]
"""How a key signs: ECDSA on P-256 over SHA-256 with DER signatures (FIPS 186-5), or Ed25519 (RFC 8032)."""

ECDSA_SHA256: Final = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are verified with.

    Attributes:
        pem: the SubjectPublicKeyInfo as PEM text.
        keyid: its OpenSSH fingerprint (`SHA256:` and base64), which names the key everywhere: it is the name
            under which other DSSE verifiers look for a key.
        algorithm: how it signs.
    """

    pem: str
    keyid: str
    algorithm: Algorithm
    _key: ec.EllipticCurvePublicKey | Ed25519PublicKey = field(repr=False, compare=False)

    @classmethod
    def from_pem(cls, pem: str | bytes, *, where: str) -> Self:
        """Load a key from PEM.

        Raises:
            MalformedError: when it is not a public key, or of a kind that is not accepted.
        """
        try:
            key = serialization.load_pem_public_key(pem.encode() if isinstance(pem, str) else pem)
        except (ValueError, UnsupportedAlgorithm) as cause:
            raise MalformedError("not a public key in PEM (SubjectPublicKeyInfo)", where=where) from cause
        return cls.from_key(key, where=where)

    @classmethod
    def from_der(cls, der: bytes, *, where: str) -> Self:
        """Load a key from DER SubjectPublicKeyInfo; errors as for `from_pem`."""
        try:
            key = serialization.load_der_public_key(der)
        except (ValueError, UnsupportedAlgorithm) as cause:
            raise MalformedError("not a public key in DER (SubjectPublicKeyInfo)", where=where) from cause
        return cls.from_key(key, where=where)

    @classmethod
    def from_key(cls, key: object, *, where: str) -> Self:
        """Take a key that is already loaded; errors as for `from_pem`."""
        algorithm: Algorithm
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            algorithm = "ecdsa-p256-sha256"
        elif isinstance(key, Ed25519PublicKey):
            algorithm = "ed25519"
        else:
            raise MalformedError(
                "not an accepted kind of key", where=where, remedy="use ECDSA on P-256, or Ed25519"
            )
        info = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = key.public_bytes(serialization.Encoding.PEM, info).decode("ascii")
        return cls(pem, _fingerprint(key), algorithm, key)

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Tell whether the signature (ECDSA: DER) is this key's over the data."""
        try:
            if isinstance(self._key, Ed25519PublicKey):
                self._key.verify(signature, data)
            else:
                self._key.verify(signature, data, ECDSA_SHA256)
        except InvalidSignature:
            return False
        return True


def _fingerprint(key: ec.EllipticCurvePublicKey | Ed25519PublicKey) -> str:
    """Return the fingerprint that `ssh-keygen -l` prints (RFC 4253, section 6.6, for the key's blob)."""
    line = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")
