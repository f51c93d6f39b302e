"""What every store promises: create a key once, read it back, list in order. Nothing overwrites or deletes.

The shape is that of an object store with a lock (conditional create, versions, retention that is read back),
so that a directory is the special case that has fewer of these and says so.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol, runtime_checkable

from counterseal.errors import StoreError
from counterseal.manifest.release import Retention
from counterseal.manifest.types import parse_time

__all__ = [
    "CHUNK_BYTES",
    "DOCUMENT_BYTES",
    "MODES",
    "Batched",
    "Lock",
    "Retention",
    "Store",
    "Stored",
    "Version",
    "behind",
    "firmness",
    "require_key",
]

MODES: Final = (None, "governance", "compliance")
"""The modes of a lock, the weakest first."""

DOCUMENT_BYTES: Final = 64 * 1024 * 1024
"""The largest object that is read into memory at once; larger ones are read in chunks."""

CHUNK_BYTES: Final = 1024 * 1024
"""How much of a large object is held at a time, in bytes."""

_LONGEST_KEY: Final = 1024
_SEGMENT: Final = r"(?!\.\.?(?:/|\Z))[A-Za-z0-9._-]{1,200}"
_KEY: Final = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{0,15}}")


@dataclass(frozen=True, slots=True)
class Stored:
    """What a store really holds under a key, as read back from it.

    Attributes:
        key: the key.
        version: the store's own name of this version of the object; `None` where it has no versions.
        size: the length in bytes.
        sha256: the digest of the bytes.
        retain_until: until when the lock in force holds (RFC 3339); `None` where nothing holds it.
        mode: the lock in force, `governance` or `compliance`; `None` where the store has no lock.
    """

    key: str
    version: str | None
    size: int
    sha256: str
    retain_until: str | None = None
    mode: str | None = None


class Version(NamedTuple):
    """One version of an object, as a store lists it; where a store has no versions, each key has one.

    Of these there are as many as objects; a tuple is made three times as quickly as anything else.

    Attributes:
        key: the key.
        version: the store's own name of this version; `None` where it has no versions.
        size: the length in bytes; 0 for a delete marker.
        marker: whether it is a delete marker.
        latest: whether it is what a reader without a version gets.
        written_at: when the store took it (RFC 3339); `None` where it does not tell.
    """

    key: str
    version: str | None
    size: int
    marker: bool = False
    latest: bool = True
    written_at: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """What keeps one version of an object; every part is `None` where the store tells nothing.

    Attributes:
        mode: `governance` or `compliance`.
        retain_until: until when (RFC 3339).
        hold: whether a legal hold lies on it.
    """

    mode: str | None = None
    retain_until: str | None = None
    hold: bool | None = None


class Store(Protocol):
    """A place that keeps objects. Every method may raise StoreError, naming the key."""

    def put(self, key: str, data: bytes, *, retention: Retention | None = None) -> Stored:
        """Create the key, only if it is absent, and return once it is durable.

        Args:
            key: the key, see `require_key`.
            data: the bytes.
            retention: how long it must be kept. With a `mode`, the store must prove that lock or refuse.

        Raises:
            StoreConflict: the key exists (and is durable); nothing was changed.
            StoreError: the store cannot do, or cannot prove, what was asked.
        """

    def put_file(self, key: str, path: Path, *, sha256: str, retention: Retention | None = None) -> Stored:
        """Create the key from a file of any size, in bounded memory, like `put`.

        Args:
            key: the key.
            path: the file to read.
            sha256: the digest that the bytes must have; a file that changed meanwhile creates nothing.
            retention: how long it must be kept.
        """

    def get(self, key: str, *, version: str | None = None) -> bytes:
        """Return the bytes of a document.

        Raises:
            KeyMissing: there is no such key (or version).
            StoreError: it cannot be read, or is larger than `DOCUMENT_BYTES`.
        """

    def chunks(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        """Yield the bytes of an object of any size, at most `CHUNK_BYTES` at a time. Raises like `get`."""

    def head(self, key: str) -> Stored | None:
        """Return what is really in force under a key and durable, or `None` when there is no such key."""

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield every key that begins with the prefix and is greater than `after`, in order.

        Names that are no valid keys are yielded too: what somebody else put there must not be overlooked.
        """

    def versions(self, prefix: str, *, after: str = "") -> Iterator[Version]:
        """Yield every version of every key that `keys` would yield, delete markers too, in order of keys."""

    def extend(self, key: str, retention: Retention) -> Stored:
        """Keep what is there at least as long and as firmly as asked for, and return what is then in force.

        Raises:
            KeyMissing: there is no such key.
            StoreError: the store cannot do, or cannot prove, that.
        """

    def lock(self, key: str, version: str | None) -> Lock:
        """Return what keeps one version.

        Raises:
            KeyMissing: there is no such version.
        """


@runtime_checkable
class Batched(Protocol):
    """A store that proves many writes together, with fewer requests than each by itself."""

    def batch(self) -> AbstractContextManager[Store]:
        """Return a context in which to write, with the store to write to.

        What `put` and `put_file` promise holds once the context has ended without an error, and not before.
        """


def require_key(key: str) -> str:
    """Return the key, or refuse what could leave the store or differ between stores.

    A key is 1 to 16 segments of `A-Z a-z 0-9 . _ -`, each 1 to 200 characters and neither `.` nor `..`,
    joined by `/`; at most 1024 characters (the limit of S3).

    Raises:
        StoreError: when it is anything else.
    """
    if len(key) > _LONGEST_KEY or _KEY.fullmatch(key) is None:
        raise StoreError(f"{key[:100]!r} is not a key", where="store")
    return key


def behind(folder: str) -> str:
    """Return a name behind everything in a folder, and before all that is beside it, to go on after.

    What has the highest character of Unicode in its own name may still be behind it.
    """
    return folder + chr(sys.maxunicode)


def firmness(retention: Retention) -> tuple[int, datetime]:
    """Return what makes one retention firmer than another: its mode first, then its date."""
    return MODES.index(retention.mode), parse_time(retention.retain_until)
