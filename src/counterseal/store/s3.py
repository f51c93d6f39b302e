"""The store in S3 under Object Lock: every key is created once, locked, and proven by reading it back.

What S3 promises is of versions, not of keys: a lock keeps a version, and whoever may write can put another
version over it, or a delete marker. So every write is conditional, a lock is believed only when it is read
back from the very version that was written, and a key that has a second version or a marker is an error for
whoever reads it.

Sources: Amazon S3 User Guide, "Locking objects with Object Lock", "Conditional writes"; API Reference,
PutObject.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Any, Final

from counterseal.errors import CountersealError, KeyMissing, StoreConflict, StoreError, UsageError
from counterseal.manifest.types import format_time, parse_time
from counterseal.store.interface import (
    CHUNK_BYTES,
    DOCUMENT_BYTES,
    Lock,
    Retention,
    Stored,
    Version,
    require_key,
)

PART_BYTES: Final = 64 * 1024 * 1024
"""From which size on a file is sent in parts, and how large each is."""

_ATTEMPTS: Final = 6
_SLOWEST: Final = 8.0  # seconds between two attempts, at most
_CLAIM: Final = "counterseal-claim"
_AGAIN: Final = frozenset({409, 412, 429, 500, 502, 503, 504})
_MODES: Final = ("governance", "compliance")


class S3Store:
    """A store (see `store.interface.Store`) in a bucket with versions and, where asked for, Object Lock.

    Args:
        bucket: the bucket's name.
        prefix: what every key begins with in the bucket; without a slash at its end.
        client: the client of S3; made from the environment when it is first needed, if None.
        pause: waits for some seconds.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        client: Any = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self._given, self._pause = client, pause
        self._versioned = self._locked = False

    def put(self, key: str, data: bytes, *, retention: Retention | None = None) -> Stored:
        """Create the key; see `Store.put`."""
        digest = hashlib.sha256(data).digest()
        self._require_ready(key, retention)
        headers = self._headers(retention)
        checksum = base64.b64encode(digest).decode()

        def send(claim: str) -> str:
            answer = self.client.put_object(
                Bucket=self.bucket,
                Key=self._name(key),
                Body=data,
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",  # some servers look for this one where a lock is asked for
                ChecksumSHA256=checksum,
                Metadata={_CLAIM: claim},
                **headers,
            )
            return str(answer["VersionId"])

        version = self._create(key, send)
        return self._proven(key, version, len(data), digest.hex(), checksum, retention)

    def put_file(self, key: str, path: Path, *, sha256: str, retention: Retention | None = None) -> Stored:
        """Create the key from a file; see `Store.put_file`. A large one is sent in parts."""
        try:
            size = path.stat().st_size
            if size <= PART_BYTES:
                data = path.read_bytes()
                _require_digest(key, hashlib.sha256(data).hexdigest(), sha256)
                return self.put(key, data, retention=retention)
        except OSError as cause:
            raise UsageError(f"cannot be read: {cause.strerror}", where=str(path)) from cause
        self._require_ready(key, retention)
        return self._put_parts(key, path, sha256, retention)

    def get(self, key: str, *, version: str | None = None) -> bytes:
        """Return the bytes of a document; see `Store.get`."""
        answer = self._open(key, version)
        if int(answer["ContentLength"]) > DOCUMENT_BYTES:
            size = answer["ContentLength"]
            raise StoreError(f"{size} bytes are more than the {DOCUMENT_BYTES} of a document", where=key)
        return b"".join(_chunks(answer, key))

    def chunks(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        """Yield the bytes of an object; see `Store.chunks`."""
        yield from _chunks(self._open(key, version), key)

    def head(self, key: str) -> Stored | None:
        """Return what is really in force under the key; see `Store.head`."""
        try:
            answer = self._sole(key)
        except KeyMissing:
            return None
        return self._stored(key, answer)

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield the keys in order; see `Store.keys`. Deleted ones too: whoever reads one is told."""
        folder = prefix.rpartition("/")[0]
        if folder:
            require_key(folder)
        last = ""
        for found in self.versions(prefix, after=after):
            if found.key != last:
                yield found.key
            last = found.key

    def versions(self, prefix: str, *, after: str = "") -> Iterator[Version]:
        """Yield every version and delete marker; see `Store.versions`."""
        start = f"{self._prefix}{after}" if after else ""
        for found in self._versions(f"{self._prefix}{prefix}", start):
            key = found["Key"].removeprefix(self._prefix)
            if key > after:
                written = format_time(found["LastModified"]) if "LastModified" in found else None
                marker = "Size" not in found
                yield Version(
                    key,
                    found["VersionId"],
                    int(found.get("Size", 0)),
                    marker,
                    bool(found["IsLatest"]),
                    written,
                )

    def extend(self, key: str, retention: Retention) -> Stored:
        """Extend the lock of the one version of a key, and prove it; see `Store.extend`."""
        self._require_ready(key, retention)
        answer = self._sole(key)
        stored = self._stored(key, answer)
        if retention.mode is None or is_kept(stored, retention):
            return stored
        mode = max(retention.mode, stored.mode or _MODES[0], key=_MODES.index)
        until = max(
            parse_time(retention.retain_until), parse_time(stored.retain_until or retention.retain_until)
        )
        lock = {"Mode": mode.upper(), "RetainUntilDate": until}
        where = {"Bucket": self.bucket, "Key": self._name(key), "VersionId": stored.version}
        self._call(
            key, lambda: self.client.put_object_retention(**where, Retention=lock, ChecksumAlgorithm="SHA256")
        )
        checksum = str(answer.get("ChecksumSHA256", ""))
        return self._proven(key, str(stored.version), stored.size, stored.sha256, checksum, retention)

    def lock(self, key: str, version: str | None) -> Lock:
        """Return what keeps one version, as S3 tells it; see `Store.lock`."""
        answer = self._call(key, lambda: self._head(key, version))
        until, mode = lock_of(answer)
        hold = answer.get("ObjectLockLegalHoldStatus")
        return Lock(mode, until, None if hold is None else hold == "ON")

    # -- writing --------------------------------------------------------------------------------------

    def _create(self, key: str, send: Callable[[str], str]) -> str:
        """Create a key once and return its version; a lost answer is told from somebody else's key.

        Raises:
            StoreConflict: somebody else created it.
            StoreError: S3 refuses, or nobody can tell what became of it.
        """
        claim = secrets.token_hex(16)
        for attempt in range(_ATTEMPTS):
            try:
                return send(claim)
            except Exception as cause:
                if _status(cause) == 412 and self._is_there(key):  # noqa: PLR2004 - PreconditionFailed
                    return self._ours(key, claim)
                if attempt == _ATTEMPTS - 1 or not _may_pass(cause):
                    raise _refusal(cause, key) from cause
            self._pause(min(_SLOWEST, 0.1 * 2**attempt) * SystemRandom().uniform(0.5, 1))
        raise AssertionError

    def _is_there(self, key: str) -> bool:
        """Tell whether a key that S3 says exists really does; if not, it is tried again."""
        return any(one.key == key for one in self.versions(key))

    def _ours(self, key: str, claim: str) -> str:
        """Return the version of a key that is there, if it is ours, of which the answer was lost."""
        answer = self._sole(key)
        if answer.get("Metadata", {}).get(_CLAIM) == claim:
            return str(answer["VersionId"])
        raise StoreConflict("the key exists already", where=key)

    def _put_parts(self, key: str, path: Path, sha256: str, retention: Retention | None) -> Stored:
        """Send a file in parts; it becomes an object only when all of it is what it should be."""
        name, claim = self._name(key), secrets.token_hex(16)
        where = {"Bucket": self.bucket, "Key": name}
        headers = self._headers(retention)
        begun = self._call(
            key,
            lambda: self.client.create_multipart_upload(
                **where, ChecksumAlgorithm="SHA256", Metadata={_CLAIM: claim}, **headers
            ),
        )
        where["UploadId"] = begun["UploadId"]
        try:
            parts, digests, size, found = self._send_parts(key, path, where)
            _require_digest(key, found, sha256)
        except BaseException:
            self.client.abort_multipart_upload(**where)
            raise

        def finish(_: str) -> str:
            answer = self.client.complete_multipart_upload(
                **where, IfNoneMatch="*", MultipartUpload={"Parts": parts}
            )
            return str(answer["VersionId"])

        version = self._finished(key, finish, claim)
        whole = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
        return self._proven(key, version, size, sha256, f"{whole}-{len(parts)}", retention)

    def _send_parts(
        self, key: str, path: Path, where: dict[str, str]
    ) -> tuple[list[dict[str, Any]], list[bytes], int, str]:
        """Send every part; return their names, their digests, and the size and digest of all of it."""
        parts, digests, size, whole = list[dict[str, Any]](), list[bytes](), 0, hashlib.sha256()
        with path.open("rb") as file:
            while data := file.read(PART_BYTES):
                digest = hashlib.sha256(data).digest()
                checksum = base64.b64encode(digest).decode()
                number = len(parts) + 1
                answer = self._call(key, lambda: self._send_part(where, number, data, checksum))  # noqa: B023
                parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum})
                digests.append(digest)
                size += len(data)
                whole.update(data)
        return parts, digests, size, whole.hexdigest()

    def _send_part(self, where: dict[str, str], number: int, data: bytes, checksum: str) -> Any:
        return self.client.upload_part(**where, PartNumber=number, Body=data, ChecksumSHA256=checksum)

    def _finished(self, key: str, finish: Callable[[str], str], claim: str) -> str:
        """Complete an upload; one whose answer was lost may be complete already."""
        try:
            return self._create(key, finish)
        except StoreError as error:
            if isinstance(error, StoreConflict) or "NoSuchUpload" in error.message:
                return self._ours(key, claim)
            raise

    def _headers(self, retention: Retention | None) -> dict[str, Any]:
        if retention is None or retention.mode is None:
            return {}
        until = parse_time(retention.retain_until)
        return {"ObjectLockMode": retention.mode.upper(), "ObjectLockRetainUntilDate": until}

    # -- proving --------------------------------------------------------------------------------------

    def _require_ready(self, key: str, retention: Retention | None) -> None:
        """Refuse a bucket that cannot keep what it is given, before anything is written.

        Raises:
            StoreError: it has no versions, or no lock although one is asked for.
        """
        require_key(key)
        if not self._versioned:
            status = self._call(key, lambda: self.client.get_bucket_versioning(Bucket=self.bucket))
            if status.get("Status") != "Enabled":
                remedy = "turn versioning on: without it whoever may write can replace evidence"
                raise StoreError("the bucket keeps no versions", where=self.bucket, remedy=remedy)
            self._versioned = True
        if retention is None or retention.mode is None:
            return
        if retention.mode not in _MODES:
            raise StoreError(f"{retention.mode!r} is no mode of Object Lock", where=key)
        if not self._locked:
            try:
                found = self._call(key, lambda: self.client.get_object_lock_configuration(Bucket=self.bucket))
            except StoreError as error:
                remedy = "turn Object Lock on for the bucket"
                raise StoreError("the bucket has no Object Lock", where=self.bucket, remedy=remedy) from error
            self._locked = found["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"
            if not self._locked:
                raise StoreError("the bucket has no Object Lock", where=self.bucket)

    def _proven(
        self, key: str, version: str, size: int, sha256: str, checksum: str, retention: Retention | None
    ) -> Stored:
        """Read a version back, and return it when it is what was asked for.

        Raises:
            StoreError: it is not, or nobody can tell.
        """
        answer = self._call(key, lambda: self._head(key, version))
        if answer.get("ChecksumSHA256") != checksum or int(answer["ContentLength"]) != size:
            raise StoreError("what was stored is not what was sent, or S3 does not tell", where=key)
        self._require_sole(key)
        stored = Stored(key, version, size, sha256, *lock_of(answer))
        if retention is None or retention.mode is None:
            return stored
        if stored.mode is None or stored.retain_until is None:
            remedy = "allow the writer s3:GetObjectRetention: S3 leaves the lock out of its answer without it"
            raise StoreError("the lock cannot be proven: S3 tells none", where=key, remedy=remedy)
        if not is_kept(stored, retention):
            message = (
                f"it is locked in {stored.mode} mode until {stored.retain_until}, less than was asked for"
            )
            raise StoreError(message, where=key)
        return stored

    def _require_sole(self, key: str) -> None:
        """Refuse a key that has another version or a delete marker: somebody has put it over what was stored.

        Raises:
            StoreError: it has.
        """
        found = [one.marker for one in self.versions(require_key(key)) if one.key == key]
        if len(found) > 1 or any(found):
            what = "a delete marker lies over it" if any(found) else f"it has {len(found)} versions"
            remedy = "find out who wrote there; every version that was locked is still in the bucket"
            raise StoreError(
                f"{what}, so what it holds is not what was stored once", where=key, remedy=remedy
            )
        if not found:
            raise KeyMissing("there is no such key", where=key)

    def _sole(self, key: str) -> Any:
        """Return what S3 tells of a key that has one version."""
        require_key(key)
        self._require_sole(key)
        return self._call(key, lambda: self._head(key, None))

    def _stored(self, key: str, answer: Any) -> Stored:
        """Return what is there; the digest is S3's own where it is of the whole, else it is computed."""
        version, checksum = str(answer["VersionId"]), answer.get("ChecksumSHA256", "")
        if checksum and "-" not in checksum:
            sha256 = base64.b64decode(checksum).hex()
        else:
            digest = hashlib.sha256()
            for chunk in self.chunks(key, version=version):
                digest.update(chunk)
            sha256 = digest.hexdigest()
        return Stored(key, version, int(answer["ContentLength"]), sha256, *lock_of(answer))

    # -- asking ---------------------------------------------------------------------------------------

    def _name(self, key: str) -> str:
        return f"{self._prefix}{require_key(key)}"

    def _head(self, key: str, version: str | None) -> Any:
        exact = {"VersionId": version} if version else {}
        return self.client.head_object(
            Bucket=self.bucket, Key=self._name(key), ChecksumMode="ENABLED", **exact
        )

    def _open(self, key: str, version: str | None) -> Any:
        require_key(key)
        if version is None:
            self._require_sole(key)
        exact = {"VersionId": version} if version else {}
        return self._call(
            key, lambda: self.client.get_object(Bucket=self.bucket, Key=self._name(key), **exact)
        )

    def _versions(self, prefix: str, after: str = "") -> Iterator[Any]:
        """Yield what S3 lists below a prefix, in order of names: versions, and delete markers among them."""
        where = {"Bucket": self.bucket, "Prefix": prefix}
        marker = after
        while True:
            start = {"KeyMarker": marker} if marker else {}
            page = self._call(prefix, lambda: self.client.list_object_versions(**where, **start))  # noqa: B023
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            yield from sorted(found, key=lambda one: one["Key"].encode())
            if not page.get("IsTruncated"):
                return
            if not page.get("NextKeyMarker"):
                raise StoreError("S3 says that there is more, and not where", where=prefix)
            marker = page["NextKeyMarker"]

    def _call(self, where: str, ask: Callable[[], Any]) -> Any:
        """Ask S3, again where that may help, and turn what it refuses into the store's own errors."""
        for attempt in range(_ATTEMPTS):
            try:
                return ask()
            except Exception as cause:
                if isinstance(cause, CountersealError):
                    raise
                if attempt == _ATTEMPTS - 1 or not _may_pass(cause):
                    raise _refusal(cause, where) from cause
            self._pause(min(_SLOWEST, 0.1 * 2**attempt) * SystemRandom().uniform(0.5, 1))
        raise AssertionError

    @property
    def client(self) -> Any:
        """The client; it repeats no request by itself: only we can tell what a lost answer means."""
        if self._given is None:
            import boto3
            from botocore.config import Config

            config = Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                request_checksum_calculation="when_required",
                connect_timeout=10,
                read_timeout=60,
            )
            self._given = boto3.client("s3", config=config)
        return self._given


