"""Requirements files with everything pinned, as `pip-compile` and `uv pip compile` write them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement

from counterseal.checks.inventory.found import Inventory, component, unread
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding

_HASH = re.compile(r"(?:^|\s)--hash[= ](\w+):([0-9A-Fa-f]+)")
_OPTION = re.compile(r"\s--[a-z-]+(?:[= ]\S+)?")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_INCLUDE = re.compile(r"(?:-r|--requirement|-c|--constraint)[= ]?\s*(\S+)")
_HARMLESS = re.compile(
    r"(-i|--index-url|--extra-index-url|--no-index|-f|--find-links|--no-binary|--only-binary|--prefer-binary"
    r"|--require-hashes|--pre|--trusted-host|--use-feature)\b"
)
_MOST_INCLUDES: Final = 50

Read = Callable[[str], bytes | None]
"""Returns another file by its path; None when it is not there."""


def read_requirements(name: str, data: bytes, read: Read) -> Inventory:
    """Read a requirements file and those that it includes.

    What is not pinned by `==` to one version, or comes from a URL, a repository or a folder, cannot be
    looked up and is told with its line.
    """
    components: list[Component] = []
    findings: list[Finding] = []
    waiting, seen = [(name, data)], {name}
    while waiting:
        path, content = waiting.pop()
        try:
            lines = list(_lines(content.decode("utf-8-sig")))
        except UnicodeDecodeError:
            findings.append(unread(path, "not UTF-8"))
            continue
        for number, line in lines:
            if included := _INCLUDE.match(line):
                other = posixpath.normpath(posixpath.join(posixpath.dirname(path), included[1]))
                found = read(other) if other not in seen and len(seen) < _MOST_INCLUDES else None
                if found is not None:
                    waiting.append((other, found))
                elif other not in seen:
                    findings.append(unread(f"{path}:{number}", f"includes {included[1]}, which is not there"))
                seen.add(other)
            elif not _HARMLESS.match(line):
                one = _requirement(line, path, number)
                if isinstance(one, Component):
                    components.append(one)
                else:
                    findings.append(one)
    return Inventory(tuple(components), tuple(findings), tuple(sorted(seen)))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield every logical line with its number: continued lines joined, comments and empty ones gone."""
    whole, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start or number
        line = _COMMENT.sub("", line)  # noqa: PLW2901 - the same line without its comment
        if line.endswith("\\"):
            whole += line[:-1] + " "
            continue
        whole += line
        if whole.strip():
            yield start, whole.strip()
        whole, start = "", 0
    if whole.strip():
        yield start, whole.strip()


def _requirement(line: str, path: str, number: int) -> Component | Finding:
    where = f"{path}:{number}"
    hashes = tuple(sorted(f"{kind.lower()}:{digest.lower()}" for kind, digest in _HASH.findall(line)))
    text = _OPTION.sub("", line).strip()
    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        return unread(where, f"not a package by name and version: {text[:100]}")
    pins = [one for one in wanted.specifier if one.operator in ("==", "===")]
    if wanted.url or len(pins) != 1 or len(wanted.specifier) != 1 or pins[0].version.endswith(".*"):
        return unread(where, f"not pinned to one version: {text[:100]}")
    return component("PyPI", wanted.name, pins[0].version, hashes=hashes, source=path)
