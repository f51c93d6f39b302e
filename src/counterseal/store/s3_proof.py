"""What proves a store in S3: a bucket that can keep, a key with one version, a version as asked for."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final

from counterseal.errors import StoreError
from counterseal.manifest.types import format_time, parse_time
from counterseal.store.interface import Retention, Stored, require_key
from counterseal.store.s3_calls import Calls, body_of
from counterseal.store.s3_sole import require_sole

MODES: Final = ("governance", "compliance")
"""The modes of Object Lock, the weaker one first."""


class Proof:
    """Proves what one bucket holds, by asking it.

    Args:
        calls: the bucket.
        written: takes the keys that were written, for whoever proves later that each has one version; without
            it that is proven of each by itself, at once.
    """

    def __init__(self, calls: Calls, written: list[str] | None = None) -> None:
        self._calls, self._written = calls, written
        self._versioned = self._locked = False
        self._asking = Lock()

    def require_ready(self, key: str, retention: Retention | None) -> None:
        """Refuse a bucket that cannot keep what it is given, before anything is written.

        Raises:
            StoreError: it has no versions, or no lock although one is asked for.
        """
        require_key(key)
        mode = retention.mode if retention is not None else None
        if mode is not None and mode not in MODES:
            raise StoreError(f"{mode!r} is no mode of Object Lock", where=key)
        with self._asking:  # one of the threads that write asks, once
            if not self._versioned:
                self._require_versions(key)
                self._versioned = True
            if mode is not None and not self._locked:
                self._require_lock(key)
                self._locked = True

    def _require_versions(self, key: str) -> None:
        calls = self._calls
        status = calls.ask(key, lambda: calls.client.get_bucket_versioning(Bucket=calls.bucket))
        if status.get("Status") != "Enabled":
            remedy = "turn versioning on: without it whoever may write can replace evidence"
            raise StoreError("the bucket keeps no versions", where=calls.bucket, remedy=remedy)

    def _require_lock(self, key: str) -> None:
        calls = self._calls
        try:
            found = calls.ask(key, lambda: calls.client.get_object_lock_configuration(Bucket=calls.bucket))
        except StoreError as error:
            remedy = "turn Object Lock on for the bucket"
            raise StoreError("the bucket has no Object Lock", where=calls.bucket, remedy=remedy) from error
        if found["ObjectLockConfiguration"].get("ObjectLockEnabled") != "Enabled":
            raise StoreError("the bucket has no Object Lock", where=calls.bucket)

    def sole(self, key: str) -> Any:
        """Return what S3 tells of a key that has one version."""
        require_sole(self._calls, key)
        return self._calls.head(key, None)

    def stored(self, key: str, answer: Any) -> Stored:
        """Return what is there; the digest is S3's own where it is of the whole, else it is computed."""
        version, checksum = str(answer["VersionId"]), answer.get("ChecksumSHA256", "")
        if checksum and "-" not in checksum:
            sha256 = base64.b64decode(checksum).hex()
        else:
            digest = hashlib.sha256()
            for chunk in body_of(self._calls.open(key, version), key):
                digest.update(chunk)
            sha256 = digest.hexdigest()
        return Stored(key, version, int(answer["ContentLength"]), sha256, *lock_of(answer))

    def proven(
        self, wanted: Stored, checksum: str, retention: Retention | None, kms: str | None = None
    ) -> Stored:
        """Read a version back, and return it when it is what was asked for.

        Args:
            wanted: the key, version, size and digest of what was sent.
            checksum: what S3 must tell as the checksum.
            retention: how long it must be kept.
            kms: the ARN of the key of AWS KMS that it must be encrypted with; None where any will do.

        Raises:
            StoreError: it is not, or nobody can tell.
        """
        key = wanted.key
        answer = self._calls.head(key, wanted.version)
        if answer.get("ChecksumSHA256") != checksum or int(answer["ContentLength"]) != wanted.size:
            raise StoreError("what was stored is not what was sent, or S3 does not tell", where=key)
        if kms is not None and (answer.get("ServerSideEncryption"), answer.get("SSEKMSKeyId")) != (
            "aws:kms",
            kms,
        ):
            raise StoreError(f"it is not encrypted with {kms}, or S3 does not tell", where=key)
        if self._written is None:
            require_sole(self._calls, key)
        else:
            self._written.append(key)
        stored = Stored(key, wanted.version, wanted.size, wanted.sha256, *lock_of(answer))
        if retention is not None and retention.mode is not None:
            _require_lock_of(stored, retention)
        return stored


def _require_lock_of(stored: Stored, retention: Retention) -> None:
    if stored.mode is None or stored.retain_until is None:
        remedy = "allow the writer s3:GetObjectRetention: S3 leaves the lock out of its answer without it"
        raise StoreError("the lock cannot be proven: S3 tells none", where=stored.key, remedy=remedy)
    if not is_kept(stored, retention):
        message = f"it is locked in {stored.mode} mode until {stored.retain_until}, less than was asked for"
        raise StoreError(message, where=stored.key)


def is_kept(stored: Stored, retention: Retention) -> bool:
    """Tell whether what is in force is no less than what is asked for."""
    if retention.mode is None:
        return True
    if stored.mode is None or stored.retain_until is None:
        return False
    weaker = MODES.index(stored.mode) < MODES.index(retention.mode)
    return not weaker and parse_time(stored.retain_until) >= parse_time(retention.retain_until)


def lock_of(answer: Any) -> tuple[str | None, str | None]:
    """Return until when an object is locked, and how, as S3 tells it; nothing where it tells none."""
    mode, until = answer.get("ObjectLockMode"), answer.get("ObjectLockRetainUntilDate")
    if mode is None or not isinstance(until, datetime):
        return None, None
    return format_time(until.astimezone(UTC)), str(mode).lower()
