"""Values of a resource, some of which are known only when it is deployed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias


class Unresolved:
    """The value of something that is known only when it is deployed."""

    def __repr__(self) -> str:
        return "(known when deployed)"


UNRESOLVED: Final = Unresolved()

Answer: TypeAlias = "bool | Unresolved | None"
"""Yes, no, not told, or known only later."""

Reading: TypeAlias = Callable[["Values"], Answer]
"""Reads one aspect of a resource."""


class Values:
    """The values of a resource.

    Args:
        tree: the values: objects, lists, plain values, and `UNRESOLVED` where one is not known.
    """

    def __init__(self, tree: Any) -> None:
        self.tree = tree

    def get(self, path: str) -> Any:
        """Return the value at a path such as `settings.0.region`; None when it is not there."""
        at = self.tree
        for word in path.split("."):
            if at is UNRESOLVED:
                return UNRESOLVED
            if isinstance(at, Mapping):
                at = at.get(word)
            elif isinstance(at, list) and word.isdigit():
                at = at[int(word)] if int(word) < len(at) else None
            else:
                return None
        return at

    def every(self, path: str) -> list[Any]:
        """Return the values at a path in which `*` stands for every item of a list."""
        head, star, rest = path.partition(".*")
        items = self.get(head)
        if items is UNRESOLVED or not star:
            return [items] if items is not None else []
        listed = items if isinstance(items, list) else []
        if not rest:
            return listed
        return [found for one in listed for found in Values(one).every(rest.removeprefix("."))]

    def text(self, path: str) -> str | None:
        """Return a text that is known, else None."""
        value = self.get(path)
        return value if isinstance(value, str) and value else None


def holds_unresolved(tree: Any) -> bool:
    """Tell whether anything in a tree is known only later."""
    return any(one is UNRESOLVED for one in _leaves(tree))


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, Mapping):
        for value in tree.values():
            yield from _leaves(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _leaves(value)
    else:
        yield tree


def always(answer: bool | None) -> Reading:
    """Return a reading of what is so whatever is configured; None for what is not told anywhere."""
    return lambda _: answer


def flag(path: str, default: bool | None) -> Reading:
    """Return a reading of a switch.

    Args:
        path: where it is.
        default: what holds when it is not set.
    """

    def read(values: Values) -> Answer:
        value = values.get(path)
        if isinstance(value, Unresolved | bool):
            return value
        words = {"true": True, "false": False, "enabled": True, "disabled": False}
        return default if value is None else words.get(str(value).lower())

    return read


def not_(reading: Reading) -> Reading:
    """Return the opposite of a reading."""

    def read(values: Values) -> Answer:
        value = reading(values)
        return not value if isinstance(value, bool) else value

    return read


def positive(path: str, default: bool | None) -> Reading:
    """Return a reading of whether a number is more than none, such as the days that backups are kept."""

    def read(values: Values) -> Answer:
        value = values.get(path)
        if isinstance(value, Unresolved):
            return value
        try:
            return default if value is None else int(value) > 0
        except (TypeError, ValueError):
            return None

    return read


def there(path: str) -> Reading:
    """Return a reading of whether something is set."""

    def read(values: Values) -> Answer:
        value = values.get(path)
        return value if isinstance(value, Unresolved) else value not in (None, "", [], {})

    return read


def any_of(*readings: Reading) -> Reading:
    """Return a reading that is true when one of several is."""

    def read(values: Values) -> Answer:
        answers = [reading(values) for reading in readings]
        for sought in (True, UNRESOLVED, None):
            if any(one is sought for one in answers):
                return sought
        return False

    return read


def equals(path: str, word: str, default: bool | None) -> Reading:
    """Return a reading of whether a text is one word, whatever its case."""

    def read(values: Values) -> Answer:
        value = values.get(path)
        if isinstance(value, Unresolved):
            return value
        return default if value is None else str(value).lower() == word.lower()

    return read
