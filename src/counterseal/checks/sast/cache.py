"""What Bandit said of a file before, by everything that its answer depends on.

The cache is trusted as much as the folder that it lies in, so it is kept where only the job can write. An
entry that cannot be read is one that is not there.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import msgspec

from counterseal.checks.sast.bandit_run import Options, Scanned

_FORMAT: Final = "1"
_SCANNED = msgspec.json.Decoder(Scanned)


class ScanCache:
    """Answers of earlier scans.

    Args:
        folder: where they are; None for none.
        options: what Bandit is to do.
    """

    def __init__(self, folder: Path | None, options: Options) -> None:
        self._folder = folder
        words = (_FORMAT, bandit_version(), sys.version, msgspec.json.encode(options).decode())
        self._around = "\0".join(words).encode()

    def split(self, root: Path, paths: Sequence[str]) -> tuple[dict[str, Scanned], dict[str, str]]:
        """Return what is known of some files, and the key of every other one."""
        known: dict[str, Scanned] = {}
        keys: dict[str, str] = {}
        for path in paths:
            key = self._key(root, path)
            found = self._read(key) if key else None
            if found is None:
                keys[path] = key
            else:
                known[path] = found
        return known, keys

    def keep(self, keys: dict[str, str], scanned: dict[str, Scanned]) -> None:
        """Keep what was found out; what could not be looked at is looked at again next time."""
        if self._folder is None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, key in keys.items():
            if key and scanned[path].error is None:
                temporary = self._folder / f".{key}-{os.getpid()}"
                temporary.write_bytes(msgspec.json.encode(scanned[path]))
                temporary.replace(self._folder / key)

    def _key(self, root: Path, path: str) -> str:
        """Return the name of a file's entry, or nothing where there can be none."""
        if self._folder is None:
            return ""
        try:
            data = (root / path).read_bytes()
        except OSError:
            return ""
        text = b"%d:%b%d:%b" % (len(self._around), self._around, len(path), os.fsencode(path))
        return hashlib.sha256(text + data).hexdigest()

    def _read(self, key: str) -> Scanned | None:
        if self._folder is None:
            return None
        try:
            return _SCANNED.decode((self._folder / key).read_bytes())
        except (OSError, msgspec.MsgspecError, ValueError):
            return None


def bandit_version() -> str:
    """Return the version of Bandit that is installed.

    Raises:
        PackageNotFoundError: there is none.
    """
    try:
        return version("bandit")
    except PackageNotFoundError:
        from counterseal.errors import Inconclusive

        raise Inconclusive("Bandit is not installed", where="bandit") from None
