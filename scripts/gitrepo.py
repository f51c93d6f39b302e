"""Git repositories for demonstrations and tests, untouched by the settings of this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

AUTHOR = "Dana Developer <dana@meridian.example>"


def git(repository: Path, *arguments: str) -> str:
    """Run git in a repository and return what it printed, without the last line end."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(repository),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    command = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.removesuffix("\n")


def commit_all(repository: Path, message: str, author: str = AUTHOR) -> str:
    """Commit the whole working tree and return the commit; a missing repository is made."""
    if not (repository / ".git").exists():
        git(repository, "init", "--quiet", "--initial-branch=main")
    name, _, address = author.removesuffix(">").partition(" <")
    who = ("-c", f"user.name={name}", "-c", f"user.email={address}", "-c", "commit.gpgsign=false")
    git(repository, "add", "--all")
    git(repository, *who, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return git(repository, "rev-parse", "HEAD")
