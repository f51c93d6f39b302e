"""A copy of the suite as a runner unpacks it, which installs from an index of its own, without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from simulators.index import Index

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Suite:
    """The copy.

    Args:
        root: where the suite lies.
        index: where it installs from.
        temp: the job's temporary folder, which is also where commands start.
    """

    root: Path
    index: Index
    temp: Path

    def env(self) -> dict[str, str]:
        """Return the environment of a step: the interpreter of the tests and its uv are on the path."""
        env = self.index.env(self.temp / "home")
        return {**env, "PATH": f"{Path(sys.executable).parent}:{env['PATH']}", "RUNNER_TEMP": str(self.temp)}

    def start(self, *words: str, flags: tuple[str, ...] = ("-I", "-S"), **env: str):
        """Start the bootstrap and wait for its end."""
        command = [sys.executable, *flags, self.root / "src" / "counterseal" / "run.py", *words]
        env = {**self.env(), **env}
        return subprocess.run(command, cwd=self.temp, env=env, capture_output=True, text=True, check=False)

    def installed(self) -> list[str]:
        """Return the tiers that are installed."""
        folder = self.temp / "counterseal"
        return sorted(path.name.partition("-")[0] for path in folder.iterdir()) if folder.exists() else []


def make_suite(base: Path) -> Suite:
    """Copy the suite below `base`; its core tier is the little that the setup command needs."""
    made = Suite(base / "suite", Index(base / "index"), base / "temp")
    made.temp.mkdir()
    for name in ("src", "bin", "actions"):
        shutil.copytree(ROOT / name, made.root / name, ignore=shutil.ignore_patterns("__pycache__"))
    made.index.locks = made.root / "locks"
    made.index.locks.mkdir()
    made.index.lock("core", made.index.add_installed("actions-toolkit"), made.index.add_installed("msgspec"))
    made.index.lock("aws", made.index.add("awsome", {"awsome.py": ""}))
    made.index.lock("sigstore", made.index.add("sealed", {"sealed.py": ""}))
    made.index.lock("uv", "nothing==1.0 --hash=sha256:" + "0" * 64 + "\n")
    return made
