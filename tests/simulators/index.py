"""A package index in a folder: wheels that are made here, and a lock with their hashes."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Index:
    """An index.

    Args:
        root: an empty folder for wheels and locks.
    """

    root: Path
    wheels: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder, self.locks = self.root / "wheels", self.root / "locks"
        self.folder.mkdir(parents=True)
        self.locks.mkdir()

    def add_installed(self, name: str) -> str:
        """Make a wheel of a package as it is installed here."""
        paths = [
            path for path in importlib.metadata.files(name) or [] if path.parts[0] not in {"..", "tests"}
        ]
        kept = [path for path in paths if ".dist-info" not in path.parts[0] and path.suffix != ".pyc"]
        return self.add(name.replace("-", "_"), {str(path): path.read_binary() for path in kept})

    def add(self, name: str, files: dict[str, str | bytes], scripts: dict[str, str] | None = None) -> str:
        """Make a wheel `name` 1.0 with these files and scripts, and return its line for a lock."""
        wheel = self.folder / f"{name}-1.0-py3-none-any.whl"
        info = f"{name}-1.0.dist-info"
        entries = {
            **files,
            **{f"{name}-1.0.data/scripts/{script}": text for script, text in (scripts or {}).items()},
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        entries[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*entries, f"{info}/RECORD"])
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in entries.items():
                entry = zipfile.ZipInfo(path)
                entry.external_attr = (0o100755 if "/scripts/" in path else 0o100644) << 16
                archive.writestr(entry, text)
        return f"{name}==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"

    def lock(self, tier: str, *lines: str) -> Path:
        """Write the lock of a tier."""
        path = self.locks / f"{tier}.txt"
        path.write_text("".join(lines))
        return path

    def env(self, home: Path) -> dict[str, str]:
        """Return the settings with which pip and uv look here and nowhere else."""
        home.mkdir(exist_ok=True)
        settings = {"FIND_LINKS": str(self.folder), "CACHE_DIR": str(home / "cache")}
        return {
            "PATH": os.defpath,
            "HOME": str(home),
            "PIP_NO_INDEX": "1",
            "UV_OFFLINE": "1",
            **{f"{tool}_{name}": value for tool in ("PIP", "UV") for name, value in settings.items()},
        }
