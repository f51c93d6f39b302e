"""Folders in folders, deeper than a program can call itself; removed at the end, since pytest cannot."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEPTH = 1100


@contextmanager
def deep_folder(parent: Path) -> Iterator[str]:
    """Make them in a folder and yield the path of the innermost, relative to it."""
    deep = "/".join("d" * DEPTH)
    subprocess.run(["mkdir", "-p", f"{parent}/{deep}"], check=True)
    try:
        yield deep
    finally:
        subprocess.run(["rm", "-rf", f"{parent}/d"], check=True)
