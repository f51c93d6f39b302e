"""Ids of streams and repositories: names in a store, readable by people and safe as a path or object key."""

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
    return _id(words, encode(msgspec.to_builtins(stream)))


def repository_id(repository: str) -> str:
    """Return the id of a repository by its URI, in the form of a stream's."""
    return _id(repository.split("/")[-2:], encode(repository))


def _id(words: list[str], data: bytes) -> str:
    slug = "-".join(re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in words)
    return f"{slug[:60].strip('-') or 'stream'}-{sha256(data)[:16]}"
