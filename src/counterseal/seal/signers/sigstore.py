"""The scheme `sigstore:`: keyless signing with the identity of this job. Needs the extra `sigstore`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from counterseal.errors import Inconclusive, UsageError
from counterseal.manifest import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping


_REMEDY = "grant the job `permissions: id-token: write`, or sign with a managed key"


@dataclass(frozen=True, slots=True)
class SigstoreSigner:
    """The identity of this job, vouched for by the public-good Sigstore instance."""

    _token: Any = field(repr=False)

    def seal_keyless(self, payload: bytes) -> bytes:
        """Sign with a fresh key, certified for the identity and entered in the transparency log.

        Raises:
            Inconclusive: when Sigstore's services do not answer or refuse.
        """
        from sigstore.dsse import Statement
        from sigstore.errors import Error
        from sigstore.models import ClientTrustConfig
        from sigstore.sign import SigningContext

        try:
            context = SigningContext.from_trust_config(ClientTrustConfig.production())
            with context.signer(self._token) as signer:
                bundle = signer.sign_dsse(Statement(payload)).to_json()
        except (Error, OSError) as cause:  # requests' errors are OSErrors
            raise Inconclusive(
                f"Sigstore did not sign: {cause}", where="signer", remedy="run again"
            ) from cause
        return canonical.encode(canonical.parse(bundle.encode(), where="Sigstore bundle"))


def open_signer(rest: str, *, env: Mapping[str, str]) -> SigstoreSigner:
    """Take the job's identity token; errors as for `counterseal.seal.signer.open_signer`."""
    del env  # the token's detectors read the process environment themselves
    if rest:
        raise UsageError("the scheme takes nothing after the colon", where="signer", remedy="write sigstore:")
    try:
        from sigstore.oidc import IdentityError, IdentityToken, detect_credential
    except ImportError as cause:
        raise UsageError(
            "keyless signing needs an extra that is not installed",
            where="signer",
            remedy="install counterseal[sigstore]",
        ) from cause
    try:
        token = detect_credential()
        identity = IdentityToken(token) if token else None
    except IdentityError as cause:
        raise Inconclusive("the identity token could not be had", where="signer", remedy=_REMEDY) from cause
    if identity is None:
        raise UsageError("this job has no identity token", where="signer", remedy=_REMEDY)
    return SigstoreSigner(identity)
