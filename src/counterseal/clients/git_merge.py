"""What git makes of a merge by itself, so that what somebody wrote into one by hand can be seen.

Merges are made in an empty repository of our own that borrows the objects of the one at hand: none of its
settings, attributes and merge programs takes part, and nothing is written into it.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from counterseal.clients import git_process
from counterseal.errors import Inconclusive

_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_CONFLICT = 1  # git-merge-tree(1), EXIT STATUS
_WHO = {
    "GIT_AUTHOR_NAME": "counterseal",
    "GIT_AUTHOR_EMAIL": "counterseal@localhost",
    "GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "counterseal",
    "GIT_COMMITTER_EMAIL": "counterseal@localhost",
    "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z",
}


@dataclass(frozen=True)
class Merged:
    """What git came to.

    Attributes:
        tree: the tree; None when the two sides contradict one another.
    """

    tree: str | None


def merge_all(root: Path, base: str, heads: Sequence[str]) -> Merged:
    """Merge commits one after the other, and return what that comes to.

    Args:
        root: a work tree of the repository that has the commits, or any folder below it.
        base: the commit that is merged into.
        heads: the commits that are merged, in order.

    Raises:
        Inconclusive: a commit is not here, there is none to merge, or git cannot be run.
    """
    if not heads:
        raise Inconclusive("there is nothing to merge", where=base)
    for name in (base, *heads):
        if not _OBJECT.fullmatch(name):
            raise Inconclusive(f"{name[:80]!r} is not a full git object name", where=str(root))
    with tempfile.TemporaryDirectory(prefix="counterseal-merge-") as made:
        bench = _Bench(Path(made), _objects(root), len(base))
        tree: str | None = None
        for head in heads:
            bench.require(base, head)
            tree = bench.merge(base, head)
            if tree is None:
                return Merged(None)
            base = bench.commit(tree, base, head)
        return Merged(tree)


class _Bench:
    """A repository of our own on top of borrowed objects."""

    def __init__(self, folder: Path, objects: Path, length: int) -> None:
        self._folder = folder
        self._borrowed = objects
        name = "sha256" if length == 64 else "sha1"  # noqa: PLR2004 - digits of the longer kind
        self._git(
            "init", "-q", "--bare", "--template=", f"--object-format={name}", str(folder), folder=folder
        )

    def require(self, *commits: str) -> None:
        """Refuse a commit that is not here."""
        for commit in commits:
            if self._git("cat-file", "-e", f"{commit}^{{commit}}").returncode != 0:
                raise Inconclusive(
                    "the commit is not in the checkout",
                    where=commit,
                    remedy="check out the whole history (fetch-depth: 0), and fetch the pull request's head",
                )

    def merge(self, one: str, other: str) -> str | None:
        """Return the tree of a merge, None when there is a conflict."""
        done = self._git("merge-tree", "--write-tree", "--no-messages", one, other)
        tree = done.stdout.decode("ascii", "replace").partition("\n")[0]
        if done.returncode not in {0, _CONFLICT} or not _OBJECT.fullmatch(tree):
            words = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise Inconclusive(f"git cannot merge: {words[-1][:200] if words else done.returncode}")
        return tree if done.returncode == 0 else None

    def commit(self, tree: str, *parents: str) -> str:
        """Return a commit of our own, to go on from."""
        words = [word for parent in parents for word in ("-p", parent)]
        done = self._git("commit-tree", tree, *words, "-m", "merge")
        name = done.stdout.decode("ascii", "replace").strip()
        if done.returncode != 0 or not _OBJECT.fullmatch(name):
            raise Inconclusive("git cannot note down a merge")
        return name

    def _git(self, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
        command = ["git", *words] if folder else git_process.command(self._folder, *words)
        env = git_process.environment() | _WHO | {"GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(self._borrowed)}
        try:
            return subprocess.run(  # noqa: S603 - fixed program, checked arguments, no shell
                command,
                cwd=self._folder,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=git_process.TIMEOUT_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as cause:
            raise Inconclusive(f"git could not be run: {cause}", where=str(self._borrowed)) from cause


def _objects(root: Path) -> Path:
    """Return the folder of the objects of the repository that a folder lies in."""
    top = next(
        (one for one in (root.resolve(), *root.resolve().parents) if os.path.lexists(one / ".git")), None
    )
    if top is None:
        raise Inconclusive("this is not in a git repository", where=str(root))
    words = ("rev-parse", "--path-format=absolute", "--git-common-dir")
    found = git_process.run(git_process.command(top / ".git", f"--work-tree={top}", *words), top)
    return Path(found.removesuffix("\n")) / "objects"


def _quoted(path: Path) -> str:
    """Return a path for a list of them, which a colon separates (GIT_ALTERNATE_OBJECT_DIRECTORIES)."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
