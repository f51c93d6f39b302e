"""What every test gets: a clean environment, and a real git repository where it asks for one."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_COMMITTER_NAME": "Carl",
    "GIT_COMMITTER_EMAIL": "carl@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    """Take away what a runner or a developer has set, so that a test sees only what it sets itself."""
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "RUNNER_", "ACTIONS_", "COUNTERSEAL_", "AWS_", "GIT_")):
            monkeypatch.delenv(name)


@dataclass
class Repository:
    """A git repository in a folder."""

    root: Path

    def git(self, *arguments: str) -> str:
        """Run git here and return what it prints."""
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            env={**os.environ, **_IDENTITY},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit a change to `file.txt` and return the commit's name."""
        path = self.root / "file.txt"
        path.write_text((path.read_text() if path.exists() else "") + message + "\n")
        self.git("add", "file.txt")
        self.git("commit", "-q", "--no-gpg-sign", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path) -> Repository:
    """A repository with one commit."""
    root = tmp_path / "repository"
    root.mkdir()
    made = Repository(root)
    made.git("init", "-q", "-b", "main")
    made.commit("first")
    return made
