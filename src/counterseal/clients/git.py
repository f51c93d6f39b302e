"""Git, as a reader: the commit that is checked out, its files, and the history between two commits.

Nothing that a repository can hold is executed, and none of its settings is believed: git is asked for the
checked out commit's name only, everything else is read from raw objects that have the content their names
say (see `git_process` and `git_objects`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import msgspec

from counterseal.clients import git_process
from counterseal.clients.address import public_address
from counterseal.clients.git_objects import Objects, open_objects
from counterseal.clients.worktree import Entry, WorkTree, list_tree
from counterseal.errors import Inconclusive, UsageError

Parents = tuple[str, ...] | None
"""A commit's parents, or None for a commit that is missing."""

_PARENTS = re.compile(r"tree [^\n]*\n((?:parent [^\n]*\n)*)")
_LARGEST_COMMIT = 4 * 1024 * 1024  # bytes; a larger one is passed over like a missing one
_KEPT = 64 * 1024 * 1024  # bytes of commits that are not read twice
_SECONDS = re.compile(r"[0-9]{1,11}")
_OBJECT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")


class Commit(msgspec.Struct, frozen=True):
    """One commit object, as it stands in the repository.

    Attributes:
        id: the object name.
        author: name and address as the author chose them, without the date.
        committer: the same of the committer.
        message: the whole message.
        signed: whether the object carries a signature (nothing is said of its worth).
        tree: the name of its tree.
        parents: the names of its parents.
        claimed_at: when it says that it was committed, in seconds since 1970; whoever commits chooses it.
        authored_at: when it says that it was written, likewise.
    """

    id: str
    author: str
    committer: str
    message: str
    signed: bool
    tree: str = ""
    parents: tuple[str, ...] = ()
    claimed_at: int = 0
    authored_at: int = 0


@dataclass(frozen=True)
class History:
    """The commits that one commit has and another has not.

    Attributes:
        commits: them, newest first: none comes after one of its parents.
        missing: commits that belong here or lead here, and that the repository lacks.
        more: whether there are more than were asked for.
    """

    commits: tuple[Commit, ...]
    missing: tuple[str, ...] = ()
    more: bool = False


