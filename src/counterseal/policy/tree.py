"""Strict YAML: the part of the language that all readers understand alike, with the place of every value.

Anchors, aliases, merge keys, tags, null and every plain word that some version of YAML takes for something
else than text (`yes`, `1.10`, `2026-01-01`, `12:30`) are refused: a policy must mean the same to its author,
to the reviewer's editor and to us. What remains is text, true and false, whole numbers, lists and objects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from counterseal.errors import MalformedError
from counterseal.manifest.canonical import MAX_INTEGER

YamlValue: TypeAlias = "dict[str, YamlValue] | list[YamlValue] | str | int | bool"

MAX_BYTES: Final = 1024 * 1024
"""The largest document that is read, in bytes."""

MAX_DEPTH: Final = 16
"""How far below the root of a document a value may lie, in levels."""

MAX_VALUES: Final = 10_000
"""How many names and values a document may have, so that none takes longer than a moment to read."""

_STR: Final = "tag:yaml.org,2002:str"
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,15}")
_TYPED_ELSEWHERE = re.compile(  # in YAML 1.1 or 1.2, though PyYAML takes it for text
    r"[yYnN]|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
)


@dataclass(frozen=True)
class Tree:
    """A document.

    Attributes:
        value: the document as plain values.
        places: line and column, from 1, of every object member and list item, by path (`$.a.b[0]`).
    """

    value: YamlValue
    places: Mapping[str, tuple[int, int]]


def read_yaml(data: bytes, *, where: str) -> Tree:
    """Read one YAML document strictly.

    Args:
        data: the raw bytes, UTF-8.
        where: what the bytes are, for the error; line and column are added to it.

    Raises:
        MalformedError: for anything that is not strict YAML, is too large or is nested too deeply.
    """
    if len(data) > MAX_BYTES:
        raise MalformedError(f"{len(data)} bytes are more than the limit of {MAX_BYTES}", where=where)
    try:
        loader = _Composer(data.decode("utf-8"), where)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as cause:
        message = f"not YAML: {cause.problem or cause.context}"
        raise _error(where, cause.problem_mark, message) from cause
    except (yaml.YAMLError, ValueError, OverflowError) as cause:
        raise MalformedError(f"not YAML: {cause}", where=where) from cause
    if node is None:
        raise MalformedError("the document is empty", where=where)
    reader = _Reader(where)
    return Tree(reader.value(node, "$"), reader.places)


class _Composer(yaml.SafeLoader):
    """Composes nodes, and refuses what has no place here before anything is built of it."""

    def __init__(self, text: str, where: str) -> None:
        super().__init__(text)
        self._where = where
        self._depth = self._count = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose the next node."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _error(self._where, event.start_mark, "anchors and aliases are not allowed")
        if event.tag is not None:
            raise _error(self._where, event.start_mark, "tags are not allowed")
        if self._depth > MAX_DEPTH:
            raise _error(self._where, event.start_mark, f"nested deeper than {MAX_DEPTH} levels")
        if self._count >= MAX_VALUES:
            raise _error(self._where, event.start_mark, f"more than {MAX_VALUES} names and values")
        self._count += 1
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


@dataclass
class _Reader:
    """Turns nodes into values and remembers where each one stood."""

    where: str
    places: dict[str, tuple[int, int]] = field(default_factory=dict)

    def value(self, node: yaml.Node, path: str) -> YamlValue:
        if isinstance(node, yaml.MappingNode):
            return self._object(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, f"{path}[{at}]") for at, item in enumerate(node.value)]
        return _scalar(node, self.where)

    def _object(self, node: yaml.MappingNode, path: str) -> YamlValue:
        members: dict[str, YamlValue] = {}
        for key, value in node.value:
            name = _scalar(key, self.where) if isinstance(key, yaml.ScalarNode) else None
            if not isinstance(name, str):
                raise _error(self.where, key.start_mark, "a name must be text")
            if name in members:
                raise _error(self.where, key.start_mark, f"{name!r} occurs twice")
            self.places[f"{path}.{name}"] = _place(key.start_mark)
            members[name] = self.value(value, f"{path}.{name}")
        return members

    def _item(self, node: yaml.Node, path: str) -> YamlValue:
        self.places[path] = _place(node.start_mark)
        return self.value(node, path)


def _scalar(node: yaml.Node, where: str) -> str | int | bool:
    text: str = node.value
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise _error(where, node.start_mark, "a lone surrogate, which is no text")
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    if not plain or (node.tag == _STR and not _TYPED_ELSEWHERE.fullmatch(text)):
        return text
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text) and abs(int(text)) <= MAX_INTEGER:
        return int(text)
    raise _error(
        where,
        node.start_mark,
        f"{text[:100]!r} means different things to different readers of YAML",
        "write text in quotes, and anything else as true, false or a whole decimal number",
    )


def _place(mark: yaml.Mark) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _error(where: str, mark: yaml.Mark | None, message: str, remedy: str | None = None) -> MalformedError:
    place = ":".join([where, *map(str, _place(mark))]) if mark else where
    return MalformedError(message, where=place, remedy=remedy)
