"""Keyless commit signatures, verified by the program `gitsign` where it is installed.

It runs in a repository of our own that holds nothing but the commit. In the one at hand a configuration could
name other servers to ask, and a step that ran before this one may have written it.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from counterseal.clients import git_process
from counterseal.errors import Inconclusive, MalformedError

PROGRAM: Final = "gitsign"
"""The program's name."""


def find_signer(commit: str, data: bytes, identities: Sequence[str]) -> str | None:
    """Return the first identity that has signed a commit, `issuer subject`, or None.

    None says nothing against the signature: the program does not tell a bad one from a service that it could
    not reach.

    Args:
        commit: the commit's name.
        data: the commit object, which has that name.
        identities: whom to believe, each `issuer subject`.

    Raises:
        MalformedError: an identity is not two words.
        Inconclusive: the program does not end.
    """
    program = shutil.which(PROGRAM)
    pairs = [_pair(identity) for identity in identities]
    if program is None or not pairs:
        return None
    with tempfile.TemporaryDirectory(prefix="counterseal-gitsign-") as made:
        _make_repository(Path(made), commit, data)
        for issuer, subject in pairs:
            if _holds(program, Path(made), commit, issuer, subject):
                return f"{issuer} {subject}"
    return None


def _pair(identity: str) -> tuple[str, str]:
    issuer, _, subject = identity.partition(" ")
    if not issuer.startswith("https://") or not subject.strip() or subject != subject.strip():
        raise MalformedError(f"{identity[:100]!r} is not `issuer subject`", where="identities")
    return issuer, subject


def _holds(program: str, folder: Path, commit: str, issuer: str, subject: str) -> bool:
    words = ("verify", f"--certificate-identity={subject}", f"--certificate-oidc-issuer={issuer}", commit)
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and each argument is one word
            [program, *words],
            cwd=folder,
            env=git_process.environment() | {"HOME": str(folder / "home"), "GIT_CEILING_DIRECTORIES": "/"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=git_process.TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise Inconclusive(f"gitsign could not be run: {type(cause).__name__}", where=commit) from cause
    return done.returncode == 0


def _make_repository(folder: Path, commit: str, data: bytes) -> None:
    """Write the least that is a repository (gitrepository-layout), with one loose object."""
    git = folder / ".git"
    loose = git / "objects" / commit[:2]
    for path in (git / "refs" / "heads", loose, folder / "home"):
        path.mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/none\n")
    (git / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = false\n")
    (loose / commit[2:]).write_bytes(zlib.compress(b"commit %d\0" % len(data) + data))
