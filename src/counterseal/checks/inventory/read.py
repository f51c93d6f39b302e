"""Reading inventories: which reader a file has, by its name, and all files of a release as one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from counterseal.checks.inventory.cyclonedx import of_cyclonedx
from counterseal.checks.inventory.documents import Unreadable, read_json
from counterseal.checks.inventory.found import Inventory, merged, settled, unread
from counterseal.checks.inventory.node_locks import read_pnpm, read_yarn
from counterseal.checks.inventory.other_locks import read_cargo, read_go, read_npm
from counterseal.checks.inventory.package_locks import (
    read_bundler,
    read_composer,
    read_gradle,
    read_nuget,
)
from counterseal.checks.inventory.python_locks import (
    read_pipfile,
    read_poetry,
    read_pylock,
    read_pyproject,
    read_uv,
)
from counterseal.checks.inventory.requirements import read_requirements
from counterseal.checks.inventory.spdx import of_spdx
from counterseal.checks.inventory.wheel import read_wheel
from counterseal.checks.sbom.validate import faults_in
from counterseal.host.files import named_files, read_bytes

MOST_BYTES: Final = 64 * 1024 * 1024
"""The largest inventory that is read, in bytes."""

Reader = Callable[[str, bytes], Inventory]


def read_bom(name: str, data: bytes) -> Inventory:
    """Read a document that another tool wrote, SPDX or CycloneDX, and hold it to the faults of our own.

    Raises:
        Unreadable: it is neither, or of a version that is not known.
    """
    document = read_json(data)
    if "spdxVersion" in document or "@context" in document:
        return of_spdx(name, document)
    found = of_cyclonedx(name, document)
    return replace(found, findings=(*found.findings, *faults_in(document, name)))


_READERS: Final[tuple[tuple[str, Reader], ...]] = (
    (r"pyproject\.toml", read_pyproject),
    (r"pylock(\.[^.]+)?\.toml", read_pylock),
    (r"uv\.lock", read_uv),
    (r"(poetry|pdm)\.lock", read_poetry),
    (r"Pipfile\.lock", read_pipfile),
    (r"(package-lock|npm-shrinkwrap)\.json", read_npm),
    (r"yarn\.lock", read_yarn),
    (r"pnpm-lock\.yaml", read_pnpm),
    (r"Cargo\.lock", read_cargo),
    (r"go\.mod", read_go),
    (r"composer\.lock", read_composer),
    (r"packages\.lock\.json", read_nuget),
    (r"Gemfile\.lock", read_bundler),
    (r"gradle\.lockfile", read_gradle),
    (r".*\.whl", read_wheel),
    (r".*\.json", read_bom),
)
_REQUIREMENTS: Final = r".*\.(txt|lock)"


def read_inventory(root: Path, patterns: Sequence[str], beside: Inventory | None = None) -> Inventory:
    """Read every inventory that some patterns name.

    Args:
        root: the folder that they are below.
        patterns: paths or glob patterns; one that fits nothing is told.
        beside: what is known from elsewhere, such as from an installation.
    """
    parts: list[Inventory] = [beside] if beside else []
    for name, place in named_files(patterns, root):
        if isinstance(place, Path):
            parts.append(_of_path(place, name, root))
        else:
            parts.append(Inventory(findings=(unread(name, place.message),)))
    return settled(merged(parts))


def _of_path(path: Path, name: str, root: Path) -> Inventory:
    def other(wanted: str) -> bytes | None:
        place = root / wanted
        inside = not wanted.startswith(("..", "/")) and place.is_file()
        return read_bytes(place, limit=MOST_BYTES) if inside else None

    try:
        return read_file(name, read_bytes(path, limit=MOST_BYTES), other)
    except OSError as cause:
        return Inventory(findings=(unread(name, f"cannot be read: {cause.strerror}"),), files=(name,))


def read_file(name: str, data: bytes, other: Callable[[str], bytes | None] = lambda _: None) -> Inventory:
    """Read one inventory; one that is not what its name says is a finding, never an error.

    Args:
        name: its path, by which its reader is chosen.
        data: its bytes.
        other: returns a file that it includes.
    """
    base = posixpath.basename(name)
    reader = next((reader for pattern, reader in _READERS if re.fullmatch(pattern, base)), None)
    if reader is None and not re.fullmatch(_REQUIREMENTS, base):
        return Inventory(findings=(unread(name, "no reader knows a file of this name"),), files=(name,))
    try:
        if reader is None:
            return merged([read_requirements(name, data, other)])
        return merged([reader(name, data)])
    except Unreadable as cause:
        return Inventory(findings=(unread(name, str(cause)),), files=(name,))
    except (AttributeError, TypeError, KeyError, ValueError) as cause:
        # A part of the document that is of another kind than its format says.
        return Inventory(findings=(unread(name, f"not as its format says: {cause!r}"),), files=(name,))
