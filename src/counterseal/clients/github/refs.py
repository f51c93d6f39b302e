"""Refs, trees and files: what is at a name, proven to be what git calls by that name."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from counterseal.clients.github import queries
from counterseal.clients.github import shapes_graphql as graphql
from counterseal.clients.github import shapes_rest as rest
from counterseal.clients.github.reading import read
from counterseal.clients.github.repo import Repo
from counterseal.errors import Inconclusive, MalformedError

_OBJECT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_HASHES = {40: "sha1", 64: "sha256"}


def tip(repo: Repo, ref: str) -> tuple[str, str]:
    """Return the commit of a full ref, and its tree; a tag object is followed to its commit.

    Raises:
        MalformedError: there is no such ref, or it leads to no commit.
    """
    if not ref.startswith("refs/"):
        raise MalformedError("a ref is written in full, such as refs/heads/main", where=ref)
    found = repo.ask(queries.REF, graphql.RefData, ref=ref).repository.ref
    if found is None:
        raise MalformedError("the forge has no such branch or tag", where=ref)
    return peel(found.target, ref)


def commit(repo: Repo, name: str) -> tuple[str, str]:
    """Return the commit that an object name leads to, and its tree.

    Raises:
        MalformedError: there is no such object, or it leads to no commit.
    """
    _check(name)
    found = repo.ask(queries.OBJECT, graphql.ObjectData, oid=name).repository.object
    if found is None:
        raise MalformedError("the forge has no such commit", where=name)
    return peel(found, name)


def file(repo: Repo, path: str, at: str) -> bytes | None:
    """Return a file at a commit, or None when that commit has no such file.

    Raises:
        MalformedError: there is no such commit, or the path is not one.
        Inconclusive: the content is not the one that the commit names.
    """
    _check(at)
    if not path or path.startswith("/") or any(part in {"", ".", ".."} for part in path.split("/")):
        raise MalformedError("not the path of a file in a repository", where=path)
    expression = f"{at}:{path}"
    found = repo.ask(queries.FILE, graphql.FileData, commit=at, expression=expression).repository
    if found.commit is None or found.commit.typename != "Commit":
        raise MalformedError("the forge has no such commit", where=at)
    if found.file is None or found.file.typename != "Blob":
        return None
    return _content(repo, found.file, path)


def _content(repo: Repo, blob: graphql.Blob, path: str) -> bytes:
    """Return a file's content: the text, where that is all of it, and else the bytes."""
    if blob.text is not None and not blob.is_truncated:
        data = blob.text.encode()
        if _name_of(data, blob.oid) == blob.oid:
            return data
    answer = repo.session.get(repo.path("git", "blobs", blob.oid)).body
    content = read(answer, rest.Blob, path)
    data = _decoded(content, path)
    if _name_of(data, blob.oid) != blob.oid:
        raise Inconclusive("the content of this file is not the one that its commit names", where=path)
    return data


def _decoded(content: rest.Blob, path: str) -> bytes:
    if content.encoding == "utf-8":
        return content.content.encode()
    try:
        return base64.b64decode("".join(content.content.split()), validate=True)
    except binascii.Error:
        raise Inconclusive("the content of this file cannot be read", where=path) from None


def _name_of(data: bytes, like: str) -> str:
    """Return the object name of a blob (git-hash-object(1)), with the hash of another name."""
    return hashlib.new(
        _HASHES[len(like)], b"blob %d\0%b" % (len(data), data), usedforsecurity=False
    ).hexdigest()


def peel(target: graphql.Target | None, where: str) -> tuple[str, str]:
    """Return the commit that something leads to, and its tree.

    Raises:
        MalformedError: it leads to none.
    """
    while target is not None and target.typename == "Tag":
        target = target.target
    if target is None or target.typename != "Commit" or target.tree is None:
        raise MalformedError("this leads to no commit", where=where)
    return target.oid, target.tree.oid


def _check(name: str) -> None:
    if not _OBJECT.fullmatch(name):
        raise MalformedError("not the name of a git object", where=name[:100])
