"""Writing to S3: a key is created once, by a condition; a lost answer is told from somebody else's key."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from counterseal.errors import StoreConflict, StoreError
from counterseal.manifest.types import parse_time
from counterseal.store.interface import Retention, Stored
from counterseal.store.s3_calls import Calls
from counterseal.store.s3_proof import Proof

PART_BYTES: Final = 64 * 1024 * 1024
"""From which size on a file is sent in parts, and how large each is."""

_CLAIM: Final = "counterseal-claim"


class Writer:
    """Creates keys in one bucket.

    Args:
        calls: the bucket.
        proof: proves what was written.
    """

    def __init__(self, calls: Calls, proof: Proof) -> None:
        self._calls, self._proof = calls, proof

    def put(self, key: str, data: bytes, retention: Retention | None) -> Stored:
        """Create a key from bytes, and prove it; see `Store.put`."""
        self._proof.require_ready(key, retention)
        digest, claim = hashlib.sha256(data).digest(), secrets.token_hex(16)
        checksum = base64.b64encode(digest).decode()

        def send() -> str:
            answer = self._calls.client.put_object(
                **self._calls.at(key),
                Body=data,
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",  # some servers look for this one where a lock is asked for
                ChecksumSHA256=checksum,
                Metadata={_CLAIM: claim},
                **_headers(retention),
            )
            return str(answer["VersionId"])

        wanted = Stored(key, self._create(key, claim, send), len(data), digest.hex())
        return self._proof.proven(wanted, checksum, retention)

    def put_parts(self, key: str, path: Path, sha256: str, retention: Retention | None) -> Stored:
        """Send a file in parts; it becomes an object only when all of it is what it should be."""
        self._proof.require_ready(key, retention)
        calls, claim = self._calls, secrets.token_hex(16)
        begun = calls.ask(
            key,
            lambda: calls.client.create_multipart_upload(
                **calls.at(key), ChecksumAlgorithm="SHA256", Metadata={_CLAIM: claim}, **_headers(retention)
            ),
        )
        where = {**calls.at(key), "UploadId": begun["UploadId"]}
        try:
            parts, digests, size, found = self._send_parts(key, path, where)
            require_digest(key, found, sha256)
        except BaseException:
            calls.client.abort_multipart_upload(**where)
            raise
        version = self._complete(key, claim, where, parts)
        whole = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
        return self._proof.proven(Stored(key, version, size, sha256), f"{whole}-{len(parts)}", retention)

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

    def _send_parts(
        self, key: str, path: Path, where: dict[str, str]
    ) -> tuple[list[dict[str, Any]], list[bytes], int, str]:
        """Send every part; return their names, their digests, and the size and digest of all of it."""
        parts, digests, size, whole = list[dict[str, Any]](), list[bytes](), 0, hashlib.sha256()
        with path.open("rb") as file:
            while data := file.read(PART_BYTES):
                digest = hashlib.sha256(data).digest()
                parts.append(self._send_part(key, where, len(parts) + 1, data, digest))
                digests.append(digest)
                size += len(data)
                whole.update(data)
        return parts, digests, size, whole.hexdigest()

    def _send_part(
        self, key: str, where: dict[str, str], number: int, data: bytes, digest: bytes
    ) -> dict[str, Any]:
        checksum = base64.b64encode(digest).decode()
        answer = self._calls.ask(
            key,
            lambda: self._calls.client.upload_part(
                **where, PartNumber=number, Body=data, ChecksumSHA256=checksum
            ),
        )
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

    def _complete(self, key: str, claim: str, where: dict[str, str], parts: list[dict[str, Any]]) -> str:
        """Complete an upload; one whose answer was lost may be complete already."""

        def finish() -> str:
            answer = self._calls.client.complete_multipart_upload(
                **where, IfNoneMatch="*", MultipartUpload={"Parts": parts}
            )
            return str(answer["VersionId"])

        try:
            return self._create(key, claim, finish)
        except StoreError as error:
            if "NoSuchUpload" in error.message:
                return self._ours(key, claim)
            raise


def _headers(retention: Retention | None) -> dict[str, Any]:
    if retention is None or retention.mode is None:
        return {}
    until = parse_time(retention.retain_until)
    return {"ObjectLockMode": retention.mode.upper(), "ObjectLockRetainUntilDate": until}


def require_digest(key: str, found: str, wanted: str) -> None:
    """Refuse a file that is not what it was said to be.

    Raises:
        StoreError: its digest is another one.
    """
    if found != wanted:
        raise StoreError(f"the file changed while it was stored: {found}, not {wanted}", where=key)
