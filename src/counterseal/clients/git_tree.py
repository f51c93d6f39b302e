"""The files of a commit, read from raw objects: what the code was like before a change."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

from counterseal.clients.git import GitRepository, tree_of_raw
from counterseal.clients.worktree import entries_named, list_tree
from counterseal.errors import Inconclusive

_REGULAR: Final = (0o100644, 0o100755)
_SUBMODULE: Final = 0o160000
_LARGEST: Final = 16 * 1024 * 1024  # bytes


class CommitFiles:
    """The regular files of a commit.

    Args:
        repository: the repository.
        commit: the commit's full name.

    Attributes:
        paths: every path from the top, links and submodules too.
        blobs: the object name of every regular file's content, by its path.
        submodules: the paths at which another repository is mounted, which this one does not hold.

    Raises:
        Inconclusive: the commit or one of its trees is not here, or is not what its name says.
    """

    def __init__(self, repository: GitRepository, commit: str) -> None:
        self._repository = repository
        with repository.objects(commit) as objects:
            entries = list_tree(objects, repository.tree_of(commit))
        self.paths = tuple(os.fsdecode(entry.path) for entry in entries)
        self.submodules = tuple(os.fsdecode(entry.path) for entry in entries if entry.mode == _SUBMODULE)
        self.blobs: Mapping[str, str] = {
            os.fsdecode(entry.path): entry.id for entry in entries if entry.mode in _REGULAR
        }

    def read(self, paths: Iterable[str], limit: int = 16 * 1024 * 1024) -> dict[str, bytes | None]:
        """Return the content of files; None for one that is not there, or has more than `limit` bytes."""
        wanted = {path: self.blobs.get(path) for path in paths}
        names = sorted({name for name in wanted.values() if name})
        if not names:
            return dict.fromkeys(wanted)
        with self._repository.objects(names[0]) as objects:
            contents = dict(objects.read(names, "blob", limit))
        return {path: contents.get(name) if name else None for path, name in wanted.items()}


def versions_of(repository: GitRepository, commits: Iterable[str], path: str) -> dict[str, bytes]:
    """Return every content that a file has had in some commits, by its object name.

    Each tree is read once, however many commits share it.

    Raises:
        Inconclusive: a commit or tree is not here, or is not what its name says.
    """
    names = list(commits)
    if not names:
        return {}
    *folders, last = os.fsencode(path).split(b"/")
    raw = repository.raw_commits(names)
    missing = next((name for name in names if raw[name] is None), None)
    if missing is not None:
        raise Inconclusive(f"commit {missing} is missing")
    level = {tree_of_raw(data) for data in raw.values() if data is not None}
    with repository.objects(names[0]) as objects:
        for folder in folders:
            level = set(entries_named(objects, level, folder, folder_wanted=True))
        blobs = set(entries_named(objects, level, last, folder_wanted=False))
        contents = dict(objects.read(sorted(blobs), "blob", _LARGEST))
    return {name: data for name, data in contents.items() if data is not None}
