"""Checkouts of the sandbox's repositories, for commands that are run in one."""

from __future__ import annotations

import subprocess
from pathlib import Path

from counterseal.errors import UsageError
from counterseal.sandbox.repository import Repository


def check_out(repository: Repository, folder: Path) -> Path:
    """Check out a repository's default branch and return where.

    Args:
        repository: the repository.
        folder: where; it goes below it, by its full name.

    Raises:
        UsageError: something is there already, or git cannot make it.
    """
    target = folder / repository.full_name
    if target.exists():
        raise UsageError("there is something already", where=str(target), remedy="name a new folder")
    source = str(repository.git.folder)
    command = ["git", "-c", "safe.directory=*", "clone", "--quiet", "--no-hardlinks", "--template=", source]
    done = subprocess.run([*command, str(target)], check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise UsageError(f"git cannot check it out: {done.stderr.strip()[:300]}", where=str(target))
    return target
