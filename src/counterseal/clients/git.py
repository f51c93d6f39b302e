"""Git, as a reader: the commit that is checked out, and the history between two commits.

Nothing that a repository or its configuration can hold is executed: hooks, monitors, pagers and replacement
objects are off, and every answer is read from raw objects, whose form a commit's author cannot forge.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from counterseal.errors import Inconclusive, UsageError

_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "protocol.allow=never",
)
_OBJECT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")
_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Commit:
    """One commit object, as it stands in the repository.

    Attributes:
        id: the object name.
        author: name and address as the author chose them, without the date.
        committer: the same of the committer.
        message: the whole message.
        signed: whether the object carries a signature (nothing is said of its worth).
    """

    id: str
    author: str
    committer: str
    message: str
    signed: bool


class GitRepository:
    """A work tree's repository.

    Args:
        root: the work tree, or any folder below it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def head(self) -> tuple[str, str]:
        """Return the object names of the commit that is checked out and of its tree.

        Raises:
            UsageError: when the folder is not in a repository with a commit.
        """
        try:
            commit, tree = self._run("rev-parse", "HEAD^{commit}", "HEAD^{tree}").split()
        except (Inconclusive, ValueError) as cause:
            raise UsageError(
                "there is no git commit checked out here",
                where=str(self.root),
                remedy="check out the repository in a step before this one",
            ) from cause
        return commit, tree

    def remote_url(self) -> str | None:
        """Return the address of `origin` without any user name or password, or None."""
        try:
            url = self._run("config", "--get", "remote.origin.url").strip()
        except Inconclusive:
            return None
        return re.sub(r"^(\w+://)[^@/]*@", r"\1", url) or None

    def changed_files(self) -> list[str]:
        """Return the tracked files whose content is not that of the commit that is checked out."""
        listing = self._run("status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames")
        return [entry[3:] for entry in listing.split("\0") if entry]

    def is_shallow(self) -> bool:
        """Tell whether the history here ends early."""
        return self._run("rev-parse", "--is-shallow-repository").strip() != "false"

    def contains(self, older: str, newer: str) -> bool:
        """Tell whether `older` is here and is an ancestor of `newer` (or the same)."""
        self._check(older, newer)
        return self._succeeds("cat-file", "-e", f"{older}^{{commit}}") and self._succeeds(
            "merge-base", "--is-ancestor", older, newer
        )

    def commits(self, until: str, since: str | None = None, limit: int = 1) -> list[Commit]:
        """Return the commits that `until` has and `since` has not, newest first, at most `limit`."""
        self._check(until, *(since,) if since else ())
        span = [until, f"^{since}"] if since else [until]
        names = self._run("rev-list", "--topo-order", f"--max-count={limit}", *span, "--").split()
        return list(self._read(names))

    def _read(self, names: list[str]) -> Iterator[Commit]:
        stream = self._run_bytes(
            "cat-file", "--batch", stdin="\n".join(names).encode() + b"\n" if names else b""
        )
        place = 0
        for name in names:
            end = stream.index(b"\n", place)
            found, kind, size = stream[place:end].decode().split(" ")
            if (found, kind) != (name, "commit"):
                raise Inconclusive(f"git answered {kind} {found} for commit {name}", where=str(self.root))
            start = end + 1
            yield parse_commit(name, stream[start : start + int(size)])
            place = start + int(size) + 1

    def _check(self, *names: str) -> None:
        for name in names:
            if not _OBJECT.match(name):
                raise UsageError(f"{name[:80]!r} is not a full git object name", where=str(self.root))

    def _succeeds(self, *arguments: str) -> bool:
        return self._start(*arguments, stdin=b"").returncode == 0

    def _run(self, *arguments: str) -> str:
        return self._run_bytes(*arguments).decode("utf-8", "surrogateescape")

    def _run_bytes(self, *arguments: str, stdin: bytes = b"") -> bytes:
        done = self._start(*arguments, stdin=stdin)
        if done.returncode != 0:
            words = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise Inconclusive(
                f"git {arguments[0]} failed: {words[-1] if words else done.returncode}", where=str(self.root)
            )
        return done.stdout

    def _start(self, *arguments: str, stdin: bytes) -> subprocess.CompletedProcess[bytes]:
        settings = [
            part for setting in (*_SETTINGS, f"safe.directory={self.root}") for part in ("-c", setting)
        ]
        command = [
            "git",
            "--no-replace-objects",
            "--no-optional-locks",
            *settings,
            "-C",
            str(self.root),
            *arguments,
        ]
        try:
            return subprocess.run(  # noqa: S603 - fixed program, checked arguments, no shell
                command,
                input=stdin,
                capture_output=True,
                check=False,
                timeout=_TIMEOUT_SECONDS,
                env=_environment(),
            )
        except (OSError, subprocess.TimeoutExpired) as cause:
            raise Inconclusive(f"git could not be run: {cause}", where=str(self.root)) from cause


def parse_commit(name: str, data: bytes) -> Commit:
    """Read a raw commit object (gitformat: headers, an empty line, the message)."""
    head, _, message = data.decode("utf-8", "replace").partition("\n\n")
    headers: dict[str, str] = {}
    for line in head.split("\n"):
        word, _, rest = line.partition(" ")
        headers.setdefault(word, rest)
    return Commit(
        id=name,
        author=_identity(headers.get("author", "")),
        committer=_identity(headers.get("committer", "")),
        message=message,
        signed="gpgsig" in headers or "gpgsig-sha256" in headers,
    )


def _identity(line: str) -> str:
    """Return `name <address>` from an author line; the date is the author's choice and is dropped."""
    return line[: line.rfind(">") + 1] or line


def _environment() -> dict[str, str]:
    """Return the environment without what would point git elsewhere, and with nothing to ask a person."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
