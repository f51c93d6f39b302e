"""A store in memory that keeps versions, delete markers and locks, and a clock: what an audit looks at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from counterseal.errors import KeyMissing, StoreConflict, StoreError
from counterseal.store.interface import CHUNK_BYTES, Lock, Retention, Stored, Version, require_key


@dataclass
class Kept:
    """One version, or a delete marker (`data` is None), with what keeps it."""

    number: int
    data: bytes | None
    written_at: str
    mode: str | None = None
    retain_until: str | None = None
    hold: bool | None = False


@dataclass
class LockedStore:
    """Objects with all their versions; `objects` is open to tests that play the intruder.

    Attributes:
        objects: the versions of each key, oldest first.
        clock: what the store says the time is.
        told: whether it tells locks to whoever asks.
        broken_after: how many keys a listing gives before it breaks off; None for all.
    """

    objects: dict[str, list[Kept]] = field(default_factory=dict)
    clock: str = "2026-08-01T00:00:00Z"
    told: bool = True
    broken_after: int | None = None

    def put(self, key: str, data: bytes, *, retention: Retention | None = None) -> Stored:
        if require_key(key) in self.objects:
            raise StoreConflict("the key exists already", where=key)
        mode, until = (retention.mode, retention.retain_until) if retention else (None, None)
        self.objects[key] = [Kept(1, data, self.clock, mode, until if mode else None)]
        return self._stored(key)

    def put_file(self, key: str, path: Path, *, sha256: str, retention: Retention | None = None) -> Stored:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StoreError("the file changed while it was stored", where=key)
        return self.put(key, data, retention=retention)

    def get(self, key: str, *, version: str | None = None) -> bytes:
        return self._sole(key, version).data or b""

    def chunks(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        data = self.get(key, version=version)
        yield from (data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES))

    def head(self, key: str) -> Stored | None:
        return self._stored(key) if require_key(key) in self.objects else None

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        for count, key in enumerate(sorted(self.objects)):
            if self.broken_after is not None and count >= self.broken_after:
                raise StoreError("the listing broke off", where=prefix)
            if key.startswith(prefix) and key > after:
                yield key

    def versions(self, prefix: str, *, after: str = "") -> Iterator[Version]:
        for key in self.keys(prefix, after=after):
            found = self.objects[key]
            for one in found:
                name, latest = f"v{one.number}", one is found[-1]
                size = len(one.data or b"")
                yield Version(key, name, size, one.data is None, latest, one.written_at)

    def extend(self, key: str, retention: Retention) -> Stored:
        kept = self.objects[key][0]
        if retention.mode is not None:
            kept.mode = max(kept.mode or "governance", retention.mode, key=("governance", "compliance").index)
            kept.retain_until = max(kept.retain_until or "", retention.retain_until)
        return self._stored(key)

    def lock(self, key: str, version: str | None) -> Lock:
        if not self.told:
            return Lock()
        for one in self.objects.get(key, ()):
            if f"v{one.number}" == version or version is None:
                return Lock(one.mode, one.retain_until, one.hold)
        raise KeyMissing("there is no such version", where=key)

    def hold(self, key: str, version: str, on: bool) -> Lock:
        for one in self.objects[key]:
            if f"v{one.number}" == version:
                one.hold = on
        return self.lock(key, version)

    # What an intruder, or an administrator, does.

    def over(self, key: str, data: bytes | None) -> None:
        """Put another version over a key, or a delete marker."""
        found = self.objects[key]
        found.append(Kept(len(found) + 1, data, self.clock, found[0].mode, found[0].retain_until))

    def replace(self, key: str, data: bytes) -> None:
        """Change the bytes of the only version: what a disk, or whoever owns it, can do."""
        self.objects[key][0].data = data

    def _sole(self, key: str, version: str | None) -> Kept:
        found = self.objects.get(require_key(key), [])
        if version is not None:
            found = [one for one in found if f"v{one.number}" == version and one.data is not None]
        elif len(found) > 1:
            raise StoreError("it has other versions, so what it holds was not stored once", where=key)
        if not found:
            raise KeyMissing("there is no such key", where=key)
        return found[0]

    def _stored(self, key: str) -> Stored:
        one = self._sole(key, None)
        data = one.data or b""
        digest = hashlib.sha256(data).hexdigest()
        return Stored(key, f"v{one.number}", len(data), digest, one.retain_until, one.mode)
