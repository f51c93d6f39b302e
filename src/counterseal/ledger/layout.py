"""Where the ledger's objects lie in a store: one object an entry, one a checkpoint, in order of names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from counterseal.manifest.release import Stream
from counterseal.manifest.stream import stream_id

STREAMS: Final = "streams/"
CHECKPOINTS: Final = "checkpoints/"
APPROVALS: Final = "approvals/"
"""Requests while they are open (see `ledger.requests`); what a release relies on is in its manifest."""

INCIDENTS: Final = "incidents/"
"""What went wrong in production: `incidents/<repository id>/<incident>/<number, 6 digits>.json`, sealed
control records."""

HOLDS: Final = "holds/"
"""Legal holds: `holds/<stream id>/<sequence, 12 digits>/<number, 6 digits>.json`, sealed control records."""

_STREAM_ID = re.compile(r"[a-z0-9-]{1,100}")
_PLACE = re.compile(r"[a-z]+/([a-z0-9-]{1,100})/([0-9]{12})\.[a-z]+")


@lru_cache(maxsize=1024)
def identity_of(stream: Stream) -> str:
    """Return the id of a stream (see `manifest.stream.stream_id`), computed once for each."""
    return stream_id(stream)


def entry_key(identity: str, sequence: int) -> str:
    """Return the key of an entry: `streams/<stream id>/<sequence, 12 digits>.jsonl`."""
    return f"{STREAMS}{identity}/{sequence:012d}.jsonl"


def checkpoint_key(identity: str, sequence: int) -> str:
    """Return the key of an entry's checkpoint: `checkpoints/<stream id>/<sequence, 12 digits>.json`."""
    return f"{CHECKPOINTS}{identity}/{sequence:012d}.json"


def place_of(key: str) -> tuple[str, int] | None:
    """Return the stream id and sequence that a key names, or None when it is no name of the ledger's."""
    match = _PLACE.fullmatch(key)
    if match is None:
        return None
    place = match[1], int(match[2])
    wanted = entry_key(*place) if key.startswith(STREAMS) else checkpoint_key(*place)
    return place if place[1] > 0 and key == wanted else None


def is_stream_id(text: str) -> bool:
    """Tell whether the text has the form of a stream id."""
    return _STREAM_ID.fullmatch(text) is not None