class GitRepository:
    """A work tree's repository.

    Args:
        root: the work tree, or any folder below it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._parents: dict[str, Parents] = {}
        self._raw: dict[str, bytes] = {}
        self._room = _KEPT

    def head(self) -> tuple[str, str]:
        """Return the object names of the commit that is checked out and of its tree.

        Raises:
            UsageError: when the folder is not in a repository with a commit.
        """
        try:
            name = self._head()
        except Inconclusive as cause:
            raise UsageError(
                "there is no git commit checked out here",
                where=str(self.root),
                remedy="check out the repository in a step before this one",
            ) from cause
        return name, self.tree_of(name)

    def remote_url(self) -> str | None:
        """Return the address of `origin` without any user name or password, or None."""
        try:
            words = ("config", "--file", str(self._common / "config"), "--no-includes")
            # Asked from outside the repository, so that this file is the only one that is read.
            command = git_process.command(Path("/nonexistent"), *words, "--get", "remote.origin.url")
            return public_address(git_process.run(command, Path("/")).removesuffix("\n"))
        except Inconclusive:
            return None

    def changed_files(self) -> list[str]:
        """Return the tracked files whose content is not that of the commit that is checked out.

        Bytes, executable bits and link targets are compared; a file that is missing is altered, and so is one
        that git itself would convert (line endings, filters; Git LFS content is known by its pointer). A
        submodule is altered when it has another commit or altered files; an empty folder in its place is not.

        Raises:
            Inconclusive: when the commit's trees or a tracked file cannot be read.
        """
        entries, files = self._entries(), WorkTree(self._top)
        with self.objects(self._head()) as objects:
            changed = [_text(entry.path) for entry in files.altered(objects, entries)]
        for entry in entries:
            if entry.is_submodule:
                changed += self._changed_below(entry, files)
        return sorted(changed)

    def place_of(self, path: Path) -> str | None:
        """Return a file's path from the top of the work tree, or None when it lies elsewhere."""
        top, whole = self._top.resolve(), path.resolve()
        return str(whole.relative_to(top)) if whole.is_relative_to(top) else None

    def has_committed(self, place: str) -> bool:
        """Tell whether a file of the work tree, by its `place_of`, is in the commit and unaltered."""
        tracked = {entry.path for entry in self._entries()}
        return os.fsencode(place) in tracked and place not in self.changed_files()

    def untracked_count(self) -> int:
        """Count the files and links in the work tree that are not in the commit, ignored ones included.

        Raises:
            Inconclusive: when the commit's trees or a folder cannot be read.
        """
        entries, files = self._entries(), WorkTree(self._top)
        modules = {one.path: self._submodule(one, files) for one in entries if one.is_submodule}
        inner = {path: module for path, module in modules.items() if module is not None}
        try:
            count = files.untracked(entries, set(inner))
        except OSError as cause:
            raise Inconclusive(f"the work tree cannot be read: {cause}", where=str(self.root)) from cause
        return count + sum(module.untracked_count() for module in inner.values())

    def is_shallow(self) -> bool:
        """Tell whether the history here ends early on record (it may still lack commits otherwise)."""
        return os.path.lexists(self._common / "shallow")

    def contains(self, older: str, newer: str) -> bool:
        """Tell whether `older` is here and is an ancestor of `newer` (or the same)."""
        self._check(older, newer)
        with self.objects(newer) as objects:
            if self._read_parents(objects, [older])[older] is None:
                return False
            steps = self._ancestors(objects, newer, {older})
            return older == newer or any(older in (parents or ()) for _, parents in steps)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the nearest commit that both have, or None when there is none here."""
        self._check(one, other)
        with self.objects(one) as objects:
            known = {name for name, found in self._ancestors(objects, one, set()) if found is not None}
            return next((name for name, _ in self._ancestors(objects, other, ()) if name in known), None)

    def commits(self, until: str, since: str | None = None, limit: int = 1) -> list[Commit]:
        """Return the commits that `until` has and `since` has not, newest first, at most `limit`."""
        return list(self.history(until, since, limit).commits)

    def history(self, until: str, since: str | None = None, limit: int = 1) -> History:
        """Return the commits that `until` has and `since` has not, and what of them is not here.

        Args:
            until: the newer commit.
            since: the older one; None for the whole history.
            limit: how many are listed at most.

        Raises:
            Inconclusive: when an object does not have the content that its name says.
        """
        self._check(until, *(since,) if since else ())
        with self.objects(until) as objects:
            found, more = self._collect(objects, until, {since} if since else set(), limit)
            # When every way back ends at `since`, nothing else can be behind it; otherwise its own ancestors
            # have to be known.
            if since and (more or not all(found.values())):
                known = {since} | {name for name, _ in self._ancestors(objects, since, set())}
                found, more = self._collect(objects, until, known, limit)
            here = [name for name in _newest_first(until, found) if found[name] is not None]
            missing = tuple(name for name, parents in found.items() if parents is None)
            return History(tuple(self._read(objects, here)), missing, more)

    def refs(self, prefix: str) -> dict[str, str]:
        """Return the commits that refs name, by their full names; annotated tags are followed.

        Args:
            prefix: how the names begin, such as `refs/tags/`.
        """
        form = "--format=%(refname) %(objecttype) %(objectname) %(*objecttype) %(*objectname)"
        found: dict[str, str] = {}
        for line in self._ask("for-each-ref", form, prefix).splitlines():
            name, *words = line.split(" ")
            pairs = [(words[at], words[at + 1]) for at in range(0, len(words) - 1, 2)]
            for kind, oid in pairs:
                if kind == "commit" and _OBJECT.match(oid):
                    found[name] = oid
        return found

    def lineage(self, tips: Sequence[str]) -> frozenset[str]:
        """Return the commits and all that they descend from, as far as it is here."""
        self._check(*tips)
        found: set[str] = set()
        for tip in tips:
            with self.objects(tip) as objects:
                # Level by level, each commit of a straight line would cost a question of its own.
                self._read_parents(objects, objects.likely(tip) if tip not in self._parents else [])
                steps = self._ancestors(objects, tip, frozenset(found))
                found |= {name for name, parents in steps if parents is not None}
        return frozenset(found)

    def is_long(self, tips: Sequence[str], count: int) -> bool:
        """Tell whether git counts so many commits behind others, for deciding who reads them; a guess."""
        self._check(*tips)
        try:
            return int(self._ask("rev-list", f"--max-count={count}", "--count", *tips)) >= count
        except (Inconclusive, ValueError):
            return False

    def raw_commits(self, names: Sequence[str]) -> dict[str, bytes | None]:
        """Return commit objects as they are, which is what was signed; None for one that is missing.

        Raises:
            Inconclusive: when an object does not have the content that its name says.
        """
        self._check(*names)
        found: dict[str, bytes | None] = {}
        for length in {len(name) for name in names}:
            with open_objects(self._common / "objects", length) as objects:
                wanted = [name for name in names if len(name) == length and name not in self._raw]
                found |= objects.read(wanted, "commit", _LARGEST_COMMIT)
        return {name: self._raw.get(name) or found[name] for name in names}

    def _collect(
        self, objects: Objects, start: str, stop: set[str], limit: int
    ) -> tuple[dict[str, Parents], bool]:
        steps = self._ancestors(objects, start, stop)
        found = dict(islice(steps, limit))
        return found, next(steps, None) is not None

    def _ancestors(self, objects: Objects, start: str, stop: Container[str]) -> Iterator[tuple[str, Parents]]:
        """Yield a commit and what it descends from, with the parents of each; `stop` is not gone into."""
        level, seen = [start], {start}
        while level := [name for name in level if name not in stop]:
            found, below = self._read_parents(objects, level), list[str]()
            for name in level:
                yield name, found[name]
                fresh = [one for one in found[name] or () if one not in seen]
                seen.update(fresh)
                below += fresh
            level = below

    def _read_parents(self, objects: Objects, names: list[str]) -> dict[str, Parents]:
        unread = [name for name in names if self._parents.get(name) is None]
        for name, data in objects.read(unread, "commit") if unread else ():
            self._parents[name] = None if data is None else _parents(data.decode("utf-8", "replace"))
            self._check(*self._parents[name] or ())
            if data is not None and len(data) <= self._room:
                self._raw[name] = data
                self._room -= len(data)
        return {name: self._parents[name] for name in names}

    def _read(self, objects: Objects, names: list[str]) -> Iterator[Commit]:
        unread = dict(objects.read([name for name in names if name not in self._raw], "commit"))
        for name in names:
            data = self._raw.get(name) or unread[name]
            if data is None:
                raise Inconclusive(f"commit {name} is missing")
            yield parse_commit(name, data)

    @cached_property
    def _top(self) -> Path:
        """The folder that has `.git`; where the configuration says the files are does not matter."""
        folder = self.root.resolve()
        for place in (folder, *folder.parents):
            if os.path.lexists(place / ".git"):
                return place
        raise Inconclusive("this is not in a git repository", where=str(self.root))

    @cached_property
    def _common(self) -> Path:
        """The folder of the objects and the configuration; linked work trees share that of the main one."""
        found = self._ask("rev-parse", "--path-format=absolute", "--git-common-dir")
        return Path(found.removesuffix("\n"))

    def _head(self) -> str:
        name = self._ask("rev-parse", "--verify", "HEAD").strip()
        self._check(name)
        return name

    def _ask(self, *words: str) -> str:
        git_dir = self._top / ".git"
        return git_process.run(git_process.command(git_dir, f"--work-tree={self._top}", *words), self._top)

    def objects(self, name: str) -> AbstractContextManager[Objects]:
        """Return access to the raw objects whose names are as long as `name`."""
        self._check(name)
        return open_objects(self._common / "objects", len(name))

    def tree_of(self, commit: str) -> str:
        """Return the name of a commit's tree.

        Raises:
            Inconclusive: the commit is not here.
        """
        with self.objects(commit) as objects:
            return next(self._read(objects, [commit])).tree

    def _entries(self) -> list[Entry]:
        tree = self.tree_of(self._head())
        with self.objects(tree) as objects:
            return list_tree(objects, tree)

    def _changed_below(self, entry: Entry, files: WorkTree) -> list[str]:
        """Return the altered files of a submodule, or the submodule itself when it is not at its commit."""
        name, inner = _text(entry.path), self._submodule(entry, files)
        if inner is None:
            empty = files.has_folder(entry.path) and files.holds_nothing(entry.path)
            return [] if empty else [name]
        if inner.head()[0] != entry.id:
            return [name]
        return [f"{name}/{path}" for path in inner.changed_files()]

    def _submodule(self, entry: Entry, files: WorkTree) -> GitRepository | None:
        folder = self._top / os.fsdecode(entry.path)
        if files.has_folder(entry.path) and os.path.lexists(folder / ".git"):
            return GitRepository(folder)
        return None

    def _check(self, *names: str) -> None:
        for name in names:
            if not _OBJECT.match(name):
                raise UsageError(f"{name[:80]!r} is not a full git object name", where=str(self.root))


def parse_commit(name: str, data: bytes) -> Commit:
    """Read a raw commit object (gitformat: headers, an empty line, the message)."""
    text = data.decode("utf-8", "replace")
    head, _, message = text.partition("\n\n")
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
        tree=headers.get("tree", ""),
        parents=_parents(text),
        claimed_at=_seconds(headers.get("committer", "")),
        authored_at=_seconds(headers.get("author", "")),
    )


def tree_of_raw(data: bytes) -> str:
    """Return the name of a raw commit's tree, which its first line has; empty where that is another."""
    word, _, name = data.partition(b"\n")[0].partition(b" ")
    return name.decode("utf-8", "replace") if word == b"tree" else ""


def _parents(text: str) -> tuple[str, ...]:
    """Return a raw commit's parents, which follow its tree; the word means nothing further down."""
    header = _PARENTS.match(text)
    return tuple(header[1].replace("parent ", "").split()) if header else ()


def _newest_first(start: str, parents: Mapping[str, Parents]) -> list[str]:
    """Return the commits so that each comes before its parents."""
    order: list[str] = []
    seen: set[str] = set()
    stack = [(start, False)]
    while stack:
        name, left = stack.pop()
        if left:
            order.append(name)
        elif name in parents and name not in seen:
            seen.add(name)
            stack.append((name, True))
            stack.extend((one, False) for one in parents[name] or ())
    return order[::-1]


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _identity(line: str) -> str:
    """Return `name <address>` from an author line; the date is the author's choice and is dropped."""
    return line[: line.rfind(">") + 1] or line


def _seconds(line: str) -> int:
    """Return the moment of an author line; 0 when it names none."""
    words = line[line.rfind(">") + 1 :].split()
    return int(words[0]) if words and _SECONDS.fullmatch(words[0]) else 0
