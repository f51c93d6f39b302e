"""Large files in parts: several at a time, in bounded memory; what a killed run has sent is not sent again.

An upload that was begun is found by its key. Of its parts those are kept whose length and SHA-256 S3 tells
and are ours; every other is sent anew. It stays open when the connection breaks, so that the next run goes
on with it, and is given up when the file turns out to be another one.

Source: Amazon S3 API Reference, ListMultipartUploads, ListParts, UploadPart.
"""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final

from counterseal.errors import StoreError
from counterseal.store.s3_calls import Calls

PART_BYTES: Final = 16 * 1024 * 1024
"""From which size on a file is sent in parts, and how large each is; larger where there were too many."""

MOST_PARTS: Final = 10_000
"""How many parts S3 takes (User Guide, "Amazon S3 multipart upload limits")."""

_AT_ONCE: Final = 4


@dataclass(frozen=True)
class Upload:
    """An upload that is begun.

    Attributes:
        where: bucket, key and the upload's id, as S3 asks for them.
        there: the parts that it has, by their numbers.
        resumed: whether an earlier run began it.
    """

    where: dict[str, str]
    there: dict[int, dict[str, Any]]
    resumed: bool


@dataclass(frozen=True)
class Sent:
    """A file whose parts are all sent.

    Attributes:
        parts: the parts, as S3 wants them named.
        size: the length of all of it in bytes.
        sha256: the digest of all of it.
        checksum: the checksum that S3 makes of those of the parts.
    """

    parts: list[dict[str, Any]]
    size: int
    sha256: str
    checksum: str


class Parts:
    """Sends files in parts to one bucket.

    Args:
        calls: the bucket.
        room: lets so many buffers be held at a time, of all files together.
    """

    def __init__(self, calls: Calls, room: BoundedSemaphore) -> None:
        self._calls, self._room = calls, room

    def begin(self, key: str, headers: dict[str, Any]) -> Upload:
        """Return the upload that an earlier run left open under a key; else begin one.

        One that is to be encrypted with a named key is always begun: S3 does not tell with which key an
        open upload is, and an object cannot be taken back.
        """
        calls = self._calls
        for upload in [] if "SSEKMSKeyId" in headers else self._open(key):
            where = {**calls.at(key), "UploadId": upload["UploadId"]}
            return Upload(where, {int(one["PartNumber"]): one for one in self._listed(key, where)}, True)
        begun = calls.ask(key, lambda: calls.client.create_multipart_upload(**calls.at(key), **headers))
        return Upload({**calls.at(key), "UploadId": begun["UploadId"]}, {}, False)

    def give_up(self, upload: Upload) -> None:
        """Abort an upload: nothing of it is to become an object."""
        self._calls.client.abort_multipart_upload(**upload.where)

    def clear(self, key: str) -> None:
        """Abort what else is open under a key that is there: it could not be completed any more."""
        for upload in self._open(key):
            where = {**self._calls.at(key), "UploadId": upload["UploadId"]}
            self.give_up(Upload(where, {}, True))

    def send(self, key: str, path: Path, upload: Upload) -> Sent:
        """Send every part that is not there yet, and return what all of them come to."""
        length = max(PART_BYTES, -(-path.stat().st_size // MOST_PARTS))
        whole, digests, size = hashlib.sha256(), list[bytes](), 0
        waiting, parts = deque[Future[dict[str, Any]]](), list[dict[str, Any]]()
        with path.open("rb") as file, ThreadPoolExecutor(_AT_ONCE) as pool:
            for data in self._buffers(file, length):
                digests.append(hashlib.sha256(data).digest())
                whole.update(data)
                size += len(data)
                waiting.append(pool.submit(self._part, key, upload, len(digests), data, digests[-1]))
                while len(waiting) >= _AT_ONCE:
                    parts.append(waiting.popleft().result())
            parts += [one.result() for one in waiting]
        checksum = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
        return Sent(parts, size, whole.hexdigest(), f"{checksum}-{len(parts)}")

    def _buffers(self, file: Any, length: int) -> Iterator[bytes]:
        """Yield a file piece by piece, each as soon as there is room for it; `_part` gives the room back."""
        while True:
            self._room.acquire()
            try:
                data = file.read(length)
            except BaseException:
                self._room.release()
                raise
            if not data:
                self._room.release()
                return
            yield data

    def _part(self, key: str, upload: Upload, number: int, data: bytes, digest: bytes) -> dict[str, Any]:
        """Send a part, unless it is there and right."""
        try:
            checksum = base64.b64encode(digest).decode()
            found = upload.there.get(number, {})
            if (found.get("ChecksumSHA256"), found.get("Size")) == (checksum, len(data)):
                etag = found["ETag"]
            else:
                etag = self._send_part(key, upload, number, data, checksum)
            return {"PartNumber": number, "ETag": etag, "ChecksumSHA256": checksum}
        finally:
            self._room.release()

    def _send_part(self, key: str, upload: Upload, number: int, data: bytes, checksum: str) -> str:
        send = self._calls.client.upload_part
        given = {"PartNumber": number, "Body": data, "ChecksumSHA256": checksum}
        return str(self._calls.ask(key, lambda: send(**upload.where, **given))["ETag"])

    def _open(self, key: str) -> list[Any]:
        """Return the uploads that are open under a key, the newest first; none where S3 tells none.

        Whoever may not list them begins anew, which costs time and nothing else.
        """
        place, start, found = self._calls.at(key), dict[str, str](), list[Any]()
        where = {"Bucket": place["Bucket"], "Prefix": place["Key"]}
        while True:
            try:
                page = self._calls.ask(
                    key,
                    lambda: self._calls.client.list_multipart_uploads(**where, **start),  # noqa: B023
                )
            except StoreError:
                return []
            found += [one for one in page.get("Uploads", []) if one["Key"] == place["Key"]]
            if not page.get("IsTruncated"):
                return sorted(found, key=lambda one: one["Initiated"], reverse=True)
            start = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def _listed(self, key: str, where: dict[str, str]) -> Iterator[Any]:
        """Yield the parts that an upload has; none where S3 does not tell."""
        start = dict[str, int]()
        while True:
            try:
                page = self._calls.ask(key, lambda: self._calls.client.list_parts(**where, **start))  # noqa: B023
            except StoreError:
                return
            yield from page.get("Parts", [])
            if not page.get("IsTruncated"):
                return
            start = {"PartNumberMarker": int(page["NextPartNumberMarker"])}
