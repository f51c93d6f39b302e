"""Blobs: content kept under its own digest, so that storing it twice is storing it once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from counterseal.errors import StoreConflict, StoreError, UsageError
from counterseal.manifest.digest import is_sha256, sha256
from counterseal.store.interface import CHUNK_BYTES, Batched, Retention, Store, Stored

BLOBS = "blobs/sha256/"
"""The prefix under which every blob lies, in 256 directories by the first two digits."""

_AT_ONCE: Final = 10  # as many as the AWS CLI sends at a time


def blob_key(digest: str) -> str:
    """Return the key of the content with this SHA-256."""
    if not is_sha256(digest):
        raise StoreError(f"{digest[:80]!r} is not a SHA-256", where=BLOBS)
    return f"{BLOBS}{digest[:2]}/{digest}"


def put_blob(store: Store, content: bytes | Path, *, retention: Retention | None = None) -> Stored:
    """Keep content under its digest; a second time changes nothing but how long it is kept, if longer.

    Args:
        store: where to.
        content: the bytes, or the file that holds them (of any size).
        retention: how long it must be kept, see `Store.put`.

    Returns:
        What the store holds, read back from it when it was there before.

    Raises:
        StoreError: the store failed, or holds something else under that digest.
        UsageError: the file cannot be read.
    """
    digest = sha256(content) if isinstance(content, bytes) else digest_of_file(content)
    key = blob_key(digest)
    try:
        if isinstance(content, bytes):
            return store.put(key, content, retention=retention)
        return store.put_file(key, content, sha256=digest, retention=retention)
    except StoreConflict:
        stored = _same_blob(store, key, digest)
        return store.extend(key, retention) if retention is not None else stored


def put_blobs(
    store: Store,
    files: Mapping[Path, Retention | None],
    *,
    told: Callable[[int, int], None] | None = None,
) -> None:
    """Keep many files under their digests, several at a time; the first failure ends it.

    What was stored before it stays, and is not sent again by the next run.

    Args:
        store: where to.
        files: the files, each with how long it must be kept.
        told: is told, after each file, how many are stored and how many there are.

    Raises:
        StoreError, UsageError: as `put_blob`.
    """
    if not files:
        return
    together = store.batch() if isinstance(store, Batched) else nullcontext(store)
    with together as within, ThreadPoolExecutor(min(_AT_ONCE, len(files))) as pool:
        waiting = [pool.submit(put_blob, within, file, retention=kept) for file, kept in files.items()]
        try:
            for done, one in enumerate(as_completed(waiting), start=1):
                one.result()
                if told is not None:
                    told(done, len(files))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file of any size.

    Raises:
        UsageError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    except OSError as cause:
        raise UsageError(f"cannot be read: {cause.strerror}", where=str(path)) from cause
    return digest.hexdigest()


def _same_blob(store: Store, key: str, digest: str) -> Stored:
    stored = store.head(key)
    if stored is None:
        raise StoreError("the key exists and yet cannot be found", where=key)
    if stored.sha256 != digest:
        raise StoreError(
            f"the store holds {stored.sha256} under the digest {digest}",
            where=key,
            remedy="the store is damaged: verify it and restore it from its replica",
        )
    return stored
