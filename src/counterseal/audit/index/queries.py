"""The questions that auditors ask the index, in the part of SQL that every engine has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from counterseal.audit.population import Window
from counterseal.errors import UsageError

_HEAD: Final = re.compile(r"-- ([^\n]+)\n-- parameters: ([a-z, -]+)\n(.+)", re.DOTALL)
_PATTERNS: Final = {
    "value": re.compile(r"[ -~]{1,200}"),
    "commit": re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}"),
    "number": re.compile(r"[0-9]{1,15}"),
    "days": re.compile(r"[0-9]{1,15}"),
}
_REMEDIES: Final = {"commit": "give all its 40 or 64 hexadecimal digits, in small letters"}
_LACKS: Final = re.compile(r"\bJOIN expected\b")


@dataclass(frozen=True)
class Query:
    """A question.

    Attributes:
        name: its name.
        means: what it asks, in a sentence.
        parameters: what is bound to each `?`, in their order: `since`, `until`, the months of both, `value`
            (text), `commit`, `number` or `days`.
        sql: the statement.
    """

    name: str
    means: str
    parameters: tuple[str, ...]
    sql: str

    @property
    def lacks(self) -> bool:
        """Whether it asks for what is expected and not there."""
        return _LACKS.search(self.sql) is not None

    def bind(self, window: Window, value: str) -> tuple[str, ...]:
        """Return what is bound, as text, in order.

        Args:
            window: the window.
            value: what the user asks about; empty where the question has no such parameter.

        Raises:
            UsageError: the value is missing, or is not wanted, or is no number or commit where one is.
        """
        given = _times(window) | dict.fromkeys(_PATTERNS, value)
        asked = [name for name in self.parameters if name not in _times(window)]
        if bool(asked) != bool(value):
            said = "takes no value" if value else f"needs a value: {asked[0]}"
            raise UsageError(f"the question {self.name} {said}", where="value")
        if value and not _PATTERNS[asked[0]].fullmatch(value):
            raise UsageError(f"no {asked[0]}", where="value", remedy=_REMEDIES.get(asked[0]))
        return tuple(given[name] for name in self.parameters)


def _times(window: Window) -> dict[str, str]:
    since, until = (text.replace("T", " ").removesuffix("Z") for text in (window.since, window.until))
    return {"since": since, "until": until, "since-month": since[:7], "until-month": until[:7]}


def queries() -> dict[str, Query]:
    """Return every question by its name."""
    folder = files("counterseal.audit.index") / "queries"
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".sql"))
    found = (_query(name.removesuffix(".sql"), (folder / name).read_text("utf-8")) for name in names)
    return {one.name: one for one in found}


def query_named(name: str) -> Query:
    """Return a question.

    Raises:
        UsageError: there is none of this name.
    """
    known = queries()
    if name not in known:
        raise UsageError(
            f"no question is called {name[:40]!r}", where="question", remedy=f"ask {', '.join(known)}"
        )
    return known[name]


def _query(name: str, text: str) -> Query:
    match = _HEAD.fullmatch(text)
    if match is None:
        raise ValueError(name)
    parameters = tuple(one.strip() for one in match[2].split(","))
    return Query(name, match[1], parameters, match[3].strip())
