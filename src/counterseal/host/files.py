"""Files that the caller names: read and written safely, and found by patterns that cannot leave their root.

Patterns are matched here and not by `pathlib`, which passes over folders that it may not read: a listing that
lacks something must be an error. Names that begin with a dot are matched like any other, but for `.git`: its
files are git's own, and `.git/config` may hold the token of the checkout.
"""

from __future__ import annotations

import hashlib
import os
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path
from secrets import token_hex
from stat import S_ISREG
from typing import TYPE_CHECKING

from counterseal.errors import CountersealError, NothingToJudge, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from io import BufferedReader

_GIT = ".git"
_ANY_DEPTH = "**"
_MAGIC = frozenset("*?[")


def hash_file(path: Path) -> tuple[str, int]:
    """Return the SHA-256 (lowercase hexadecimal) and the size in bytes of a regular file.

    Raises:
        UsageError: `path` is not a regular file.
        OSError: it cannot be read.
    """
    with _open(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


def read_bytes(path: Path, *, limit: int) -> bytes:
    """Return the content of a regular file; a link to one is followed.

    Args:
        path: the file.
        limit: how large it may be, in bytes.

    Raises:
        UsageError: `path` is not a regular file (a pipe or a device might never end), or is larger.
        OSError: it cannot be read.
    """
    with _open(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise UsageError(f"larger than the {limit} bytes that are read", where=str(path))
    return data


def write_bytes(path: Path, data: bytes, *, root: Path | None = None) -> None:
    """Write a file in one step: it has its old content or all of the new, never a part.

    A link at `path` is replaced and not followed. The file is made beside its place, under a name that nobody
    knows, and renamed.

    Args:
        path: the file, whose folder must exist.
        data: its content.
        root: the folder that must hold it, links resolved; by default it may be anywhere.

    Raises:
        UsageError: `path` is a folder, a pipe or a device, or its folder lies outside `root`.
        OSError: it cannot be written; nothing is left behind.
    """
    folder = path.parent.resolve(strict=True)
    if root is not None and not folder.is_relative_to(root.resolve(strict=True)):
        raise UsageError("this file lies outside the folder that may be written", where=str(path))
    if path.exists():
        _require_regular(path)
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _replace(place, path.name, data)
    except OSError as error:  # it names the temporary file, which means nothing to the caller
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(place)


def expand(patterns: Iterable[str], root: Path) -> list[Path]:
    """Return the files below `root` that the patterns name, sorted, each once.

    Args:
        patterns: paths with `*`, `?` and `[...]` for parts of a segment, and `**` for any number of folders.
            A name that exists exactly as written is taken as it is. An absolute pattern that leads elsewhere
            than `root` has a root of its own: the folder before its first wildcard.
        root: the folder that patterns start from and no match may leave.

    Raises:
        NothingToJudge: a pattern matches nothing.
        UsageError: a match is not a regular file, lies outside `root` by `..` or a symbolic link, or belongs
            to git: a wildcard passes over `.git`, but to name it is an error.
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
        if any(map(_is_git, path.resolve().relative_to(real).parts)):
            raise _gits_own(str(path))
        _require_regular(path)
    return found


def named_files(patterns: Iterable[str], root: Path) -> Iterator[tuple[str, Path | CountersealError]]:
    """Yield every file that patterns name, with its path below the root; for a pattern that names none, why.

    Args:
        patterns: paths or glob patterns, see `expand`.
        root: the folder that they are below.
    """
    for pattern in patterns:
        try:
            paths = expand([pattern], root)
        except CountersealError as error:
            yield pattern, error
            continue
        for path in paths:
            yield str(path.relative_to(root) if path.is_relative_to(root) else path), path


def _anchor(pattern: str, root: Path) -> tuple[str, Path]:
    """Return the pattern relative to its root, and that root."""
    segments = [segment for segment in pattern.split("/") if segment not in {"", "."}]
    if ".." in segments:
        raise UsageError("this path leaves the folder that may be read", where=pattern)
    if any(map(_is_git, segments)):
        raise _gits_own(pattern)
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
    """Return what is in a folder but for git's own; a file has nothing in it."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not _is_git(entry.name)]


def _is_git(name: str) -> bool:
    """Return whether this is git's own folder, as a file system spells it that ignores case."""
    return name.casefold() == _GIT


def _gits_own(where: str) -> UsageError:
    """Return the error for a file of git."""
    return UsageError("this file belongs to git, and may hold a credential", where=where)


def _require_regular(path: Path) -> None:
    """Refuse a folder, a pipe or a device, which reading might never come to an end."""
    if not S_ISREG(path.stat().st_mode):
        raise UsageError("not a regular file", where=str(path))


def _open(path: Path) -> BufferedReader:
    """Open a regular file; of something else that takes its place meanwhile, nothing is waited for."""
    _require_regular(path)
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise UsageError("not a regular file", where=str(path))
    return file


def _replace(folder: int, name: str, data: bytes) -> None:
    """Write the file `name` in the open folder `folder`."""
    new = f".{token_hex(16)}.tmp"
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(new, dir_fd=folder)
        raise
