"""The scanners whose locks come with counterseal: how each is run, and what it says that it could not see."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from counterseal.policy.finding import Finding, inconclusive

OUT: Final = "{out}"
"""Stands in a command line for the file that the scanner writes SARIF to."""
ROOT: Final = "{root}"
"""Stands for the checkout."""
BESIDE: Final = "{beside}"
"""Stands for a file beside the report that the scanner writes as well."""


@dataclass(frozen=True)
class BuiltIn:
    """A scanner.

    Attributes:
        command: its command line.
        env: what it needs in its environment, all of it plain switches.
        in_checkout: whether it runs in the checkout; else in an empty folder, where no settings are.
        rates: whether its levels say how bad something is.
        unseen: what it says, in the file beside its report, of files that it could not look at.
    """

    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    in_checkout: bool = True
    rates: bool = True
    unseen: Callable[[bytes], Iterator[Finding]] = lambda _: iter(())


def prefix_of(root: Path, folder: Path) -> str:
    """Return what a scanner that runs in another folder puts before the paths of the checkout."""
    return re.sub(r"^(\.\./)+", "", os.path.relpath(root, folder)) + "/"


def _unseen_by_checkov(data: bytes) -> Iterator[Finding]:
    """Yield the files that Checkov could not parse, and whether there was nothing to look at."""
    try:
        found = json.loads(data)
        parts: list[Any] = found if isinstance(found, list) else [found]
        summaries = [one.get("summary", one) for one in parts]
        unparsed = [path for one in parts for path in one.get("results", {}).get("parsing_errors", [])]
        errors = sum(int(one["parsing_errors"]) for one in summaries)
        resources = sum(int(one["resource_count"]) for one in summaries)
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        yield inconclusive("sast", f"its summary cannot be read: {cause!r}"[:300], subject="checkov")
        return
    for path in sorted(set(map(str, unparsed))):
        yield inconclusive("sast", "checkov could not parse it", subject=path[-1000:])
    if errors > len(unparsed):
        yield inconclusive("sast", f"checkov could not parse {errors} files", subject="checkov")
    if not resources:
        remedy = "leave the scanner out where there is no infrastructure code"
        yield inconclusive("sast", "there was nothing to look at", subject="checkov", remedy=remedy)


BUILT_IN: Final[Mapping[str, BuiltIn]] = {
    # Nothing of the scanned tree tells it what to leave out: no configuration, no comment, no .gitignore.
    "zizmor": BuiltIn(
        (
            *("zizmor", "--offline", "--no-config", "--no-ignores", "--collect=all", "--no-progress"),
            *("--format", "sarif", "."),
        )
    ),
    # It reads settings in its own folder and in the one after `-d`, but not in the one after `--directory=`.
    # Without its vendor's key it has no severities: its levels say only whether a check failed.
    "checkov": BuiltIn(
        (
            *("checkov", f"--directory={ROOT}", "--skip-download", "-o", "sarif", "-o", "json"),
            *("--output-file-path", f"{OUT},{BESIDE}"),
        ),
        env={
            "CKV_IGNORED_DIRECTORIES": ".git",
            "CKV_IGNORE_HIDDEN_DIRECTORIES": "False",
            "CKV_GITHUB_CONFIG_FETCH_DATA": "False",
            "CKV_GITLAB_CONFIG_FETCH_DATA": "False",
        },
        in_checkout=False,
        rates=False,
        unseen=_unseen_by_checkov,
    ),
}
"""Every one of them, by its name."""
