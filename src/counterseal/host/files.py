"""Files that the caller names: hashed as they are, and found by patterns that cannot leave their root.

Patterns are matched here and not by `pathlib`, which passes over folders that it may not read: a listing that
lacks something must be an error. Names that begin with a dot are matched like any other.
"""

from __future__ import annotations

import hashlib
import os
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from counterseal.errors import NothingToJudge, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_ANY_DEPTH = "**"
_MAGIC = frozenset("*?[")


def hash_file(path: Path) -> tuple[str, int]:
    """Return the SHA-256 (lowercase hexadecimal) and the size in bytes of a regular file.

    Raises:
        UsageError: `path` is not a regular file.
        OSError: it cannot be read.
    """
    _require_regular(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


def expand(patterns: Iterable[str], root: Path) -> list[Path]:
    """Return the files below `root` that the patterns name, sorted, each once.

    Args:
        patterns: paths with `*`, `?` and `[...]` for parts of a segment, and `**` for any number of folders.
            A name that exists exactly as written is taken as it is. An absolute pattern that leads elsewhere
            than `root` has a root of its own: the folder before its first wildcard.
        root: the folder that patterns start from and no match may leave.

    Raises:
        NothingToJudge: a pattern matches nothing.
        UsageError: a match is not a regular file, or lies outside `root` by `..` or a symbolic link.
        OSError: a folder cannot be read.
    """
    return sorted({path for pattern in patterns for path in _inside(*_anchor(pattern, root))})


def _inside(pattern: str, root: Path) -> list[Path]:
    """Return the matches of one pattern, all of them regular files below `root`."""
    found = _matches(pattern, root)
    real = root.resolve(strict=True)
    for path in found:
        if not path.resolve(strict=True).is_relative_to(real):
            raise UsageError("this file lies outside the folder that may be read", where=str(path))
        _require_regular(path)
    return found


def _anchor(pattern: str, root: Path) -> tuple[str, Path]:
    """Return the pattern relative to its root, and that root."""
    segments = [segment for segment in pattern.split("/") if segment not in {"", "."}]
    if ".." in segments:
        raise UsageError("this path leaves the folder that may be read", where=pattern)
    if not pattern.startswith("/"):
        return "/".join(segments), root
    path = Path("/", *segments)
    if path.is_relative_to(root.absolute()):
        return str(path.relative_to(root.absolute())), root
    plain = list(takewhile(_MAGIC.isdisjoint, segments[:-1]))
    return "/".join(segments[len(plain) :]), Path("/", *plain)


def _matches(pattern: str, root: Path) -> list[Path]:
    """Return the matches of one pattern, of which there must be one."""
    segments = pattern.split("/")
    exact = root.joinpath(*segments)
    if os.path.lexists(exact):
        return [exact]
    found = [path for path in _walk(root, _deep(segments)) if path.is_symlink() or not path.is_dir()]
    if not found:
        raise NothingToJudge("no file matches", where=pattern)
    return found


def _deep(segments: list[str]) -> list[str]:
    """Return the segments of a pattern in which a final `**` stands for every file below."""
    return [*segments, "*"] if segments[-1:] == [_ANY_DEPTH] else segments


def _walk(folder: Path, segments: Sequence[str]) -> Iterator[Path]:
    """Yield what the segments match below `folder`; links to folders are not followed by `**`."""
    if not segments:
        yield folder
        return
    head, rest = segments[0], segments[1:]
    if head == _ANY_DEPTH:
        yield from _walk(folder, rest)
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(folder / entry.name, segments)
    elif _MAGIC.isdisjoint(head):
        if os.path.lexists(folder / head):
            yield from _walk(folder / head, rest)
    else:
        for entry in _entries(folder):
            if fnmatchcase(entry.name, head):
                yield from _walk(folder / entry.name, rest)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder; a file has nothing in it."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return list(entries)


def _require_regular(path: Path) -> None:
    """Refuse a folder, a pipe or a device, which reading might never come to an end."""
    if not S_ISREG(path.stat().st_mode):
        raise UsageError("not a regular file", where=str(path))
