"""Documents of a policy: strict YAML read into a structure, with line and column for whatever is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from counterseal.errors import MalformedError
from counterseal.policy.tree import Tree, read_yaml

T = TypeVar("T")

_PROBLEM = re.compile(r"(.*?)(?: - at `(\$.*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)


@dataclass(frozen=True)
class Document(Generic[T]):
    """A document that was read.

    Attributes:
        value: what it says.
        tree: where each part of it stands.
        where: its name.
    """

    value: T
    tree: Tree
    where: str

    def place(self, path: str) -> str:
        """Return name, line and column of a part; a default has that of what holds it."""
        return place_of(self.tree, self.where, path)


def read_document(data: bytes, kind: type[T], where: str) -> Document[T]:
    """Read a document.

    Args:
        data: the file's bytes.
        kind: the structure that it must fit.
        where: the file's name, for the error; line and column are added to it.

    Raises:
        MalformedError: naming the first thing that is wrong, and where it stands.
    """
    tree = read_yaml(data, where=where)
    try:
        return Document(msgspec.convert(tree.value, kind), tree, where)
    except msgspec.ValidationError as cause:
        raise located(tree, where, cause) from cause


def located(tree: Tree, where: str, cause: msgspec.ValidationError) -> MalformedError:
    """Return the error of the decoder with the line and column of what it is about."""
    match = _PROBLEM.fullmatch(str(cause))
    message, path = (match[1], match[2] or "$") if match else (str(cause), "$")
    unknown = _UNKNOWN.fullmatch(message)
    place = place_of(tree, where, f"{path}.{unknown[1]}" if unknown else path)
    return MalformedError(f"{path.removeprefix('$.')}: {message}"[:300], where=place)


def place_of(tree: Tree, where: str, path: str) -> str:
    """Return name, line and column of a part of a document."""
    while path not in tree.places and "." in path:
        path = path.rpartition(".")[0]
    return ":".join([where, *map(str, tree.places.get(path, (1, 1)))])
