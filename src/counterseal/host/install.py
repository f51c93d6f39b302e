"""Installations: the libraries that counterseal needs, once a job, from a lock with hashes.

A tier is a lock (`locks/core.txt`, and further ones that add to it). It is installed by uv into a folder that
is named after the lock, the interpreter and the platform; where there is no uv, pip fetches it first, which
is faster than pip alone. The installer sees neither the caller's checkout nor a secret of the step. Nothing
but the standard library is imported here.
"""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.errors import Inconclusive
from counterseal.host import names
from counterseal.host.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TIMEOUT = 600  # seconds for one installation
_LAST_LINES = 5  # of what an installer says when it fails
_UV = "uv"
_PIP = ("--disable-pip-version-check", "--no-input", "install", "--no-compile", "--quiet")
_LOCKED = ("--require-hashes", "--no-deps", "--only-binary", ":all:")
# All that an installer is given of the environment.
_PASSED = frozenset(
    {"PATH", "HOME", "USER", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "NETRC"}
    | {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
    | {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
    | {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
)
_PASSED_PREFIXES = ("PIP_", "UV_", "XDG_")
# Settings among them that would send the installation somewhere else, or change what is installed.
_DROPPED = frozenset(
    f"{tool}_{name}"
    for tool in ("PIP", "UV")
    for name in (
        *("TARGET", "PREFIX", "ROOT", "PYTHON", "SYSTEM_PYTHON", "DRY_RUN"),
        *("CONSTRAINT", "OVERRIDE", "EXCLUDE", "REQUIREMENT", "PRE", "PRERELEASE"),
    )
)
_PIP_SETTINGS = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


@dataclass(frozen=True)
class Installer:
    """Installs tiers.

    Args:
        locks: the folder of the locks.
        cache: the folder that installations are kept in; it is made when it is missing.
        env: the environment of this process.
    """

    locks: Path
    cache: Path
    env: Mapping[str, str]

    def ensure(self, tier: str) -> tuple[Path, bool]:
        """Return the folder in which a tier is installed, and whether it was already.

        The folder appears by one rename, so it is either complete or absent. Of two that install at the same
        time, the one that comes second throws its copy away.

        Raises:
            Inconclusive: the installation fails; the message has the installer's last lines.
            OSError: the lock cannot be read, or the cache cannot be written.
        """
        lock = self.locks / f"{tier}.txt"
        folder = self.cache / f"{tier}-{fingerprint(lock)}"
        if folder.is_dir():
            return folder, True
        from tempfile import TemporaryDirectory

        self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".new-", dir=self.cache, ignore_cleanup_errors=True) as work:
            self._install(lock, Path(work))
            _publish(Path(work, "site"), folder)
        return folder, False

    def _install(self, lock: Path, work: Path) -> None:
        """Install a lock into the folder `site` below `work`."""
        uv = None if lock.stem == _UV else self._uv()
        pip = [sys.executable, "-I", "-m", "pip", *_PIP]
        command = [str(uv), "pip", "install", "--quiet", "--python", sys.executable] if uv else pip
        self._run([*command, *_LOCKED, "-r", str(lock.absolute()), "--target", str(work / "site")], work)

    def _uv(self) -> Path | None:
        """Return a uv: the one on the path, one that pip fetches, or None where there is none to be had."""
        found = find_uv(self.env)
        if found:
            return found
        try:
            return self.ensure(_UV)[0] / "bin" / _UV
        except Inconclusive:
            return None  # pip alone may still manage, and says why when it does not

    def _run(self, command: Sequence[str], work: Path) -> None:
        """Run an installer in a fresh folder, in which there is no configuration for it to take up."""
        from subprocess import DEVNULL, PIPE, STDOUT, TimeoutExpired, run

        env = installer_env(self.env) | {"TMPDIR": str(work)}  # on the target's disk: moved, not copied
        try:
            done = run(  # noqa: S603 - a fixed command, and no shell
                command,
                cwd=work,
                env=env,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=STDOUT,
                timeout=_TIMEOUT,
                check=False,
            )
        except TimeoutExpired as error:
            raise _failure(error.stdout or b"") from error
        except OSError as error:
            raise _failure(str(error).encode()) from error
        if done.returncode != 0:
            raise _failure(done.stdout)


def fingerprint(lock: Path) -> str:
    """Return what an installation depends on as one digest: the lock, the interpreter and the platform."""
    machine = getattr(sys.implementation, "_multiarch", "") or f"{sys.platform} {os.uname().machine}"
    interpreter = f"{sys.implementation.cache_tag}{sys.abiflags}"
    return hashlib.sha256(lock.read_bytes() + f"\n{interpreter} {machine}".encode()).hexdigest()


def cache_folder(env: Mapping[str, str]) -> Path:
    """Return the folder that installations are kept in: the job's own on a runner, else the user's cache."""
    if env.get(names.RUNNER_TEMP):
        return Path(env[names.RUNNER_TEMP]).absolute() / "counterseal"
    base = Path(
        env.get("XDG_CACHE_HOME", "")
    )  # to be ignored when relative (XDG Base Directory Specification)
    return (base if base.is_absolute() else Path.home() / ".cache") / "counterseal"


def find_uv(env: Mapping[str, str]) -> Path | None:
    """Return the uv on the path; never one that lies in the caller's checkout or working directory."""
    theirs = [Path.cwd(), *(Path(root) for root in [env.get(names.WORKSPACE)] if root)]
    for entry in env.get("PATH", "").split(os.pathsep):
        uv = Path(entry) / _UV
        trusted = uv.is_absolute() and not any(uv.is_relative_to(root) for root in theirs)
        if trusted and uv.is_file() and os.access(uv, os.X_OK):
            return uv
    return None


def installer_env(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an installer: how to reach an index, and nothing else."""
    passed = {
        name: value
        for name, value in env.items()
        if (name in _PASSED or name.startswith(_PASSED_PREFIXES)) and name not in _DROPPED
    }
    return passed | _PIP_SETTINGS


def _publish(site: Path, folder: Path) -> None:
    """Move a finished installation to its place; losing a race for it is as good as winning."""
    try:
        site.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _failure(output: bytes) -> Inconclusive:
    """Return the error for an installer that failed, with its last lines."""
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    last = " | ".join(one_line(line, limit=300) for line in lines[-_LAST_LINES:])
    return Inconclusive(
        f"the libraries cannot be installed: {last or 'the installer said nothing'}",
        remedy="check the network and the package index, or put uv on the path; then run it again",
    )
