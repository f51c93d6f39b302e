"""Addresses of stores: `s3://BUCKET/PREFIX`, `dir:PATH`, or a plain path."""

from __future__ import annotations

import os
import re

from counterseal.errors import StoreError, UsageError
from counterseal.host import names
from counterseal.store.interface import Store

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KMS_KEY = re.compile(r"arn:aws[a-z-]{0,20}:kms:[a-z0-9-]{1,40}:[0-9]{12}:key/[A-Za-z0-9-]{1,100}")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):(.*)", re.DOTALL)


def open_store(uri: str) -> Store:
    """Return the store at an address; nothing is created or read yet.

    Args:
        uri: `s3://BUCKET/PREFIX`, `dir:PATH` or a path. Which S3 it is, and who asks, stands in the
            environment, as for any tool of AWS (`AWS_ENDPOINT_URL_S3`, `AWS_REGION`, `AWS_ROLE_ARN`, ...);
            there too, in `COUNTERSEAL_S3_KMS_KEY`, the ARN of the key that encrypts.

    Raises:
        UsageError: the address names no store that this version knows.
    """
    match = _SCHEME.fullmatch(uri)
    scheme, path = match.groups() if match else ("dir", uri)
    if scheme == "s3":
        return _in_s3(path, uri)
    if scheme != "dir":
        remedy = "use dir:PATH or s3://BUCKET/PREFIX"
        raise UsageError(f"unknown kind of store {scheme!r}", where=uri, remedy=remedy)
    if not path or "\0" in path:
        raise UsageError("the address of the store has no path", where=uri[:200], remedy="use dir:PATH")

    from counterseal.store.directory import DirectoryStore

    return DirectoryStore(path)


def open_existing(uri: str) -> Store:
    """Return the store at an address for somebody who only reads: a folder has to be there.

    Raises:
        UsageError: there is no such folder, or see `open_store`.
    """
    from counterseal.store.directory import DirectoryStore

    store = open_store(uri)
    if isinstance(store, DirectoryStore) and not store.is_there():
        raise UsageError("there is no such folder", where=uri[:200], remedy="check the address of the store")
    return store


def _in_s3(path: str, uri: str) -> Store:
    """Return the store in a bucket; names by the rules of S3 (User Guide, "Bucket naming rules")."""
    from counterseal.store.interface import require_key
    from counterseal.store.s3 import S3Store

    bucket, _, prefix = path.removeprefix("//").partition("/")
    if not path.startswith("//") or not _BUCKET.fullmatch(bucket):
        raise UsageError("the address names no bucket", where=uri[:200], remedy="use s3://BUCKET/PREFIX")
    kms = os.environ.get(names.S3_KMS_KEY) or None
    if kms is not None and not _KMS_KEY.fullmatch(kms):
        remedy = "give the key's own ARN, arn:aws:kms:REGION:ACCOUNT:key/ID: only that can be read back"
        raise UsageError("no ARN of a key of AWS KMS", where=names.S3_KMS_KEY, remedy=remedy)
    try:
        return S3Store(bucket, require_key(prefix.strip("/")) if prefix.strip("/") else "", kms=kms)
    except StoreError as cause:
        raise UsageError("the address has a prefix that is no key", where=uri[:200]) from cause
