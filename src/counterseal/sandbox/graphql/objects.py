"""Commits, tags, trees and files, as GraphQL shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from counterseal.sandbox.graphql.connections import Node, connection
from counterseal.sandbox.graphql.facts import Commit, Pull, Repository, Source
from counterseal.sandbox.graphql.people import identity, node_id, signature

MOST_TEXT = 512_000
"""How many bytes of a file are given as text."""


@dataclass(frozen=True)
class Place:
    """A repository, and how its parts are made.

    Attributes:
        source: the world.
        repository: the repository.
        shown: makes the node of a repository.
        pull: makes the node of a pull request of this repository.
    """

    source: Source
    repository: Repository
    shown: Callable[[Source, Repository], Node]
    pull: Callable[[Place, Pull], Node]

    def node(self, _info: object = None) -> Node:
        """Return the repository."""
        return self.shown(self.source, self.repository)

    def of(self, kind: str, oid: str) -> Node:
        """Return a git object.

        Args:
            kind: `commit`, `tree`, `blob` or `tag`.
            oid: its name.
        """
        make = {"commit": commit, "blob": _blob, "tag": _tag, "tree": _tree}[kind]
        return make(self, oid)

    def named(self, expression: str) -> Node | None:
        """Return the git object that an expression means, or nothing."""
        found = self.source.object(self.repository, expression)
        return None if found is None else self.of(*found)


def commit(place: Place, oid: str) -> Node:
    """Return a commit."""
    facts = place.source.commit(place.repository, oid)
    return (
        _base(place, "Commit", oid)
        | _identities(facts)
        | {
            "tree": _tree(place, facts.tree),
            "message": facts.message,
            "messageHeadline": facts.message.split("\n", 1)[0],
            "authoredDate": facts.author.date,
            "committedDate": facts.committer.date,
            "committedViaWeb": facts.via_web,
            "signature": signature(facts.signature),
            "url": f"{place.repository.url}/commit/{oid}",
            "parents": connection("parents", lambda: facts.parents, lambda each: commit(place, each)),
            "history": connection(
                "history",
                lambda: place.source.history(place.repository, oid),
                lambda each: commit(place, each),
            ),
            "associatedPullRequests": connection(
                "associatedPullRequests",
                lambda: place.source.pulls_of(place.repository, oid),
                lambda each: place.pull(place, each),
            ),
        }
    )


def _identities(facts: Commit) -> Node:
    """Return whom a commit names."""
    everybody = (facts.author, *facts.co_authors)
    return {
        "author": identity(facts.author),
        "committer": identity(facts.committer),
        "authoredByCommitter": facts.author.email == facts.committer.email,
        "authors": connection("authors", lambda: everybody, identity),
    }


def _base(place: Place, kind: str, oid: str) -> Node:
    """Return what all git objects have."""
    return {
        "__typename": kind,
        "id": node_id(kind, place.repository.id, oid),
        "oid": oid,
        "abbreviatedOid": oid[:7],
        "commitUrl": f"{place.repository.url}/commit/{oid}",
        "repository": place.node,
    }


def _tree(place: Place, oid: str) -> Node:
    """Return a tree."""
    return _base(place, "Tree", oid)


def _tag(place: Place, oid: str) -> Node:
    """Return an annotated tag."""
    facts = place.source.tag(place.repository, oid)
    return _base(place, "Tag", oid) | {
        "name": facts.name,
        "message": facts.message,
        "tagger": facts.tagger and identity(facts.tagger),
        "target": lambda _info: place.named(facts.target),
    }


def _blob(place: Place, oid: str) -> Node:
    """Return a file; binary ones have no text, and long ones only their beginning."""
    content = place.source.blob(place.repository, oid)
    binary = b"\0" in content[:8000]
    text = None if binary else content[:MOST_TEXT].decode("utf-8", "replace")
    return _base(place, "Blob", oid) | {
        "byteSize": len(content),
        "isBinary": binary,
        "isTruncated": not binary and len(content) > MOST_TEXT,
        "text": text,
    }
