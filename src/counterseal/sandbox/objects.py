"""Git objects of the sandbox's repositories: real ones, in a bare repository, made without starting git."""

from __future__ import annotations

import hashlib
import subprocess
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

NOTHING = "0" * 40
"""What a ref points to that is not there."""

Files = Mapping[str, str]
"""The blob of every file of a tree, by its path from the top."""


@dataclass(frozen=True)
class Name:
    """A name line of a commit: what git calls an identity.

    Attributes:
        name: the name.
        email: the address.
        at: the moment.
    """

    name: str
    email: str
    at: datetime

    def line(self) -> str:
        """Return the line as it stands in a commit."""
        return f"{self.name} <{self.email}> {int(self.at.timestamp())} +0000"


@dataclass(frozen=True)
class CommitObject:
    """A commit.

    Attributes:
        oid: its object name.
        tree: its tree.
        parents: its parents.
        author: who wrote it.
        committer: who committed it.
        message: the message.
        files: the files of its tree.
    """

    oid: str
    tree: str
    parents: tuple[str, ...]
    author: Name
    committer: Name
    message: str
    files: Files


class Objects:
    """The objects and refs of one bare repository.

    Args:
        folder: an empty or missing folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
        (folder / "config").write_text(
            "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
        )
        self.commits: dict[str, CommitObject] = {}
        self._blobs: dict[str, bytes] = {}

    def write_blob(self, data: bytes) -> str:
        """Write a file's content and return its object name."""
        oid = self._write("blob", data)
        self._blobs[oid] = data
        return oid

    def blob(self, oid: str) -> bytes:
        """Return a file's content."""
        return self._blobs[oid]

    def write_commit(
        self,
        files: Files,
        parents: tuple[str, ...],
        author: Name,
        committer: Name,
        message: str,
        signature: str = "",
    ) -> CommitObject:
        """Write a commit with its trees and return it."""
        tree = self.write_tree(files)
        headers = [f"tree {tree}", *(f"parent {one}" for one in parents)]
        headers += [f"author {author.line()}", f"committer {committer.line()}"]
        if signature:
            headers.append("gpgsig " + signature.strip().replace("\n", "\n "))
        oid = self._write("commit", ("\n".join(headers) + "\n\n" + message).encode())
        commit = CommitObject(oid, tree, parents, author, committer, message, dict(files))
        self.commits[oid] = commit
        return commit

    def set_ref(self, ref: str, oid: str | None) -> None:
        """Let a ref, given in full, point to a commit, or remove it."""
        path = self.folder / ref
        if oid is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(oid + "\n")

    def ancestors(self, oid: str) -> Iterator[str]:
        """Yield a commit and all before it, newest first."""
        seen, level = {oid}, [oid]
        while level:
            here = level.pop(0)
            yield here
            for parent in self.commits[here].parents:
                if parent in self.commits and parent not in seen:
                    seen.add(parent)
                    level.append(parent)

    def between(self, base: str, head: str) -> list[str]:
        """Return the commits that `head` has and `base` has not, oldest first, parents before children."""
        known = set(self.ancestors(base))
        order: list[str] = []
        seen: set[str] = set()
        stack: list[tuple[str, bool]] = [(head, False)]
        while stack:
            here, done = stack.pop()
            if done:
                order.append(here)
            elif here not in seen and here not in known and here in self.commits:
                seen.add(here)
                stack.append((here, True))
                stack.extend((one, False) for one in reversed(self.commits[here].parents))
        return order

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the newest commit that both have."""
        known = set(self.ancestors(one))
        return next((oid for oid in self.ancestors(other) if oid in known), None)

    def merged_files(self, base: str | None, ours: str, theirs: str) -> dict[str, str]:
        """Return the files of a three-way merge of whole files.

        Raises:
            ValueError: both sides changed the same file differently.
        """
        before = dict(self.commits[base].files) if base else {}
        mine, yours = self.commits[ours].files, self.commits[theirs].files
        merged: dict[str, str] = {}
        for path in {*before, *mine, *yours}:
            was, left, right = before.get(path), mine.get(path), yours.get(path)
            if left != right and was not in (left, right):
                raise ValueError(f"conflict in {path}")
            chosen = right if left == was else left
            if chosen is not None:
                merged[path] = chosen
        return merged

    def absorb(self, source: Path, commit: str) -> list[str]:
        """Take a commit and all before it from another repository, and return those that are new here."""
        git = ("git", "-c", "safe.directory=*", "--git-dir", str(self.folder))
        subprocess.run([*git, "fetch", "--quiet", "--no-tags", str(source), commit], check=True)  # noqa: S603
        listed = self._git("rev-list", "--reverse", "--topo-order", commit).split()
        new = [oid for oid in listed if oid not in self.commits]
        for oid in new:
            self.commits[oid] = self._read(oid)
        return new

    def _read(self, oid: str) -> CommitObject:
        head, _, message = self._git("cat-file", "commit", oid).partition("\n\n")
        fields: dict[str, list[str]] = {}
        for line in head.split("\n"):
            word, _, rest = line.partition(" ")
            fields.setdefault(word, []).append(rest)
        files: dict[str, str] = {}
        for row in self._git("ls-tree", "-r", "-z", oid).split("\0"):
            if row:
                meta, _, path = row.partition("\t")
                files[path] = meta.split()[2]
                self._blobs.setdefault(files[path], self._raw("cat-file", "blob", files[path]))
        return CommitObject(
            oid,
            fields["tree"][0],
            tuple(fields.get("parent", ())),
            _name(fields["author"][0]),
            _name(fields["committer"][0]),
            message,
            files,
        )

    def _git(self, *words: str) -> str:
        return self._raw(*words).decode("utf-8", "surrogateescape")

    def _raw(self, *words: str) -> bytes:
        done = subprocess.run(  # noqa: S603
            ["git", "-c", "safe.directory=*", "--git-dir", str(self.folder), *words],  # noqa: S607
            check=True,
            capture_output=True,
        )
        return done.stdout

    def write_tree(self, files: Files) -> str:
        """Write the trees of some files and return the topmost one's name."""
        folders: dict[str, dict[str, str]] = {}
        rows: list[tuple[bytes, bytes]] = []
        for path, blob in files.items():
            first, slash, rest = path.partition("/")
            if slash:
                folders.setdefault(first, {})[rest] = blob
            else:
                rows.append((first.encode(), b"100644 " + first.encode() + b"\0" + bytes.fromhex(blob)))
        for name, inner in folders.items():
            tree = self.write_tree(inner)
            rows.append((name.encode() + b"/", b"40000 " + name.encode() + b"\0" + bytes.fromhex(tree)))
        return self._write("tree", b"".join(row for _, row in sorted(rows)))

    def _write(self, kind: str, data: bytes) -> str:
        whole = f"{kind} {len(data)}\0".encode() + data
        oid = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        path = self.folder / "objects" / oid[:2] / oid[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(whole, 1))
        return oid


def _name(line: str) -> Name:
    text, _, stamp = line.rpartition("> ")
    name, _, email = text.partition(" <")
    from datetime import UTC

    return Name(name, email, datetime.fromtimestamp(int(stamp.split()[0]), UTC))
