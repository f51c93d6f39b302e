"""What is in a file: its text, or the texts of an archive's members; bounded against bombs."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MOST_MEMBERS: Final = 20_000
"""How many members of an archive are looked at."""

MOST_DEPTH: Final = 3
"""How many archives within archives are opened."""

_ZIP: Final = b"PK\x03\x04"
_STREAMS: Final = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\x00", lzma.open))


class Closed(ValueError):
    """Something in a file cannot be looked at."""


@dataclass
class Budget:
    """How much of a file may still be unpacked.

    Attributes:
        left: how many bytes.
        members: how many members.
    """

    left: int
    members: int = MOST_MEMBERS

    def take(self, size: int) -> None:
        """Take a part of it.

        Raises:
            Closed: nothing is left.
        """
        self.left -= size
        self.members -= 1
        if self.left < 0 or self.members < 0:
            raise Closed("it holds more than is unpacked")


def texts_of(data: bytes, name: str, budget: Budget, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield every text of a file with its name; a member of an archive is `<archive>!<member>`.

    Raises:
        Closed: an archive is damaged, encrypted, too deep or too large.
    """
    if depth > MOST_DEPTH:
        raise Closed(f"archives within archives, more than {MOST_DEPTH} deep")
    if data.startswith(_ZIP):
        yield from _zipped(data, name, budget, depth)
    elif (plain := _unpacked(data, budget)) is not None:
        yield from texts_of(plain, name, budget, depth + 1)
    elif data[257:262] == b"ustar":
        yield from _tarred(data, name, budget, depth)
    elif (text := text_of(data)) is not None:
        yield name, text


def text_of(data: bytes) -> str | None:
    """Return the text of a file; None for one that is none, such as a picture.

    UTF-8 and UTF-16 with its mark are read as such, anything else byte by byte, so that what is ASCII in it
    is found.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    head = data[:8192]
    if b"\x00" in head:
        return _wide_text(data, head)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _wide_text(data: bytes, head: bytes) -> str | None:
    """Return UTF-16 without its mark, which mostly has a zero in every other byte; None for anything else."""
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = head[start::2]
        if zeros.count(0) > len(zeros) * 0.9 and head[1 - start :: 2].count(0) < len(zeros) * 0.1:
            return data.decode(encoding, "replace")
    return None


def _zipped(data: bytes, name: str, budget: Budget, depth: int) -> Iterator[tuple[str, str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if member.flag_bits & 1:
                    raise Closed("a member is encrypted")
                budget.take(member.file_size)
                with archive.open(member) as file:
                    inside = file.read(member.file_size + 1)
                if len(inside) > member.file_size:
                    raise Closed("a member is larger than it says")
                yield from texts_of(inside, f"{name}!{member.filename}", budget, depth + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        NotImplementedError,
        OSError,
        EOFError,
        RuntimeError,
    ) as cause:
        raise Closed(f"a damaged archive: {cause}"[:200]) from cause


def _unpacked(data: bytes, budget: Budget) -> bytes | None:
    """Return what a compressed file holds; None for one that is not compressed."""
    for magic, opened in _STREAMS:
        if data.startswith(magic):
            try:
                with opened(io.BytesIO(data)) as file:
                    plain = file.read(budget.left + 1)
            except (OSError, EOFError, zlib.error, lzma.LZMAError) as cause:
                raise Closed(f"a damaged archive: {cause}"[:200]) from cause
            budget.take(len(plain))
            return plain
    return None


def _tarred(data: bytes, name: str, budget: Budget, depth: int) -> Iterator[tuple[str, str]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file is None:
                    continue
                budget.take(member.size)
                yield from texts_of(file.read(), f"{name}!{member.name}", budget, depth + 1)
    except (tarfile.TarError, OSError, EOFError) as cause:
        raise Closed(f"a damaged archive: {cause}"[:200]) from cause