def _status(cause: Exception) -> int:
    """Return the status of S3's answer; 0 where there was none."""
    answer = getattr(cause, "response", None) or {}
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _code(cause: Exception) -> str:
    answer = getattr(cause, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


def _may_pass(cause: Exception) -> bool:
    """Tell whether the same request may go well later: S3 is busy, or the connection broke."""
    from botocore.exceptions import ConnectionError as Broken
    from botocore.exceptions import HTTPClientError

    return _status(cause) in _AGAIN or isinstance(cause, Broken | HTTPClientError)


def _refusal(cause: Exception, where: str) -> StoreError:
    if _code(cause) in ("NoSuchKey", "NoSuchVersion", "404"):
        return KeyMissing("there is no such key", where=where)
    code = _code(cause) or type(cause).__name__
    return StoreError(f"S3 refuses: {code}: {str(cause)[:200]}", where=where)


def _require_digest(key: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise StoreError(f"the file changed while it was stored: {found}, not {wanted}", where=key)


def is_kept(stored: Stored, retention: Retention) -> bool:
    """Tell whether what is in force is no less than what is asked for."""
    if retention.mode is None:
        return True
    if stored.mode is None or stored.retain_until is None:
        return False
    weaker = _MODES.index(stored.mode) < _MODES.index(retention.mode)
    return not weaker and parse_time(stored.retain_until) >= parse_time(retention.retain_until)


def lock_of(answer: Any) -> tuple[str | None, str | None]:
    """Return until when an object is locked, and how, as S3 tells it; nothing where it tells none."""
    mode, until = answer.get("ObjectLockMode"), answer.get("ObjectLockRetainUntilDate")
    if mode is None or not isinstance(until, datetime):
        return None, None
    return format_time(until.astimezone(UTC)), str(mode).lower()


def _chunks(answer: Any, key: str) -> Iterator[bytes]:
    """Yield a body; one that ends too early is an error."""
    from botocore.exceptions import BotoCoreError
    from urllib3.exceptions import HTTPError

    left = int(answer["ContentLength"])
    try:
        for chunk in answer["Body"].iter_chunks(CHUNK_BYTES):
            left -= len(chunk)
            yield chunk
    except (BotoCoreError, HTTPError, OSError) as cause:
        raise StoreError(f"it cannot be read to its end: {type(cause).__name__}", where=key) from cause
    if left:
        raise StoreError(f"{left} bytes are missing at its end", where=key)
