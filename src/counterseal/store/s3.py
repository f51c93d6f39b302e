"""The store in S3 under Object Lock: every key is created once, locked, and proven by reading it back.

What S3 promises is of versions, not of keys: a lock keeps a version, and whoever may write can put another
version over it, or a delete marker. So every write is conditional, a lock is believed only when it is read
back from the very version that was written, and a key that has a second version or a marker is an error for
whoever reads it.

Sources: Amazon S3 User Guide, "Locking objects with Object Lock", "Conditional writes"; API Reference,
PutObject.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from counterseal.errors import KeyMissing, StoreError
from counterseal.manifest.types import format_time
from counterseal.store.interface import DOCUMENT_BYTES, Lock, Retention, Stored, Version, require_key
from counterseal.store.s3_calls import Calls, body_of
from counterseal.store.s3_proof import Proof, lock_of
from counterseal.store.s3_sole import require_each_sole, require_sole
from counterseal.store.s3_write import Writer


class S3Store:
    """A store (see `store.interface.Store`) in a bucket with versions and, where asked for, Object Lock.

    Args:
        bucket: the bucket's name.
        prefix: what every key begins with in the bucket; without a slash at its end.
        client: the client of S3; made from the environment when it is first needed, if None.
        pause: waits for some seconds.
        kms: the ARN of the key of AWS KMS that encrypts what is written; None where the bucket decides.
        calls: those of another store of the same bucket, whose connections this one shares.
        written: takes the keys that are written, of which somebody else proves that each has one version.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        client: Any = None,
        pause: Callable[[float], None] = time.sleep,
        kms: str | None = None,
        *,
        calls: Calls | None = None,
        written: list[str] | None = None,
    ) -> None:
        self.bucket, self.kms = bucket, kms
        self._made = (bucket, prefix, None, pause, kms)
        self._calls = calls or Calls(bucket, prefix, client, pause)
        self._proof = Proof(self._calls, written)
        self._writer = Writer(self._calls, self._proof, kms)

    def __reduce__(self) -> tuple[type[S3Store], tuple[Any, ...]]:
        """Let another process make the same store, with a client of its own from the environment."""
        return S3Store, self._made

    @property
    def client(self) -> Any:
        """The client of S3; it repeats no request by itself."""
        return self._calls.client

    def versioning(self) -> Any:
        """Return what S3 tells of the bucket's versioning; the headers of its answer have the time.

        Raises:
            UsageError: there is no such bucket.
            Inconclusive: nobody is logged in, or S3 cannot be reached.
            StoreError: S3 refuses.
        """
        return self._calls.ask(self.bucket, lambda: self.client.get_bucket_versioning(Bucket=self.bucket))

    def put(self, key: str, data: bytes, *, retention: Retention | None = None) -> Stored:
        """Create the key; see `Store.put`."""
        return self._writer.put(key, data, retention)

    def put_file(self, key: str, path: Path, *, sha256: str, retention: Retention | None = None) -> Stored:
        """Create the key from a file; see `Store.put_file`. A large one is sent in parts."""
        return self._writer.put_file(key, path, sha256, retention)

    @contextmanager
    def batch(self) -> Iterator[S3Store]:
        """Yield this store for many writes; see `interface.Batched`."""
        written: list[str] = []
        yield S3Store(*self._made, calls=self._calls, written=written)
        require_each_sole(self._calls, written)

    def get(self, key: str, *, version: str | None = None) -> bytes:
        """Return the bytes of a document; see `Store.get`."""
        answer = self._open(key, version)
        if int(answer["ContentLength"]) > DOCUMENT_BYTES:
            size = answer["ContentLength"]
            raise StoreError(f"{size} bytes are more than the {DOCUMENT_BYTES} of a document", where=key)
        return b"".join(body_of(answer, key))

    def chunks(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        """Yield the bytes of an object; see `Store.chunks`."""
        yield from body_of(self._open(key, version), key)

    def head(self, key: str) -> Stored | None:
        """Return what is really in force under the key; see `Store.head`."""
        try:
            answer = self._proof.sole(key)
        except KeyMissing:
            return None
        return self._proof.stored(key, answer)

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield the keys in order; see `Store.keys`. Deleted ones too: whoever reads one is told."""
        folder = prefix.rpartition("/")[0]
        if folder:
            require_key(folder)
        last = None
        for found in self.versions(prefix, after=after):
            if found.key != last:
                yield found.key
            last = found.key

    def versions(self, prefix: str, *, after: str = "") -> Iterator[Version]:
        """Yield every version and delete marker; see `Store.versions`."""
        for found in self._calls.listed(prefix, after):
            key = found["Key"].removeprefix(self._calls.prefix)
            if not after or key > after:  # an object may have the very name of the prefix: its key is empty
                written = format_time(found["LastModified"]) if "LastModified" in found else None
                size, marker = int(found.get("Size", 0)), "Size" not in found
                yield Version(key, found["VersionId"], size, marker, bool(found["IsLatest"]), written)

    def extend(self, key: str, retention: Retention) -> Stored:
        """Extend the lock of the one version of a key, and prove it; see `Store.extend`."""
        self._proof.require_ready(key, retention)
        answer = self._proof.sole(key)
        stored = self._proof.stored(key, answer)
        self._writer.extend(stored, retention)
        return self._proof.proven(stored, str(answer.get("ChecksumSHA256", "")), retention)

    def lock(self, key: str, version: str | None) -> Lock:
        """Return what keeps one version, as S3 tells it; see `Store.lock`."""
        answer = self._calls.head(key, version)
        until, mode = lock_of(answer)
        hold = answer.get("ObjectLockLegalHoldStatus")
        return Lock(mode, until, None if hold is None else hold == "ON")

    def hold(self, key: str, version: str, on: bool) -> Lock:
        """Put a legal hold on one version or take it off, prove it, and return what is then in force.

        Raises:
            KeyMissing: there is no such version.
            StoreError: S3 refuses, or does not tell that it is so.
        """
        given = {**self._calls.at(key), "VersionId": version, "ChecksumAlgorithm": "SHA256"}
        status = {"Status": "ON" if on else "OFF"}
        self._calls.ask(key, lambda: self.client.put_object_legal_hold(**given, LegalHold=status))
        found = self.lock(key, version)
        if found.hold is not on:
            told = {True: "on", False: "off", None: "not told"}[found.hold]
            remedy = "allow s3:GetObjectLegalHold: S3 leaves the hold out of its answer without it"
            raise StoreError(
                f"the legal hold cannot be proven {status['Status']}: it is {told}", where=key, remedy=remedy
            )
        return found

    def _open(self, key: str, version: str | None) -> Any:
        if version is None:
            require_sole(self._calls, key)
        return self._calls.open(key, version)
