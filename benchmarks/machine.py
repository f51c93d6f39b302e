"""The machine that the figures are from."""
# ruff: noqa: INP001, S607 - a program for developers, which starts other programs

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def describe() -> str:
    """Return date, processor, cores, load and versions: without them no figure means anything."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("cryptography", "rfc8785", "msgspec"))
    openssl = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout
    return "\n".join(
        (
            f"date     {datetime.now(UTC):%Y-%m-%d}",
            f"machine  {_processor()}, {os.cpu_count()} cores, {_memory():.0f} GiB, {platform.platform()}",
            f"load     {os.getloadavg()[0]:.1f} at the beginning (above 0.5 the figures are worth less)",
            f"python   {platform.python_version()}, {libraries}",
            f"openssl  {' '.join(openssl.split()[1:2])}",
        )
    )


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"model name\s*: (.*)", text)
    return found[1] if found else platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
