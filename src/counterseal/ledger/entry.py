"""Entries: the one object that a release is. Two lines: the manifest's bundle, then its verdict's envelope.

One object, so that a release is there as a whole or not at all. The form is the in-toto bundle (JSON Lines,
`application/vnd.in-toto.bundle`); each line must be canonical, which the reader of each seal enforces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from counterseal.errors import MalformedError

MEDIA_TYPE: Final = "application/vnd.in-toto.bundle"
_LINES: Final = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """The two seals of one release, each without its line end.

    Attributes:
        bundle: the Sigstore bundle of the release manifest.
        vsa: the DSSE envelope of the SLSA verification summary that says the same.
    """

    bundle: bytes
    vsa: bytes


def encode_entry(entry: Entry) -> bytes:
    """Return the bytes of the object."""
    return b"%s\n%s\n" % (entry.bundle, entry.vsa)


def decode_entry(data: bytes, *, where: str) -> Entry:
    """Read the object. The seals are not verified here.

    Raises:
        MalformedError: when it is anything but two lines, both ended.
    """
    *lines, rest = data.split(b"\n")
    if rest or len(lines) != _LINES or not all(lines):
        raise MalformedError("an entry is exactly two lines: a bundle and an envelope", where=where)
    return Entry(*lines)
