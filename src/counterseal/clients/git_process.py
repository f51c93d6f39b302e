"""How git is started: with nothing of ours in its environment, and nothing that it could be told to execute.

A step that ran before this one can write what it likes into `.git`. So git gets no secret and no setting of
the job, may speak no protocol (`GIT_ALLOW_PROTOCOL` outranks every `protocol.*.allow`, which keeps the lazy
fetches of partial clones from starting helpers, also where git does not know `GIT_NO_LAZY_FETCH` yet), and
history is read without grafts, replacement objects and commit graphs.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from counterseal.errors import Inconclusive

TIMEOUT_SECONDS = 120
"""How long one git process may take."""

_FIXED = {
    "GIT_ALLOW_PROTOCOL": "none-such",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
}
_SETTINGS = (
    "core.commitGraph=false",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "protocol.allow=never",
    "safe.directory=*",
)


def environment() -> dict[str, str]:
    """Return the whole environment of a git process: where programs are, and what is fixed above."""
    return _FIXED | {"PATH": os.environ.get("PATH", os.defpath)}


def command(git_dir: Path, *arguments: str) -> list[str]:
    """Return the command line of git for a repository that is named, never looked for."""
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    return ["git", *settings, f"--git-dir={git_dir}", *arguments]


def run(command: Sequence[str], folder: Path) -> str:
    """Return what git prints.

    Raises:
        Inconclusive: when git cannot be run, fails, or takes too long.
    """
    try:
        done = subprocess.run(  # noqa: S603 - fixed program, checked arguments, no shell
            command,
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise Inconclusive(f"git could not be run: {cause}", where=str(folder)) from cause
    if done.returncode != 0:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Inconclusive(f"git failed: {words[-1] if words else done.returncode}", where=str(folder))
    return done.stdout.decode("utf-8", "surrogateescape")
