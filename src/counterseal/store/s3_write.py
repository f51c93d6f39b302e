"""Writing to S3: a key is created once, by a condition; a lost answer is told from somebody else's key."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final

from counterseal.errors import StoreConflict, StoreError, UsageError
from counterseal.manifest.types import parse_time
from counterseal.store import s3_parts
from counterseal.store.interface import Retention, Stored
from counterseal.store.s3_calls import Calls
from counterseal.store.s3_parts import Parts, Sent, Upload
from counterseal.store.s3_proof import MODES, Proof, is_kept, lock_of

_CLAIM: Final = "counterseal-claim"
_BUFFERS: Final = 10  # bodies that are held in memory at a time, each of at most one part


class Writer:
    """Creates keys in one bucket.

    Args:
        calls: the bucket.
        proof: proves what was written.
        kms: the ARN of the key of AWS KMS that encrypts every object; None where the bucket decides.
    """

    def __init__(self, calls: Calls, proof: Proof, kms: str | None = None) -> None:
        self._calls, self._proof, self._kms = calls, proof, kms
        self._room = BoundedSemaphore(_BUFFERS)
        self._parts = Parts(calls, self._room)

    def put(self, key: str, data: bytes, retention: Retention | None) -> Stored:
        """Create a key from bytes, and prove it; see `Store.put`."""
        return self._put(key, data, hashlib.sha256(data).digest(), retention)

    def _put(self, key: str, data: bytes, digest: bytes, retention: Retention | None) -> Stored:
        self._proof.require_ready(key, retention)
        claim = secrets.token_hex(16)
        checksum = base64.b64encode(digest).decode()

        def send() -> str:
            answer = self._calls.client.put_object(
                **self._calls.at(key),
                Body=data,
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",  # some servers look for this one where a lock is asked for
                ChecksumSHA256=checksum,
                **self._headers(claim, retention),
            )
            return str(answer["VersionId"])

        wanted = Stored(key, self._create(key, claim, send), len(data), digest.hex())
        return self._proof.proven(wanted, checksum, retention, self._kms)

    def put_file(self, key: str, path: Path, sha256: str, retention: Retention | None) -> Stored:
        """Create a key from a file; see `Store.put_file`. A large one is sent in parts."""
        try:
            if path.stat().st_size > s3_parts.PART_BYTES:
                return self._put_parts(key, path, sha256, retention)
            with self._room:
                data = path.read_bytes()
                digest = hashlib.sha256(data).digest()
                _require_digest(key, digest.hex(), sha256)
                return self._put(key, data, digest, retention)
        except OSError as cause:
            raise UsageError(f"cannot be read: {cause.strerror}", where=str(path)) from cause

    def _put_parts(self, key: str, path: Path, sha256: str, retention: Retention | None) -> Stored:
        """Send a file in parts; it becomes an object only when all of it is what it should be."""
        self._proof.require_ready(key, retention)
        if self._is_there(key):  # asked before anything is sent, since that takes long
            raise StoreConflict("the key exists already", where=key)
        claim = secrets.token_hex(16)
        upload = self._parts.begin(key, {"ChecksumAlgorithm": "SHA256", **self._headers(claim, retention)})
        sent = self._parts.send(key, path, upload)
        if sent.sha256 != sha256:
            self._parts.give_up(upload)
        _require_digest(key, sent.sha256, sha256)
        version = self._complete(key, claim, upload, sent)
        self._parts.clear(key)
        wanted = Stored(key, version, sent.size, sha256)
        if upload.resumed and retention is not None:
            self.extend(wanted, retention)  # the lock is the one that the killed run has asked for
        return self._proof.proven(wanted, sent.checksum, retention, self._kms)

    def extend(self, stored: Stored, retention: Retention) -> None:
        """Lock a version as long and as firmly as is asked for; never less than it is locked already."""
        until, mode = lock_of(self._calls.head(stored.key, stored.version))
        found = replace(stored, retain_until=until, mode=mode)
        if is_kept(found, retention):
            return
        given = {**self._calls.at(stored.key), "VersionId": stored.version, "ChecksumAlgorithm": "SHA256"}
        lock, change = _stronger(found, retention), self._calls.client.put_object_retention
        self._calls.ask(stored.key, lambda: change(**given, Retention=lock))

    def _create(self, key: str, claim: str, send: Callable[[], str]) -> str:
        """Create a key once and return its version.

        Raises:
            StoreConflict: somebody else created it.
            StoreError: S3 refuses, or nobody can tell what became of it.
        """
        try:
            return str(self._calls.ask(key, send, lambda: self._is_there(key)))
        except StoreConflict:
            return self._ours(key, claim)

    def _is_there(self, key: str) -> bool:
        """Tell whether a key that S3 says exists really does."""
        name = self._calls.at(key)["Key"]
        return any(one["Key"] == name for one in self._calls.listed(key))

    def _ours(self, key: str, claim: str) -> str:
        """Return the version of a key that is there, if it is ours, of which the answer was lost."""
        answer = self._proof.sole(key)
        if answer.get("Metadata", {}).get(_CLAIM) == claim:
            return str(answer["VersionId"])
        raise StoreConflict("the key exists already", where=key)

    def _complete(self, key: str, claim: str, upload: Upload, sent: Sent) -> str:
        """Complete an upload; one whose answer was lost may be complete already."""

        def finish() -> str:
            answer = self._calls.client.complete_multipart_upload(
                **upload.where, IfNoneMatch="*", MultipartUpload={"Parts": sent.parts}
            )
            return str(answer["VersionId"])

        try:
            return self._create(key, claim, finish)
        except StoreError as error:
            if "NoSuchUpload" in error.message:
                return self._ours(key, claim)
            raise

    def _headers(self, claim: str, retention: Retention | None) -> dict[str, Any]:
        """Return what is asked for beside the content: the claim, the lock, the key that encrypts."""
        headers: dict[str, Any] = {"Metadata": {_CLAIM: claim}}
        if retention is not None and retention.mode is not None:
            until = parse_time(retention.retain_until)
            headers |= {"ObjectLockMode": retention.mode.upper(), "ObjectLockRetainUntilDate": until}
        if self._kms is not None:
            headers |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._kms}
        return headers


def _stronger(stored: Stored, retention: Retention) -> dict[str, Any]:
    """Return the lock that is no less than the one in force and the one that is asked for."""
    mode = max(retention.mode or MODES[0], stored.mode or MODES[0], key=MODES.index)
    dates = (retention.retain_until, stored.retain_until or retention.retain_until)
    return {"Mode": mode.upper(), "RetainUntilDate": max(map(parse_time, dates))}


def _require_digest(key: str, found: str, wanted: str) -> None:
    """Refuse a file that is not what it was said to be."""
    if found != wanted:
        raise StoreError(f"the file changed while it was stored: {found}, not {wanted}", where=key)
