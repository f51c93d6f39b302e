"""The files of a work tree, held against the trees of a commit.

Git's own comparison can be told to look away: by the index (assume-unchanged, skip-worktree, times), by the
configuration and by filters. This one reads trees and files only.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from counterseal.clients.git_objects import Objects, hasher, object_name
from counterseal.errors import Inconclusive

_CHUNK = 1 << 20
_EXECUTABLE = 0o100
_POINTER_LIMIT = 1024
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*"
    rb"oid sha256:(?P<oid>[0-9a-f]{64})\nsize (?P<size>[0-9]{1,19})\n\Z"
)
_UNSAFE = frozenset({b"", b".", b"..", b".git"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, link or submodule of a tree.

    Attributes:
        path: where it is, from the top of the work tree.
        mode: its mode, as the tree has it.
        id: the name of its blob, or of the submodule's commit.
    """

    path: bytes
    mode: int
    id: str

    @property
    def is_submodule(self) -> bool:
        """Whether this is another repository's commit."""
        return stat.S_IFMT(self.mode) == stat.S_IFDIR | stat.S_IFLNK


def list_tree(objects: Objects, tree: str) -> list[Entry]:
    """Return everything that a tree holds but folders, however deep.

    Raises:
        Inconclusive: when a tree is missing, or names what no checkout can hold.
    """
    found: list[Entry] = []
    folders = [Entry(b"", stat.S_IFDIR, tree)]
    while folders:
        below: list[Entry] = []
        contents = objects.read([folder.id for folder in folders], "tree")
        for folder, (name, data) in zip(folders, contents, strict=True):
            if data is None:
                raise Inconclusive(f"tree {name} is missing", where=os.fsdecode(folder.path))
            try:
                entries = list(_entries(data, folder.path, len(tree) // 2))
            except ValueError as cause:
                raise Inconclusive(f"tree {name} cannot be read", where=os.fsdecode(folder.path)) from cause
            below += (entry for entry in entries if stat.S_ISDIR(entry.mode))
            found += (entry for entry in entries if not stat.S_ISDIR(entry.mode))
        folders = below
    return found


def entries_named(
    objects: Objects, trees: Iterable[str], name: bytes, *, folder_wanted: bool
) -> Iterator[str]:
    """Yield the object names that trees have under one name, of folders or of files.

    Raises:
        Inconclusive: a tree is missing or cannot be read.
    """
    for tree, data in objects.read(sorted(trees), "tree"):
        if data is None:
            raise Inconclusive(f"tree {tree} is missing")
        for entry in _entries(data, b"", len(tree) // 2):
            if entry.path == name and stat.S_ISDIR(entry.mode) == folder_wanted and not entry.is_submodule:
                yield entry.id


def _entries(data: bytes, folder: bytes, width: int) -> Iterator[Entry]:
    """Read a tree object: mode, space, name, NUL and the object's name in bytes, for each."""
    place, above = 0, folder + b"/" if folder else b""
    while place < len(data):
        end = data.index(b"\0", place)
        mode, _, name = data[place:end].partition(b" ")
        if name.lower() in _UNSAFE or b"/" in name:
            raise Inconclusive(
                "a tree names what no checkout can hold", where=os.fsdecode(folder + b"/" + name)
            )
        place = end + 1 + width
        yield Entry(above + name, int(mode, 8), data[end + 1 : place].hex())


class WorkTree:
    """The files below a folder.

    Args:
        top: the folder.
    """

    def __init__(self, top: Path) -> None:
        self._top = os.fsencode(top)
        self._folders = {b"": True}

    def altered(self, objects: Objects, entries: list[Entry]) -> list[Entry]:
        """Return the files and links whose type, content or executable bit is not that of the entry.

        A file whose bytes differ is altered, also where git would convert them (line endings, filters). The
        one exception is Git LFS: a file is unaltered when the commit has the pointer that names its content.
        Submodules are left to the caller.
        """
        differing = [entry for entry in entries if not entry.is_submodule and not self._same(entry)]
        blobs = objects.read([entry.id for entry in differing], "blob", _POINTER_LIMIT)
        pairs = zip(differing, blobs, strict=True)
        return [
            entry for entry, (_, data) in pairs if data is None or not self._stored_elsewhere(entry, data)
        ]

    def untracked(self, entries: list[Entry], apart: set[bytes]) -> int:
        """Count the files that no entry names; the folders in `apart`, and the top's `.git`, are left out."""
        tracked = {entry.path for entry in entries}
        count, folders = 0, [b""]
        while folders:
            folder = folders.pop()
            with os.scandir(self._at(folder)) as items:
                for item in items:
                    path = os.path.join(folder, item.name)  # noqa: PTH118 - bytes
                    if path == b".git" or path in apart:
                        continue
                    if item.is_dir(follow_symlinks=False):
                        folders.append(path)
                    else:
                        count += path not in tracked
        return count

    def has_folder(self, path: bytes) -> bool:
        """Tell whether a path is a folder, reached without following a link."""
        unknown = []
        while path not in self._folders:
            unknown.append(path)
            path = os.path.dirname(path)  # noqa: PTH120 - bytes
        real = self._folders[path]
        for folder in reversed(unknown):
            real = self._folders[folder] = real and stat.S_ISDIR(self._mode(folder))
        return real

    def holds_nothing(self, path: bytes) -> bool:
        """Tell whether a folder is empty."""
        return not os.listdir(self._at(path))  # noqa: PTH208 - bytes

    def _at(self, path: bytes) -> bytes:
        return os.path.join(self._top, path)  # noqa: PTH118 - names in trees are bytes, which Path is not for

    def _mode(self, path: bytes) -> int:
        try:
            return os.lstat(self._at(path)).st_mode
        except OSError:
            return 0

    def _fits(self, entry: Entry) -> bool:
        """Tell whether something of the entry's type, and as executable, is in its place."""
        if not self.has_folder(os.path.dirname(entry.path)):  # noqa: PTH120 - bytes
            return False
        mode = self._mode(entry.path)
        if stat.S_IFMT(mode) != stat.S_IFMT(entry.mode):
            return False
        return stat.S_ISLNK(mode) or bool(mode & _EXECUTABLE) == bool(entry.mode & _EXECUTABLE)

    def _same(self, entry: Entry) -> bool:
        if not self._fits(entry):
            return False
        if stat.S_ISLNK(entry.mode):
            target = os.readlink(self._at(entry.path))  # noqa: PTH115 - bytes
            return object_name("blob", target, len(entry.id)) == entry.id
        found, _ = self._hash(entry.path, lambda size: hasher("blob", size, len(entry.id)))
        return found == entry.id

    def _stored_elsewhere(self, entry: Entry, blob: bytes) -> bool:
        """Tell whether the blob is a Git LFS pointer (its specification, version 1) to the file's content."""
        pointer = _POINTER.match(blob)
        if pointer is None or not stat.S_ISREG(entry.mode) or not self._fits(entry):
            return False
        found = self._hash(entry.path, lambda _: hashlib.sha256())
        return found == (pointer["oid"].decode(), int(pointer["size"]))

    def _hash(self, path: bytes, begin: Callable[[int], hashlib._Hash]) -> tuple[str, int]:
        """Return a file's digest, by the hash that is begun with its size, and that size."""
        try:
            descriptor = os.open(self._at(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
                size = os.fstat(descriptor).st_size
                digest = begin(size)
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
        except OSError as cause:
            raise Inconclusive("a tracked file cannot be read", where=os.fsdecode(path)) from cause
        return digest.hexdigest(), size
