"""Signers: whatever holds a private key. A URI names one, its scheme picks the file under `signers/`."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, runtime_checkable

from counterseal.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterseal.seal.key import PublicKey


class Signer(Protocol):
    """A managed key that signs."""

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what this one signs."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature over the data: ECDSA over SHA-256 in DER, or Ed25519 raw."""


@runtime_checkable
class KeylessSigner(Protocol):
    """An identity that signs with a fresh key each time, so that only a whole bundle makes sense of it."""

    def seal_keyless(self, payload: bytes) -> bytes:
        """Return the canonical JSON of a Sigstore bundle over an in-toto statement."""


AnySigner: TypeAlias = Signer | KeylessSigner

SCHEMES: Final = {
    "file": "file:PATH, a private key in PEM",
    "env": "env:NAME, an environment variable that holds a private key in PEM",
    "aws-kms": "aws-kms:KEY, the id, ARN or alias/NAME of an AWS KMS key",
    "sigstore": "sigstore:, keyless with the identity of this job",
}
"""The schemes of signer URIs, and how each is written."""


def open_signer(uri: str, *, env: Mapping[str, str]) -> AnySigner:
    """Open the signer that a URI names. A bad URI is never repeated, since it may be a misplaced key.

    Args:
        uri: scheme, colon, and what the scheme needs.
        env: the environment: passwords, keys and regions are taken from here.

    Raises:
        UsageError: when the scheme is unknown or the key cannot be used.
        Inconclusive: when a service that holds the key does not answer.
    """
    scheme, separator, rest = uri.partition(":")
    if not separator or scheme not in SCHEMES:
        named = f" {scheme!r}" if re.fullmatch(r"[a-z0-9+-]{1,20}", scheme) and separator else ""
        raise UsageError(
            f"unknown kind of signer{named}",
            where="signer",
            remedy="use one of: " + "; ".join(SCHEMES.values()),
        )
    module = import_module(f"counterseal.seal.signers.{scheme.replace('-', '_')}")
    signer: AnySigner = module.open_signer(rest, env=env)
    return signer
