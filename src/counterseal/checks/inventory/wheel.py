"""Built wheels (PEP 427): what the package is, and whether its files are what it says (PEP 376, RECORD)."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
import zlib
from email.parser import BytesHeaderParser
from typing import Final

from counterseal.checks.inventory.documents import Unreadable
from counterseal.checks.inventory.environment import licence_of
from counterseal.checks.inventory.found import Inventory, component, fault
from counterseal.checks.inventory.python_locks import required
from counterseal.policy.finding import Finding

_MOST: Final = 512 * 1024 * 1024
"""How many bytes the members of a wheel may have together."""


def read_wheel(name: str, data: bytes) -> Inventory:
    """Read a wheel; what it requires has to be pinned by another file.

    Raises:
        Unreadable: it is none, or is damaged or too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            folder = _folder(archive)
            if sum(one.file_size for one in archive.infolist()) > _MOST:
                raise Unreadable("it unpacks to more than is read")
            headers = BytesHeaderParser().parsebytes(archive.read(f"{folder}/METADATA"))
            findings = list(_altered(archive, folder, name))
    except (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, EOFError, RuntimeError) as cause:
        raise Unreadable(f"not a wheel: {cause}"[:200]) from cause
    package, version = headers.get("Name"), headers.get("Version")
    if not package or not version:
        raise Unreadable("its metadata names no package and version")
    wanted, strange = required(headers.get_all("Requires-Dist", []), name)
    licence, source = licence_of(headers)
    one = component(
        "PyPI",
        package,
        version,
        hashes=(f"sha256:{hashlib.sha256(data).hexdigest()}",),
        licence=licence,
        licence_source=source,
        own=True,
        source=name,
    )
    return Inventory((one,), (*findings, *strange), (name,), wanted)


def _folder(archive: zipfile.ZipFile) -> str:
    folders = {one.partition("/")[0] for one in archive.namelist() if ".dist-info/" in one}
    if len(folders) != 1:
        raise Unreadable(f"it has {len(folders)} folders of metadata")
    return folders.pop()


def _altered(archive: zipfile.ZipFile, folder: str, name: str) -> list[Finding]:
    """Return what is not as the wheel's own list of files says."""
    rows = csv.reader(io.StringIO(archive.read(f"{folder}/RECORD").decode("utf-8")))
    told = {row[0]: row[1] for row in rows if row}
    found = []
    for member in archive.namelist():
        if member.endswith("/") or member.startswith(f"{folder}/RECORD"):
            continue
        kind, _, digest = told.get(member, "").partition("=")
        if kind not in ("sha256", "sha384", "sha512"):
            found.append(fault(name, f"its RECORD has no digest of {member}"))
            continue
        seen = base64.urlsafe_b64encode(hashlib.new(kind, archive.read(member)).digest()).decode()
        if seen.rstrip("=") != digest.rstrip("="):
            found.append(fault(name, f"{member} is not what its RECORD says"))
    return found
