"""Stream ids: the name of a chain in a store, readable by people and safe as a path or object key."""

from __future__ import annotations

import re

import msgspec

from counterseal.manifest.canonical import encode
from counterseal.manifest.digest import sha256
from counterseal.manifest.release import Stream


def stream_id(stream: Stream) -> str:
    """Return the id of a stream: its last words for the reader, then 16 digits of its digest for the machine.

    The digest is that of the canonical stream, so two streams never share an id because their names were
    shortened alike.
    """
    words = [*stream.repository.split("/")[-2:], stream.environment]
    slug = "-".join(re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in words)
    digest = sha256(encode(msgspec.to_builtins(stream)))
    return f"{slug[:60].strip('-') or 'stream'}-{digest[:16]}"
