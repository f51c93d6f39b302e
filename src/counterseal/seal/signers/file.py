"""The scheme `file:PATH`: a private key in a PEM file that only its owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.errors import UsageError
from counterseal.seal.signers.pem import PemSigner, load_signer

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_BYTES = 64 * 1024


def open_signer(rest: str, *, env: Mapping[str, str]) -> PemSigner:
    """Read the key file; errors as for `counterseal.seal.signer.open_signer`."""
    if not rest:
        raise UsageError("no path of a private key", where="signer", remedy="write file:PATH")
    try:
        with Path(rest).open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(_MAX_BYTES)
    except (OSError, ValueError) as cause:
        reason = getattr(cause, "strerror", None) or "not a path"
        raise UsageError(f"the private key cannot be read: {reason}", where=rest) from cause
    signer = load_signer(pem, env=env, where=rest)
    if not signer.encrypted and _readable_by_others(mode):
        raise UsageError(
            f"others can read this private key (mode {stat.S_IMODE(mode):04o})",
            where=rest,
            remedy="chmod 600, or encrypt the key",
        )
    return signer


def _readable_by_others(mode: int) -> bool:
    # Windows has no such bits, and reports 0666 for every writable file.
    return os.name == "posix" and bool(mode & (stat.S_IRWXG | stat.S_IRWXO))
