"""A signer whose private key is in memory, read from PEM. Serves the schemes `file` and `env`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from counterseal.errors import UsageError
from counterseal.seal.key import ECDSA_SHA256, PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSWORD_VARIABLE = "COUNTERSEAL_KEY_PASSWORD"  # noqa: S105 (the name of a variable)
"""The environment variable with the password of an encrypted private key."""


@dataclass(frozen=True, slots=True)
class PemSigner:
    """A managed key in memory.

    Attributes:
        public_key: the key that verifies what this one signs.
        encrypted: whether the PEM was encrypted.
    """

    public_key: PublicKey
    encrypted: bool
    _key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey = field(repr=False, compare=False)

    def sign(self, data: bytes) -> bytes:
        """Return the signature over the data."""
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(data)
        return self._key.sign(data, ECDSA_SHA256)


def load_signer(pem: bytes, *, env: Mapping[str, str], where: str) -> PemSigner:
    """Read a private key. No message and no cause of an error holds any part of it.

    Raises:
        UsageError: when it is not a private key, of a kind that is not accepted, or encrypted with
            another password than the environment has.
    """
    encrypted = b"ENCRYPTED" in pem
    password = env.get(PASSWORD_VARIABLE)
    if encrypted and not password:
        raise UsageError(
            "the private key is encrypted and there is no password",
            where=where,
            remedy=f"set {PASSWORD_VARIABLE}",
        )
    key = _load(pem, password if encrypted else None, where)
    if not isinstance(key, ec.EllipticCurvePrivateKey | Ed25519PrivateKey):
        raise UsageError("not an accepted kind of key", where=where, remedy="use ECDSA on P-256, or Ed25519")
    return PemSigner(PublicKey.from_key(key.public_key(), where=where), encrypted, key)


def _load(pem: bytes, password: str | None, where: str) -> object:
    try:
        return load_pem_private_key(pem, password.encode() if password else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UsageError(
            "not a private key in PEM, or the wrong password for it",
            where=where,
            remedy="make one with `counterseal keys generate`",
        ) from None  # the cause could describe the key
