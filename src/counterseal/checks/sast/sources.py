"""The Python files that are looked at: those of the commit, or all below a folder that is no checkout."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from counterseal.clients.git import GitRepository
from counterseal.clients.git_tree import CommitFiles
from counterseal.errors import CountersealError
from counterseal.policy.finding import Finding, inconclusive
from counterseal.policy.patterns import any_path_matches

RULE: Final = "sast"
_SHEBANG: Final = re.compile(rb"#![^\n]*\bpython[0-9.]*\b")


@dataclass(frozen=True)
class Sources:
    """What is looked at.

    Attributes:
        files: paths below the root, with `/`, sorted.
        excluded: how many the policy leaves out.
        findings: what could not be looked at.
    """

    files: tuple[str, ...]
    excluded: int = 0
    findings: tuple[Finding, ...] = ()


def find_sources(root: Path, paths: Sequence[str], exclude: Sequence[str]) -> Sources:
    """Return the Python files below some paths.

    Of a checkout those that the commit has: what a build leaves there is not what is judged. A link is
    followed nowhere; one to a Python file is inconclusive, unless it leads to another file of the commit.

    Args:
        root: the checkout.
        paths: files and folders below it; a file is taken whatever it is called.
        exclude: path patterns of what is left out.
    """
    commit = _committed(root)
    known = frozenset(commit.paths) if commit else None
    found: dict[str, None] = {}
    findings = [
        _mounted(path)
        for path in (commit.submodules if commit else ())
        if not any_path_matches(exclude, path)
    ]
    for given in paths:
        place = os.path.normpath(given)
        if Path(place).is_absolute() or place.startswith("..") or not (root / place).exists():
            findings.append(inconclusive(RULE, "there is no such path", subject=given[:1000]))
            continue
        below = [place] if (root / place).is_file() else list(_below(root, place, known))
        if not below and known is not None:
            findings.append(_none(given))
        found |= dict.fromkeys(below)
    kept = [path for path in sorted(found) if not any_path_matches(exclude, path)]
    plain = []
    for path in kept:
        if not path.isprintable():  # no evidence and no annotation could name it
            shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            findings.append(inconclusive(RULE, "its name is no plain text", subject=ascii(shown)[:1000]))
        elif (root / path).is_symlink():
            findings += _link(root, path, known)
        else:
            plain.append(path)
    return Sources(tuple(plain), len(found) - len(kept), tuple(findings))


def _none(given: str) -> Finding:
    remedy = "set code.sast.python to false where there is no Python"
    return inconclusive(RULE, "no Python file of the commit is there", subject=given[:1000], remedy=remedy)


def _mounted(path: str) -> Finding:
    remedy = "scan it in its own repository, and leave it out here by code.sast.exclude"
    return inconclusive(
        RULE, "another repository is mounted here, and not looked at", subject=path, remedy=remedy
    )


def _committed(root: Path) -> CommitFiles | None:
    """Return the files of the commit that is checked out here; None where this is no checkout's top."""
    if not os.path.lexists(root / ".git"):
        return None
    repository = GitRepository(root)
    return CommitFiles(repository, repository.head()[0])


def _below(root: Path, place: str, known: Iterable[str] | None) -> Iterator[str]:
    prefix = "" if place == "." else f"{place}/"
    if known is not None:
        yield from (path for path in known if path.startswith(prefix) and _is_python(root, path))
        return
    for folder, _, names in os.walk(root / place):
        inside = os.path.relpath(folder, root)
        yield from (
            os.path.normpath(f"{inside}/{name}") for name in names if _is_python(root, f"{inside}/{name}")
        )


def _is_python(root: Path, path: str) -> bool:
    """Tell whether a file is Python: by its name, or by a first line that says so."""
    name = path.rpartition("/")[2]
    if name.endswith((".py", ".pyw")):
        return True
    if "." in name.removeprefix("."):
        return False
    place = root / path
    try:
        if place.is_symlink() or not place.is_file():
            return False
        with place.open("rb") as file:
            return bool(_SHEBANG.match(file.read(200)))
    except (OSError, ValueError):
        return False


def _link(root: Path, path: str, known: Iterable[str] | None) -> Iterator[Finding]:
    try:
        target = os.path.relpath(os.path.realpath(root / path), os.path.realpath(root))
    except (OSError, ValueError, CountersealError):
        target = ".."
    if target.startswith("..") or (known is not None and target not in known):
        yield inconclusive(RULE, "a link to code that is not looked at", subject=path[:1000])
