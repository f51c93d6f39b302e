"""Digests: SHA-256 in lowercase hexadecimal, the only algorithm that evidence is listed by."""

from __future__ import annotations

import hashlib

_HEX, _LENGTH = "0123456789abcdef", 64


def sha256(data: bytes) -> str:
    """Return the SHA-256 of the bytes (FIPS 180-4) as 64 lowercase hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def is_sha256(text: str) -> bool:
    """Tell whether the text is 64 lowercase hexadecimal digits."""
    return len(text) == _LENGTH and not text.strip(_HEX)  # a tenth of the cost of a pattern, for each blob
