"""The scheme `env:NAME`: a private key whose PEM text is in an environment variable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from counterseal.errors import UsageError
from counterseal.seal.signers.pem import PemSigner, load_signer

if TYPE_CHECKING:
    from collections.abc import Mapping


def open_signer(rest: str, *, env: Mapping[str, str]) -> PemSigner:
    """Read the key from the variable; errors as for `counterseal.seal.signer.open_signer`."""
    # Capitals only: a name is repeated in messages, and a line of a misplaced key must not look like one.
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,99}", rest):
        raise UsageError(
            "not the name of an environment variable in capitals",
            where="signer",
            remedy="write env:NAME and keep the key itself in the variable",
        )
    pem = env.get(rest)
    if not pem:
        raise UsageError(
            "the variable is empty or not set", where=rest, remedy="pass the secret to this step"
        )
    return load_signer(pem.encode(errors="replace"), env=env, where=rest)
