"""Digests: SHA-256 in lowercase hexadecimal, the only algorithm that evidence is listed by."""

from __future__ import annotations

import hashlib
import re

HEX_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def sha256(data: bytes) -> str:
    """Return the SHA-256 of the bytes (FIPS 180-4) as 64 lowercase hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def is_sha256(text: str) -> bool:
    """Tell whether the text is 64 lowercase hexadecimal digits."""
    return HEX_SHA256.match(text) is not None
