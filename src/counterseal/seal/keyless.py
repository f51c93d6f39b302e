"""Verifying keyless bundles offline, by sigstore-python. Needs the extra `sigstore`.

The certificate, its transparency, the log entry and the signature are sigstore-python's business; which
identities are believed, for what and when, is the trust file's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from counterseal.errors import MalformedError, SealError
from counterseal.manifest import canonical
from counterseal.seal.dsse import PAYLOAD_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from counterseal.seal.trust import TrustedIdentity


@dataclass(frozen=True, slots=True)
class KeylessSeal:
    """A payload whose keyless seal holds.

    Attributes:
        payload: the signed bytes.
        identity: who signed, from the trust file.
        not_before: the first moment of the certificate; it was signed at this moment or after.
        not_after: the last moment of the certificate; it was signed at this moment or before.
    """

    payload: bytes
    identity: TrustedIdentity
    not_before: datetime
    not_after: datetime


def verify_keyless(data: bytes, identities: Iterable[TrustedIdentity], *, where: str) -> KeylessSeal:
    """Verify a keyless bundle, whose bytes must be canonical, without the network.

    Raises:
        SealError: when it does not verify, when no trusted identity signed it, or when the extra that
            verifies it is not installed.
    """
    try:
        from sigstore.errors import Error
        from sigstore.models import Bundle
    except ImportError as cause:
        raise SealError(
            "a keyless bundle, and the extra that verifies it is not installed",
            where=where,
            remedy="install counterseal[sigstore]",
        ) from cause
    try:
        canonical.require_canonical(data, where=where)
        bundle = Bundle.from_json(data)
        identity, policy = _identity_of(bundle, identities, where=where)
        kind, payload = _verifier().verify_dsse(bundle, policy)
        certificate = bundle.signing_certificate
    except MalformedError as cause:
        raise SealError(f"not a sealed bundle: {cause.message}", where=where) from cause
    except (Error, ValueError) as cause:
        raise SealError(f"the keyless seal does not verify: {cause}", where=where) from cause
    if kind != PAYLOAD_TYPE:
        raise SealError(f"the payload is {kind}, not a statement", where=where)
    return KeylessSeal(payload, identity, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


@cache
def _verifier() -> Any:
    from sigstore.verify import Verifier

    return Verifier.production(offline=True)


def _identity_of(
    bundle: Any, identities: Iterable[TrustedIdentity], *, where: str
) -> tuple[TrustedIdentity, Any]:
    from sigstore.errors import VerificationError
    from sigstore.verify.policy import Identity

    for identity in identities:
        policy = Identity(identity=identity.subject, issuer=identity.issuer)
        try:
            policy.verify(bundle.signing_certificate)
        except VerificationError:
            continue
        return identity, policy
    raise SealError("no identity of the trust file signed this", where=where, remedy="see `identities` there")
