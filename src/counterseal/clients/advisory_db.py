"""A database of advisories on this machine: OSV records in a folder or in OSV's own zip files.

Nothing is asked of the network. The database has a digest, which says what was believed, and a date: that of
the record that was changed last.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from counterseal.errors import Inconclusive
from counterseal.policy.advisory import Advisory, name_key

MOST_RECORD: Final = 8 * 1024 * 1024
"""The largest record that is read, in bytes."""

_ADVISORY = msgspec.json.Decoder(Advisory)
_SUFFIXES: Final = (".json", ".yaml", ".yml")


@dataclass(frozen=True)
class AdvisoryDatabase:
    """Advisories by the packages that they are about.

    Attributes:
        digest: the SHA-256 of all records, in the order of their names.
        modified: when the newest of them was changed, as it says; empty where none says.
        count: how many there are.
        by_id: every record.
        by_package: the records of a package, by ecosystem and name.
    """

    digest: str
    modified: str
    count: int
    by_id: dict[str, Advisory] = field(repr=False)
    by_package: dict[tuple[str, str], list[Advisory]] = field(repr=False)

    @property
    def ecosystems(self) -> frozenset[str]:
        """The ecosystems of which there is any record."""
        return frozenset(ecosystem for ecosystem, _ in self.by_package)

    def about(self, ecosystem: str, name: str) -> tuple[Advisory, ...]:
        """Return every record about a package, by whatever name its ecosystem knows it."""
        return tuple(self.by_package.get((ecosystem, name_key(ecosystem, name)), ()))


def open_database(path: Path) -> AdvisoryDatabase:
    """Read a database: a folder of records or of zip files, or one zip file.

    Raises:
        Inconclusive: it is not there, holds no record, or a record cannot be read.
    """
    hasher = hashlib.sha256()
    by_id: dict[str, Advisory] = {}
    by_package: dict[tuple[str, str], list[Advisory]] = {}
    try:
        for name, data in _documents(path):
            hasher.update(b"%d:%b%d:" % (len(name.encode()), name.encode(), len(data)) + data)
            for record in _records(name, data):
                by_id[record.id] = record
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as cause:
        raise Inconclusive(f"the advisories cannot be read: {cause}", where=str(path)) from cause
    for record in by_id.values():
        for affected in record.affected:
            package = affected.package
            ecosystem = package.ecosystem.partition(":")[0]
            found = by_package.setdefault((ecosystem, name_key(ecosystem, package.name)), [])
            if record not in found[-1:]:
                found.append(record)
    if not by_id:
        raise Inconclusive("there are no advisories", where=str(path))
    newest = max(record.modified for record in by_id.values())
    return AdvisoryDatabase(hasher.hexdigest(), newest, len(by_id), by_id, by_package)


def _documents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every document, in the order of names."""
    if path.is_file():
        yield from _zipped(path, "")
        return
    if not path.is_dir():
        raise FileNotFoundError("there is no such file or folder")
    for one in sorted(path.rglob("*")):
        name = str(one.relative_to(path))
        if one.suffix == ".zip":
            yield from _zipped(one, f"{name}/")
        elif one.suffix in _SUFFIXES and one.is_file():
            if one.stat().st_size > MOST_RECORD:
                raise OSError(f"{name} has more than {MOST_RECORD} bytes")
            yield name, one.read_bytes()


def _zipped(path: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for entry in sorted(archive.infolist(), key=lambda one: one.filename):
            if Path(entry.filename).suffix not in _SUFFIXES:
                continue
            if entry.file_size > MOST_RECORD:
                raise OSError(f"{entry.filename} has more than {MOST_RECORD} bytes")
            yield prefix + entry.filename, archive.read(entry)


def _records(name: str, data: bytes) -> Iterator[Advisory]:
    """Yield the records of a document: one, or a list of them."""
    try:
        if name.endswith(".json"):
            yield _ADVISORY.decode(data)
        else:
            import yaml

            # Every value as the text that it is written as: a date stays the text that the record has.
            loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
            yield msgspec.convert(yaml.load(data, Loader=loader), Advisory)  # noqa: S506 - builds plain text only
    except (msgspec.MsgspecError, ValueError, RecursionError) as cause:
        raise Inconclusive(f"not an OSV record: {str(cause)[:200]}", where=name) from cause
    except Exception as cause:
        if type(cause).__module__.partition(".")[0] == "yaml":
            raise Inconclusive(f"not YAML: {str(cause)[:200]}", where=name) from cause
        raise
