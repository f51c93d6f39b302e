"""The page of an index: what it was made from, and the digest of every file that it consists of."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from counterseal.errors import MalformedError, StoreError
from counterseal.manifest.canonical import encode
from counterseal.manifest.types import Name, Positive, Sha256, Struct

PAGE: Final = "index.json"
VERSION: Final = 2
_LIMIT: Final = 256 * 1024 * 1024  # bytes of a page


class Head(Struct, frozen=True, kw_only=True):
    """The newest release of a stream that an index has.

    Attributes:
        sequence: its place.
        payload: SHA-256 of its manifest's payload.
    """

    sequence: Positive
    payload: Sha256


class Page(Struct, frozen=True, kw_only=True):
    """What an index was made from, and what it consists of.

    Attributes:
        version: the version of the tables.
        trust: SHA-256 of the trust file that the store was verified by.
        heads: the newest release of each stream.
        files: SHA-256 of each file, by its path in the index.
        expected: the records that the policy wants of each release; empty without a policy.
    """

    version: Positive
    trust: Sha256
    heads: dict[Name, Head]
    files: dict[Name, Sha256]
    expected: tuple[Name, ...] = ()

    def encode(self) -> bytes:
        """Return the page as canonical JSON, which is what a seal of it covers."""
        return encode(msgspec.to_builtins(self), where=PAGE)


@contextmanager
def taken(folder: Path) -> Iterator[Path]:
    """Give a copy of an index that nobody else can write to, so that what is compared is what is asked.

    Args:
        folder: the index. Links are taken as links, which are refused later.

    Raises:
        StoreError: it cannot be copied.
    """
    with TemporaryDirectory(prefix="counterseal-index-") as private:
        copy = Path(private) / "index"
        try:
            shutil.copytree(folder, copy, symlinks=True)
        except FileNotFoundError as cause:
            raise _missing(folder) from cause
        except (OSError, shutil.Error) as cause:
            raise StoreError("the index cannot be read", where=str(folder)) from cause
        yield copy


def read_page(folder: Path, *, alone: bool = False) -> Page:
    """Return the page of an index whose files are all there and have the digests that it names.

    Args:
        folder: the index.
        alone: whether the files are elsewhere, and the page is all that is looked at.

    Raises:
        StoreError: a file is missing, is one too many, or is another one.
        MalformedError: there is no index, or one of another version.
    """
    page = _page_of(folder)
    if page is None:
        raise _missing(folder)
    if not alone:
        _require_files(folder, page)
    return page


def files_of(folder: Path) -> dict[str, str]:
    """Return SHA-256 of each file of an index, by its path.

    Raises:
        StoreError: one of them is no file, or anything in the index is a link.
    """
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise StoreError("this is a link", where=path.relative_to(folder).as_posix(), remedy=_REMEDY)
    return {
        path.relative_to(folder).as_posix(): _digest(path, folder)
        for path in sorted(folder.rglob("*.parquet"))
    }


def _require_files(folder: Path, page: Page) -> None:
    found = files_of(folder)
    if different := found.keys() ^ page.files.keys():
        raise StoreError("the index has a file too many or too few", where=min(different), remedy=_REMEDY)
    for name, digest in found.items():
        if digest != page.files[name]:
            raise StoreError("the file is not what was built", where=name, remedy=_REMEDY)


_REMEDY: Final = "build the index anew"


def _missing(folder: Path) -> MalformedError:
    return MalformedError("there is no index of this version", where=str(folder), remedy="run index build")


def _page_of(folder: Path) -> Page | None:
    path = folder / PAGE
    try:
        if path.stat().st_size > _LIMIT:
            return None
        page = msgspec.json.decode(path.read_bytes(), type=Page)
    except (OSError, msgspec.MsgspecError):
        return None
    return page if page.version == VERSION else None


def _digest(path: Path, folder: Path) -> str:
    if not path.is_file():
        raise StoreError("this is no file", where=path.relative_to(folder).as_posix(), remedy=_REMEDY)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
