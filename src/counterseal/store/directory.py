"""The directory store: one read-only file a key, made durable before it is announced.

A file is written and synced under `tmp/`, then given its name by `link(2)`, which fails when the name exists
and otherwise happens as a whole (POSIX.1-2024, link). A process that is killed leaves at most a stray
file under `tmp/`. A directory has no lock and no versions, and says so.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from counterseal.errors import KeyMissing, StoreConflict, StoreError, UsageError
from counterseal.store.interface import (
    CHUNK_BYTES,
    DOCUMENT_BYTES,
    Lock,
    Retention,
    Stored,
    Version,
    require_key,
)

_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not block us
_TEMPORARY: Final = "tmp"
_REMEDIES: Final = {
    errno.ENOSPC: "the disk is full: free some space and run this again",
    errno.EDQUOT: "the quota is used up: free some space and run this again",
    errno.EACCES: "this user may not do that in the store's directory",
    errno.EPERM: "the file system does not allow it: it must have hard links and be writable",
    errno.EROFS: "the store is mounted read-only",
    errno.ELOOP: "a symbolic link is not followed: the store must hold the file itself",
}


class DirectoryStore:
    """A store (see `store.interface.Store`) in one directory of a local file system.

    Args:
        root: the directory; it is created by the first `put`.
    """

    def __init__(self, root: Path | str) -> None:
        self._root = os.path.abspath(root)  # noqa: PTH100 - paths are text here: a store reads 10,000s of them
        self._settled: set[str] = set()
        self._plain: set[str] = set()

    def is_there(self) -> bool:
        """Tell whether its directory exists."""
        return Path(self._root).is_dir()

    def put(self, key: str, data: bytes, *, retention: Retention | None = None) -> Stored:
        """Create the key; see `Store.put`."""
        return self._create(key, (data,), None, retention)

    def put_file(self, key: str, path: Path, *, sha256: str, retention: Retention | None = None) -> Stored:
        """Create the key from a file; see `Store.put_file`."""
        return self._create(key, _chunks_of_file(path), sha256, retention)

    def get(self, key: str, *, version: str | None = None) -> bytes:
        """Return the bytes of a document; see `Store.get`."""
        descriptor, size = self._open(key, version)
        try:
            if size > DOCUMENT_BYTES:
                raise StoreError(f"{size} bytes are more than the {DOCUMENT_BYTES} of a document", where=key)
            return b"".join(_chunks(descriptor, size, key))
        except OSError as cause:
            raise _refusal(cause, key) from cause
        finally:
            os.close(descriptor)

    def chunks(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        """Yield the bytes of an object; see `Store.chunks`."""
        descriptor, size = self._open(key, version)
        try:
            yield from _chunks(descriptor, size, key)
        except OSError as cause:
            raise _refusal(cause, key) from cause
        finally:
            os.close(descriptor)

    def head(self, key: str) -> Stored | None:
        """Return what is under the key, durable and hashed from its bytes; see `Store.head`."""
        digest, size = hashlib.sha256(), 0
        try:
            for chunk in self.chunks(key):
                digest.update(chunk)
                size += len(chunk)
        except KeyMissing:
            return None
        with _told(key):  # another process may have linked it and not yet synced the name
            _sync_directory(os.path.dirname(self._path(key)))  # noqa: PTH120
        return Stored(key, None, size, digest.hexdigest())

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield the keys in order; see `Store.keys`. A store that does not exist yet is empty."""
        return (key for key, _ in self._found(prefix, after))

    def versions(self, prefix: str, *, after: str = "") -> Iterator[Version]:
        """Yield every key as its one version; see `Store.versions`."""
        for key, entry in self._found(prefix, after):
            try:
                size = entry.stat(follow_symlinks=False).st_size
            except OSError as cause:
                raise _refusal(cause, key) from cause
            yield Version(key, None, size)

    def extend(self, key: str, retention: Retention) -> Stored:
        """Refuse a lock, which a directory has not; see `Store.extend`."""
        if retention.mode is not None:
            raise StoreError("a directory has no lock", where=key)
        stored = self.head(key)
        if stored is None:
            raise KeyMissing("there is no such key", where=key)
        return stored

    def lock(self, key: str, version: str | None) -> Lock:
        """Return that nothing keeps it: a directory has no lock; see `Store.lock`."""
        if version is not None or self.head(key) is None:
            raise KeyMissing("there is no such version", where=key)
        return Lock(hold=False)

    def _path(self, key: str) -> str:
        if require_key(key).partition("/")[0] == _TEMPORARY:
            raise StoreError("no key begins with the temporary directory", where=key)
        return f"{self._root}/{key}"

    def _open(self, key: str, version: str | None) -> tuple[int, int]:
        """Open a regular file and return its descriptor and its size."""
        if version is not None:
            raise StoreError("a directory keeps no versions", where=key)
        path = self._path(key)
        try:
            self._require_plain(key.rpartition("/")[0])
            descriptor = os.open(path, _READ)
        except FileNotFoundError as cause:
            raise KeyMissing("there is no such key", where=key) from cause
        except OSError as cause:
            raise _refusal(cause, key) from cause
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise StoreError("not a regular file", where=key)
        return descriptor, status.st_size

    def _create(
        self, key: str, chunks: Iterable[bytes], sha256: str | None, retention: Retention | None
    ) -> Stored:
        target = self._path(key)
        if retention is not None and retention.mode is not None:
            raise StoreError(
                f"a directory has no lock, so {retention.mode} retention cannot be proven",
                where=key,
                remedy="keep evidence under retention in a store with a lock",
            )
        directory = os.path.dirname(target)  # noqa: PTH120
        with _told(key):
            if not os.path.lexists(target):
                self._settle(directory)
                stored = self._link(key, target, chunks, sha256)
                if stored is not None:
                    return stored
            _sync_directory(directory)  # whoever is told that a key exists may rely on it
        raise StoreConflict("the key exists already", where=key)

    def _link(self, key: str, target: str, chunks: Iterable[bytes], sha256: str | None) -> Stored | None:
        """Give the bytes their name; return None when somebody else has it."""
        temporary = f"{self._root}/{_TEMPORARY}"
        self._settle(temporary)
        descriptor, source = tempfile.mkstemp(dir=temporary)
        try:
            size, digest = _write(descriptor, chunks)
            if sha256 is not None and digest != sha256:
                raise StoreError(f"the file changed while it was stored: {digest}, not {sha256}", where=key)
            os.link(source, target)
        except FileExistsError:
            return None
        finally:
            with suppress(OSError):  # a stray temporary file is harmless
                os.unlink(source)  # noqa: PTH108
        _sync_directory(os.path.dirname(target))  # noqa: PTH120
        return Stored(key, None, size, digest)

    def _settle(self, directory: str) -> None:
        """Make sure that the directory exists and that its own name is durable, all the way up.

        An existing directory inside the store may be another process's that is not synced yet, so each
        process syncs every level once. What existed above the store is not ours to sync.
        """
        inside = directory.startswith(f"{self._root}/")
        if directory in self._settled or (not inside and os.path.isdir(directory)):  # noqa: PTH112
            return
        parent = os.path.dirname(directory)  # noqa: PTH120
        self._settle(parent)
        with suppress(FileExistsError):
            os.mkdir(directory)  # noqa: PTH102
        if not stat.S_ISDIR(os.lstat(directory).st_mode):
            raise StoreError("not a directory", where=directory)
        _sync_directory(parent)
        self._settled.add(directory)

    def _require_plain(self, folder: str) -> None:
        """Refuse a folder of the store that is a link, or lies behind one: it is not this store's content.

        Raises:
            OSError: when it is, or cannot be looked at.
        """
        if not folder or folder in self._plain:
            return
        self._require_plain(folder.rpartition("/")[0])
        if stat.S_ISLNK(os.lstat(f"{self._root}/{folder}").st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        self._plain.add(folder)

    def _found(self, prefix: str, after: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        folder = prefix.rpartition("/")[0]
        if folder and require_key(folder).partition("/")[0] == _TEMPORARY:
            return iter(())
        return self._walk(f"{folder}/" if folder else "", prefix, after)

    def _walk(self, folder: str, prefix: str, after: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        with _told(folder), suppress(FileNotFoundError):
            self._require_plain(folder.rstrip("/"))
        pending = [iter(self._listing(folder))]  # a stack of our own: somebody else chose how deep it goes
        while pending:
            found = next(pending[-1], None)
            if found is None:
                pending.pop()
                continue
            key, _ = found
            if key == f"{_TEMPORARY}/" or not (key.startswith(prefix) or prefix.startswith(key)):
                continue
            elif not key.endswith("/"):
                if key > after:
                    yield found
            elif after <= key or after.startswith(key):
                inside = self._listing(key)
                whole = key.startswith(prefix) and after <= key
                if whole and not any(name.endswith("/") for name, _ in inside):
                    yield from inside  # as nearly all of a store is
                else:
                    pending.append(iter(inside))

    def _listing(self, folder: str) -> list[tuple[str, os.DirEntry[str]]]:
        with _told(folder):
            found = _names(f"{self._root}/{folder}")
        return [(folder + name, found[name]) for name in sorted(found)]


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Turn what the operating system refuses into the store's own errors."""
    try:
        yield
    except OSError as cause:
        raise _refusal(cause, where) from cause


def _refusal(cause: OSError, where: str) -> StoreError:
    number = cause.errno or 0
    return StoreError(os.strerror(number), where=where, remedy=_REMEDIES.get(number))


def _names(path: str) -> dict[str, os.DirEntry[str]]:
    """Return what is in a directory by its name; a directory's name ends with a slash, as keys have it."""
    try:
        with os.scandir(path) as entries:
            return {f"{e.name}/" if e.is_dir(follow_symlinks=False) else e.name: e for e in entries}
    except FileNotFoundError:
        return {}


def _chunks(descriptor: int, size: int, key: str) -> Iterator[bytes]:
    """Yield the bytes of a file of that size; one that has more is being written to by somebody else."""
    while chunk := os.read(descriptor, min(size + 1, CHUNK_BYTES)):
        size -= len(chunk)
        if size < 0:
            raise StoreError("the file grew while it was read", where=key)
        yield chunk


def _chunks_of_file(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as cause:
        raise UsageError(f"cannot be read: {os.strerror(cause.errno or 0)}", where=str(path)) from cause


def _write(descriptor: int, chunks: Iterable[bytes]) -> tuple[int, str]:
    """Write, make read-only and sync; return the size and the digest of what was written."""
    digest, size = hashlib.sha256(), 0
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            rest = memoryview(chunk)
            while rest:
                rest = rest[file.write(rest) :]
        os.fchmod(descriptor, 0o444)
        os.fsync(descriptor)
    return size, digest.hexdigest()


def _sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
