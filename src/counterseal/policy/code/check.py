"""What every type of the section `code` accepts and nobody can mean; one function a part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from counterseal.policy.code import Code
from counterseal.policy.code.sast_check import check_sast

Problems: TypeAlias = Iterator[tuple[str, str]]
"""Pairs of the path of a field, such as `sast.exclude[0]`, and what is wrong with it."""

CHECKS: Final[dict[str, Callable[[Any], Problems]]] = {"sast": check_sast}
"""The function of each part that has one: it gets the part and yields paths below it."""


def check_code(code: Code) -> Problems:
    """Yield the path of every field that makes no sense, and why."""
    for name, check in CHECKS.items():
        part = getattr(code, name)
        if part is not None:
            yield from ((f"{name}.{path}", message) for path, message in check(part))
