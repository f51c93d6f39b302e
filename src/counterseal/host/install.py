"""Installations: the libraries that counterseal needs, once a job, from a lock with hashes.

A tier is a lock (`locks/core.txt`, and further ones that add to it). It is installed by uv into a folder that
is named after the lock, the interpreter and the platform; where there is no uv, pip fetches it first, which
is faster than pip alone. The installer sees neither the caller's checkout nor a secret of the step. It has no
cache, as no hash speaks for what was changed in one since, and its files are copies that nobody shares.

A mirror is named by the environment (UV_DEFAULT_INDEX, UV_INDEX_URL, PIP_INDEX_URL and their like). Pip also
reads its user's configuration; uv reads none, since it would look for one in every folder above the runner's.
Nothing but the standard library is imported here.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.errors import Inconclusive
from counterseal.host import names
from counterseal.host.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOCKS = Path(__file__).resolve().parents[3] / "locks"
"""The folder of the locks that come with counterseal; a wheel has none."""

_TIMEOUT = 600  # seconds for one installation
_LAST_LINES = 5  # of what an installer says when it fails
_UV = "uv"
_PIP = ("--disable-pip-version-check", "--no-input", "--no-cache-dir", "install", "--no-compile", "--quiet")
_UV_PIP = ("--no-cache", "--no-config", "pip", "install", "--quiet", "--link-mode", "copy")
_LOCKED = ("--require-hashes", "--no-deps", "--only-binary", ":all:")
# All that an installer is given of the environment.
_PASSED = frozenset(
    {"PATH", "HOME", "USER", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "NETRC"}
    | {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
    | {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
    | {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
)
# Their settings that say how to reach an index; whatever else they know could change what is installed.
_SETTINGS = frozenset(
    {"PIP_CONFIG_FILE", "PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_TRUSTED_HOST", "PIP_TIMEOUT"}
    | {
        "PIP_DEFAULT_TIMEOUT",
        "PIP_RETRIES",
        "UV_DEFAULT_INDEX",
        "UV_INDEX",
        "UV_INDEX_STRATEGY",
        "UV_OFFLINE",
    }
    | {"UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT", "UV_HTTP_RETRIES"}
    | {
        f"{tool}_{name}"
        for tool in ("PIP", "UV")
        for name in ("INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "NO_INDEX", "KEYRING_PROVIDER")
    }
)
_INDEX_CREDENTIAL = re.compile(r"UV_INDEX_[A-Z0-9_]+_(USERNAME|PASSWORD)")
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
        command = [str(uv), *_UV_PIP, "--python", sys.executable] if uv else pip
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
    """Return the uv on the path; never one that lies in the caller's checkout or working directory.

    Where it lies is what is left without `..` and links: of its folder, and of the program itself.
    """
    theirs = [Path.cwd().resolve(), *(Path(root).resolve() for root in [env.get(names.WORKSPACE)] if root)]
    for entry in env.get("PATH", "").split(os.pathsep):
        if not Path(entry).is_absolute():
            continue
        uv = Path(os.path.realpath(entry), _UV)  # also where there is a loop of links
        places = (uv, Path(os.path.realpath(uv)))
        trusted = not any(place.is_relative_to(root) for place in places for root in theirs)
        if trusted and uv.is_file() and os.access(uv, os.X_OK):
            return uv
    return None


def installer_env(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an installer: how to reach an index, and nothing else."""
    passed = {
        name: value
        for name, value in env.items()
        if name in _PASSED or name in _SETTINGS or _INDEX_CREDENTIAL.fullmatch(name)
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
