"""The sealer: a signer and, if there is one, a timestamp authority, as one thing that seals payloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterseal.seal.bundle import Bundle
from counterseal.seal.dsse import sign_envelope
from counterseal.seal.signer import AnySigner, KeylessSigner

if TYPE_CHECKING:
    from counterseal.seal.timestamp import TimestampAuthority


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals statements.

    Attributes:
        signer: what signs.
        authority: what stamps the signature of each bundle, or None for bundles without a stamp. A keyless
            signer has its own trusted time and is not stamped.
    """

    signer: AnySigner
    authority: TimestampAuthority | None = None

    def seal(self, payload: bytes) -> bytes:
        """Return the canonical bytes of a Sigstore bundle over the statement.

        Raises:
            CountersealError: whatever the signer or the authority raises; then nothing is sealed.
        """
        if isinstance(self.signer, KeylessSigner):
            return self.signer.seal_keyless(payload)
        envelope = sign_envelope(payload, self.signer)
        signature = envelope.signatures[0]
        stamp = self.authority.stamp(signature.sig) if self.authority else None
        return Bundle(envelope, signature.keyid, stamp).encode()

    def envelope(self, payload: bytes) -> bytes:
        """Return the canonical bytes of a plain DSSE envelope over the statement; errors as for `seal`.

        A keyless signature means nothing without its certificate, so a keyless signer returns a bundle
        here as well; `open_envelope` takes both.
        """
        if isinstance(self.signer, KeylessSigner):
            return self.signer.seal_keyless(payload)
        return sign_envelope(payload, self.signer).encode()
