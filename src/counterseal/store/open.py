"""Addresses of stores: `dir:PATH`, or a plain path."""

from __future__ import annotations

import re

from counterseal.errors import UsageError
from counterseal.store.interface import Store

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):(.*)", re.DOTALL)


def open_store(uri: str) -> Store:
    """Return the store at an address; nothing is created or read yet.

    Args:
        uri: `dir:PATH` or a path. Object stores have a scheme of their own, not in this version.

    Raises:
        UsageError: the address names no store that this version knows.
    """
    match = _SCHEME.fullmatch(uri)
    scheme, path = match.groups() if match else ("dir", uri)
    if scheme == "s3":
        raise UsageError("stores in S3 are not in this version", where=uri, remedy="use dir:PATH")
    if scheme != "dir":
        raise UsageError(f"unknown kind of store {scheme!r}", where=uri, remedy="use dir:PATH")
    if not path or "\0" in path:
        raise UsageError("the address of the store has no path", where=uri[:200], remedy="use dir:PATH")

    from counterseal.store.directory import DirectoryStore

    return DirectoryStore(path)
