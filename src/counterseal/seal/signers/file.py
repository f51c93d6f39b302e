"""The scheme `file:PATH`: a private key in a PEM file that only its owner can read."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.errors import UsageError
from counterseal.seal.signers.pem import PemSigner, load_signer

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_BYTES = 64 * 1024

_LONGEST_NAME = 100
_KEY_LIKE = re.compile(r"PRIVATE KEY|[A-Za-z0-9+/=]{40}|[\x00-\x1f\x7f]")


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
        # The cause has the path in its text, and what was given as a path may be a key.
        raise UsageError(f"the private key cannot be read: {reason}", where=_shown(rest)) from None
    signer = load_signer(pem, env=env, where=rest)
    if not signer.encrypted and _readable_by_others(mode):
        raise UsageError(
            f"others can read this private key (mode {stat.S_IMODE(mode):04o})",
            where=rest,
            remedy="chmod 600, or encrypt the key",
        )
    return signer


def _shown(path: str) -> str:
    """Return how messages call a path that could not be read: it is not repeated if it may be a key."""
    if _KEY_LIKE.search(path) or (len(path) > _LONGEST_NAME and "/" not in path):
        return "the path given after file:"
    return path


def _readable_by_others(mode: int) -> bool:
    # Windows has no such bits, and reports 0666 for every writable file.
    return os.name == "posix" and bool(mode & (stat.S_IRWXG | stat.S_IRWXO))
