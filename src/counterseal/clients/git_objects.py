"""The objects of a repository, read raw and held against their names.

Git reads them through an empty repository of our own that borrows the object folder. So no configuration, no
shallow boundary, no graft and no promisor of the repository at hand takes part: an object is there or it is
missing, and what is there has the content that its name says.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from counterseal.clients import git_process
from counterseal.errors import Inconclusive

_SHA256_LENGTH = 64
_BATCH = 500  # names that fit into a pipe's buffer, so that neither side waits for the other
_CHUNK = 1 << 20


class Objects:
    """Open access to a repository's objects.

    Args:
        requests: the input of `git cat-file --batch`.
        answers: its output.
        git_dir: the empty repository through which they are read.
        where: the repository, for messages.
    """

    def __init__(self, requests: IO[bytes], answers: IO[bytes], git_dir: Path, where: str) -> None:
        self._requests = requests
        self._answers = answers
        self._git_dir = git_dir
        self._where = where

    def likely(self, commit: str) -> list[str]:
        """Return what git says that a commit descends from, with it: a guess at what will be asked for.

        Nothing may rest on it; it breaks off where a commit is missing.
        """
        words = git_process.command(self._git_dir, "rev-list", commit)
        env = _environment(self._where)
        try:
            done = subprocess.run(  # noqa: S603 - fixed program and arguments, no shell
                words, env=env, capture_output=True, check=False, timeout=git_process.TIMEOUT_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired):
            return []
        lines = done.stdout.decode("utf-8", "replace").split()
        return [line for line in lines if len(line) == len(commit)]

    def read(
        self, names: Iterable[str], kind: str, limit: int | None = None
    ) -> Iterator[tuple[str, bytes | None]]:
        """Yield every name with its object's content, or with None when the object is missing.

        Args:
            names: full object names.
            kind: the kind that all of them must have.
            limit: the size in bytes above which content is passed over, as if the object were missing.

        Raises:
            Inconclusive: when an object is of another kind or does not have the content its name says.
        """
        waiting = list(names)
        for start in range(0, len(waiting), _BATCH):
            batch = waiting[start : start + _BATCH]
            self._ask(batch)
            for name in batch:
                yield name, self._answer(name, kind, limit)

    def _ask(self, names: list[str]) -> None:
        self._requests.write("".join(f"{name}\n" for name in names).encode())
        self._requests.flush()

    def _answer(self, name: str, kind: str, limit: int | None) -> bytes | None:
        words = self._answers.readline().decode("utf-8", "replace").split()
        if words == [name, "missing"]:
            return None
        if words[:2] != [name, kind] or len(words) != 3:  # noqa: PLR2004 - name, kind and size
            raise Inconclusive(f"git has no {kind} {name}: {' '.join(words)[:100]!r}", where=self._where)
        size = int(words[2])
        if limit is not None and size > limit:
            self._pass_over(size + 1)
            return None
        data = self._answers.read(size + 1)[:size]
        if object_name(kind, data, len(name)) != name:
            raise Inconclusive(f"the content of {kind} {name} is not what its name says", where=self._where)
        return data

    def _pass_over(self, size: int) -> None:
        while size and (chunk := self._answers.read(min(size, _CHUNK))):
            size -= len(chunk)


def hasher(kind: str, size: int, length: int) -> hashlib._Hash:
    """Return the hash of an object whose content is still to come; `length` is that of its name."""
    algorithm = hashlib.sha256 if length == _SHA256_LENGTH else hashlib.sha1
    return algorithm(b"%s %d\0" % (kind.encode(), size), usedforsecurity=False)


def object_name(kind: str, data: bytes, length: int) -> str:
    """Return the name of an object, in `length` hexadecimal digits."""
    digest = hasher(kind, len(data), length)
    digest.update(data)
    return digest.hexdigest()


@contextmanager
def open_objects(folder: Path, length: int) -> Iterator[Objects]:
    """Open an object folder for as long as the context lasts.

    Args:
        folder: the repository's `objects`.
        length: how many hexadecimal digits its names have: 40 (SHA-1) or 64 (SHA-256).

    Raises:
        Inconclusive: when git cannot be run.
    """
    with tempfile.TemporaryDirectory(prefix="counterseal-git-") as made:
        _make_repository(Path(made), length)
        process = _start(Path(made), folder)
        # Objects are local files; what takes this long waits for something that never comes.
        watch = threading.Timer(git_process.TIMEOUT_SECONDS, process.kill)
        watch.start()
        try:
            with process:
                assert process.stdin is not None  # noqa: S101 - both are pipes
                assert process.stdout is not None  # noqa: S101
                yield Objects(process.stdin, process.stdout, Path(made), str(folder))
                process.stdin.close()
        except BrokenPipeError as cause:
            raise Inconclusive("git stopped reading objects", where=str(folder)) from cause
        finally:
            watch.cancel()


def _start(git_dir: Path, folder: Path) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - fixed program and arguments, no shell
            git_process.command(git_dir, "cat-file", "--batch"),
            cwd=git_dir,
            env=_environment(str(folder)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as cause:
        raise Inconclusive(f"git could not be run: {cause}", where=str(folder)) from cause


def _environment(folder: str) -> dict[str, str]:
    return git_process.environment() | {"GIT_OBJECT_DIRECTORY": folder}


def _make_repository(folder: Path, length: int) -> None:
    """Write the least that git takes for a repository (gitrepository-layout)."""
    name = "sha256" if length == _SHA256_LENGTH else "sha1"
    (folder / "refs").mkdir()
    (folder / "objects").mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    (folder / "config").write_text(
        f"[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = {name}\n"
    )
