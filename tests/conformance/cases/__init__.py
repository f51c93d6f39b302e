"""The conformance cases as data. Nothing here uses counterseal: the expected answers are made without it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import rfc8785


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        name: the name of its folder.
        kind: what is asked of the implementation, see README.md.
        title: what the case shows.
        inputs: the input files by name, in the order in which they are passed.
        rule: the rule that the input breaks; empty when it is accepted.
        canonical: the canonical form, where it is not the first input itself.
        digest: SHA-256 that an implementation must find; empty when the input is refused.
    """

    name: str
    kind: str
    title: str
    inputs: dict[str, bytes] = field(repr=False)
    rule: str = ""
    canonical: bytes | None = field(default=None, repr=False)
    digest: str = ""

    @property
    def verdict(self) -> str:
        return "refused" if self.rule else "accepted"


def canonical(value: object) -> bytes:
    """Return the canonical form of a JSON value."""
    return rfc8785.dumps(value)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of the bytes, lowercase hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest(text: str) -> dict[str, str]:
    """Return a digest set for some made-up content."""
    return {"sha256": sha256(text.encode())}


def swap(data: bytes, old: bytes, new: bytes) -> bytes:
    """Return the bytes with the first occurrence of some replaced; it must be there."""
    if old not in data:
        raise ValueError(f"{old!r} does not occur")
    return data.replace(old, new, 1)
