"""A store in memory: the promises of a `Store` without a disk, cheap enough to damage 10,000 times."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from counterseal.errors import KeyMissing, StoreConflict, StoreError
from counterseal.store.interface import CHUNK_BYTES, Lock, Retention, Stored, Version, require_key


class MemoryStore:
    """Objects in a dictionary; `objects` is open to tests that play the intruder."""

    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})

    def put(self, key: str, data: bytes, *, retention: Retention | None = None) -> Stored:
        if retention is not None and retention.mode is not None:
            raise StoreError("memory has no lock", where=key)
        if require_key(key) in self.objects:
            raise StoreConflict("the key exists already", where=key)
        self.objects[key] = data
        return Stored(key, None, len(data), hashlib.sha256(data).hexdigest())

    def put_file(self, key: str, path: Path, *, sha256: str, retention: Retention | None = None) -> Stored:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StoreError("the file changed while it was stored", where=key)
        return self.put(key, data, retention=retention)

    def get(self, key: str, *, version: str | None = None) -> bytes:
        if version is not None:
            raise StoreError("memory keeps no versions", where=key)
        if require_key(key) not in self.objects:
            raise KeyMissing("there is no such key", where=key)
        return self.objects[key]

    def chunks(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        data = self.get(key, version=version)
        yield from (data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES))

    def head(self, key: str) -> Stored | None:
        if require_key(key) not in self.objects:
            return None
        data = self.objects[key]
        return Stored(key, None, len(data), hashlib.sha256(data).hexdigest())

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        names = sorted(self.objects)
        return (key for key in names[bisect_right(names, after) :] if key.startswith(prefix))

    def versions(self, prefix: str, *, after: str = "") -> Iterator[Version]:
        return (Version(key, None, len(self.objects[key])) for key in self.keys(prefix, after=after))

    def extend(self, key: str, retention: Retention) -> Stored:
        stored = self.head(key)
        if retention.mode is not None or stored is None:
            raise StoreError("memory has no lock", where=key)
        return stored

    def lock(self, key: str, version: str | None) -> Lock:
        self.get(key, version=version)
        return Lock(hold=False)
