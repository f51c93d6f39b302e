"""Calls to one bucket: patience where it helps, S3's refusals in the store's own errors, whole listings."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from random import SystemRandom
from threading import Lock
from typing import Any, Final

from counterseal import __version__
from counterseal.errors import CountersealError, StoreConflict, StoreError
from counterseal.host.aws import region
from counterseal.store.interface import CHUNK_BYTES, require_key
from counterseal.store.s3_refusals import may_pass, refusal, status

_ATTEMPTS: Final = 6
_SLOWEST: Final = 8.0  # seconds between two attempts, at most
_CONNECTIONS: Final = 16
_TAKEN: Final = 412  # PreconditionFailed
_SMALL: Final = 2 * 1024 * 1024  # bytes of a body


class Calls:
    """One bucket, below one prefix.

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
        self.bucket, self.prefix = bucket, f"{prefix}/" if prefix else ""
        self._given, self._pause, self._making = client, pause, Lock()

    @property
    def client(self) -> Any:
        """The client; it repeats no request by itself: only we can tell what a lost answer means."""
        if self._given is None:
            with self._making:  # several threads may need it first
                self._given = self._given or _client()
        return self._given

    def at(self, key: str) -> dict[str, str]:
        """Return the bucket and the name of a key in it, as S3 asks for them."""
        return {"Bucket": self.bucket, "Key": f"{self.prefix}{require_key(key)}"}

    def ask(self, where: str, call: Callable[[], Any], taken: Callable[[], bool] | None = None) -> Any:
        """Return S3's answer; ask again where that may help.

        Args:
            where: what the call is about, for errors.
            call: asks.
            taken: for a conditional create, tells whether its key really is there; a 412 may lie.

        Raises:
            StoreConflict: the key of a conditional create is there.
            KeyMissing: there is no such key, or version.
            StoreError: S3 refuses, or nobody can tell what became of it.
            Inconclusive: nobody is logged in, or S3 cannot be reached.
            UsageError: there is no such bucket.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return call()
            except CountersealError:
                raise
            except Exception as cause:
                if taken and status(cause) == _TAKEN and taken():
                    raise StoreConflict("the key exists already", where=where) from cause
                if attempt == _ATTEMPTS - 1 or not may_pass(cause):
                    raise refusal(cause, where, self.bucket) from cause
            self._pause(min(_SLOWEST, 0.1 * 2**attempt) * SystemRandom().uniform(0.5, 1))
        raise AssertionError

    def head(self, key: str, version: str | None) -> Any:
        """Return what S3 tells of a version, its checksum too; of the latest one where None is named."""
        exact = {"VersionId": version} if version else {}
        return self.ask(key, lambda: self.client.head_object(**self.at(key), ChecksumMode="ENABLED", **exact))

    def open(self, key: str, version: str | None) -> Any:
        """Return S3's answer to a read of a version, whose body is still to be read."""
        exact = {"VersionId": version} if version else {}
        return self.ask(key, lambda: self.client.get_object(**self.at(key), **exact))

    def listed(self, prefix: str, after: str = "") -> Iterator[Any]:
        """Yield what S3 lists below a prefix, in order of names: versions, and delete markers among them.

        Args:
            prefix: what the keys begin with.
            after: the key to begin after; empty for the first.

        Raises:
            StoreError: the listing does not go on to its end.
        """
        for page in self.pages(prefix, after):
            yield from page

    def pages(self, prefix: str, after: str = "", most: int | None = None) -> Iterator[list[Any]]:
        """Yield the pages of `listed`; a page may end between two versions of one key.

        Args:
            prefix: what the keys begin with.
            after: what to begin after, be it a key or not; empty for the first.
            most: how many versions and markers a page has at most; as S3 likes, if None.
        """
        where: dict[str, Any] = {"Bucket": self.bucket, "Prefix": f"{self.prefix}{prefix}"}
        where |= {"MaxKeys": most} if most else {}
        start, seen = {"KeyMarker": f"{self.prefix}{after}"} if after else {}, set[tuple[str, str]]()
        while True:
            page = self.ask(prefix, lambda: self.client.list_object_versions(**where, **start))  # noqa: B023
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            yield sorted(found, key=lambda one: one["Key"].encode())
            if not page.get("IsTruncated"):
                return
            start = _next(page, seen, prefix)


def _client() -> Any:
    """Return a client from the environment, of which each request costs little: we make thousands.

    It has nothing of boto3, of which nothing is used here. S3 checks parameters, and we do (`require_key`).
    """
    from botocore.config import Config
    from botocore.session import Session

    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        request_checksum_calculation="when_required",
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=_CONNECTIONS,
        parameter_validation=False,
        user_agent=f"counterseal/{__version__}",  # the usual one is put together anew for each request
    )
    client = Session().create_client("s3", region_name=region(os.environ), config=config)
    client.meta.events.register("before-call.s3", _send_at_once)
    return client


def _send_at_once(params: dict[str, Any], **_: Any) -> None:
    """Let a small body go with its headers, as AWS's library for Go does: S3 need not ask for it first."""
    from botocore.utils import determine_content_length

    if (determine_content_length(params["body"]) or 0) <= _SMALL:
        params["headers"].pop("Expect", None)


def _next(page: Any, seen: set[tuple[str, str]], prefix: str) -> dict[str, str]:
    """Return where the page after one begins: S3 cuts between versions, so the key alone would skip some.

    Args:
        page: the page.
        seen: where the pages before have ended; this one is added.
        prefix: what is listed, for errors.
    """
    key, version = page.get("NextKeyMarker"), page.get("NextVersionIdMarker")
    if not (key and version):
        raise StoreError("S3 says that there is more, and not where", where=prefix)
    if (key, version) in seen:
        raise StoreError("S3 gives the same page of a listing again", where=prefix)
    seen.add((key, version))
    return {"KeyMarker": key, "VersionIdMarker": version}


def body_of(answer: Any, key: str) -> Iterator[bytes]:
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
