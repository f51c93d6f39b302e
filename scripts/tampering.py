"""Attacks on a store: what somebody who can write to it could do to make a release look better than it was.

Each takes a copy of a directory store in which release 3 failed its tests. Its docstring says what it does,
in the words of the demonstration.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from samplebank import entry_of, read_entry


def change_one_byte(store: Path) -> None:
    """One byte of a manifest is changed."""
    entry = entry_of(store, 1)
    data = bytearray(entry.read_bytes())
    data[data.index(b'"payload":"') + 2000] ^= 1
    _overwrite(entry, bytes(data))


def delete_evidence(store: Path) -> None:
    """An evidence file is deleted."""
    _blob(store, _report(store, 2)).unlink()


def rewrite_report(store: Path) -> None:
    """The report of failed tests is rewritten as passed."""
    blob = _blob(store, _report(store, 3))
    _overwrite(blob, blob.read_bytes().replace(b'failures="3"', b'failures="0"'))


def replace_record(store: Path) -> None:
    """The record of failed tests is replaced by an older one."""
    good, bad = (_blob(store, _record(store, sequence)) for sequence in (2, 3))
    _overwrite(bad, good.read_bytes())


def drop_newest(store: Path) -> None:
    """The failed release disappears, and its checkpoint too."""
    entry_of(store, 3).unlink()
    next((store / "checkpoints").glob("*/000000000003.json")).unlink()


ATTACKS: tuple[Callable[[Path], None], ...] = (
    change_one_byte,
    delete_evidence,
    rewrite_report,
    replace_record,
    drop_newest,
)


def _report(store: Path, sequence: int) -> str:
    """Return the digest of the test report of a release."""
    evidence = read_entry(store, sequence)[0]["candidate"]["evidence"]
    return next(str(file["digest"]["sha256"]) for file in evidence if file["name"] == "unit-tests.xml")


def _record(store: Path, sequence: int) -> str:
    """Return the digest of the sealed record of the tests of a release."""
    records = read_entry(store, sequence)[0]["candidate"]["records"]
    return next(str(one["sealed"]["digest"]["sha256"]) for one in records if one["name"] == "unit-tests")


def _blob(store: Path, digest: str) -> Path:
    return store / "blobs" / "sha256" / digest[:2] / digest


def _overwrite(path: Path, data: bytes) -> None:
    """Write other bytes in place of a file that may be read-only."""
    if path.read_bytes() == data:
        raise ValueError(f"{path}: nothing was changed")
    path.unlink()
    path.write_bytes(data)
