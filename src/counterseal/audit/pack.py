"""The auditor's pack: one folder with all that an audit rests on, and a script that verifies it with openssl.

The layout of `store/` is that of a store in a directory. Of each stream that has a release in the window
every entry and checkpoint is copied, since an entry proves little without its chain; records and files only
of the releases in the window; of the books of incidents and legal holds every page with its document. What
cannot be read is named in `absent.txt`: a pack is never smaller without saying so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from counterseal.audit.answer import Answer, encode_answer
from counterseal.audit.population import Release
from counterseal.errors import CountersealError, UsageError
from counterseal.ledger import holds, incidents
from counterseal.ledger.book import Book
from counterseal.ledger.layout import CHECKPOINTS, STREAMS
from counterseal.ledger.verify_blobs import listed_by
from counterseal.manifest.types import format_time
from counterseal.seal.trust import Holder, Trust, TrustedAuthority, parse_trust
from counterseal.store.blobs import blob_key
from counterseal.store.interface import Store

_STATIC: Final = ("README.md", "verify.sh")
_NONE: Final = "-"


@dataclass(frozen=True)
class Pack:
    """A pack that was written.

    Attributes:
        folder: where.
        objects: how many objects of the store are in it.
        absent: the keys that could not be read.
    """

    folder: Path
    objects: int
    absent: tuple[str, ...]


def write_pack(
    folder: Path,
    answer: Answer,
    *,
    store: Store,
    trust: bytes,
    releases: Iterable[Release],
    report: Mapping[str, bytes],
) -> Pack:
    """Write the pack of an audit.

    Args:
        folder: where; it must be empty or absent.
        answer: what the audit came to.
        store: the store that it read.
        trust: the trust file's bytes.
        releases: the releases that it judged.
        report: pages for people, by file name.

    Raises:
        UsageError: the folder holds something, or cannot be written.
    """
    judged = [one for one in releases if one.entry]
    try:
        _require_empty(folder)
        for path, data in _documents(answer, trust, judged, report):
            _write(folder / path, data)
        keys = (*_keys(store, judged), *_books(store, parse_trust(trust, where="trust.json")))
        copied, absent = _copy(store, dict.fromkeys(keys), folder / "store")
        _write(folder / "absent.txt", "".join(f"{line}\n" for line in absent.values()).encode())
    except OSError as cause:
        raise UsageError(f"the pack cannot be written: {cause.strerror}", where=str(folder)) from cause
    return Pack(folder, copied, tuple(absent))


def _require_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise UsageError("the folder of the pack is not empty", where=str(folder), remedy="name a new folder")


def _documents(
    answer: Answer, trust: bytes, releases: list[Release], report: Mapping[str, bytes]
) -> Iterator[tuple[str, bytes]]:
    """Yield every file that is no object of the store, by its path in the pack."""
    for name in _STATIC:
        yield name, (files("counterseal.audit") / "pack_files" / name).read_bytes()
    yield "answer.json", encode_answer(answer)
    yield "window.txt", "".join(f"{one.name}\n" for one in releases).encode()
    yield "trust/trust.json", trust
    yield from _trusted(parse_trust(trust, where="trust.json"))
    for name, data in report.items():
        yield f"report/{Path(name).name}", data


def _trusted(trust: Trust) -> Iterator[tuple[str, bytes]]:
    """Yield the trust file as openssl and a shell read it: PEM files, and lines of words."""
    lines = []
    for number, key in enumerate(trust.keys, 1):
        public, file = trust.public_key(key.keyid), f"key-{number}.pem"
        algorithm = public.algorithm if public else _NONE
        lines.append(" ".join((key.keyid, file, algorithm, ",".join(key.roles), *_times(key))))
        yield f"trust/{file}", key.public_key.encode()
    yield "trust/keys.txt", _lines(lines)
    lines = []
    for number, one in enumerate(trust.timestamp_authorities, 1):
        roots, chain = f"roots-{number}.pem", f"chain-{number}.pem" if one.intermediates else _NONE
        lines.append(" ".join((roots, chain, *_window(one))))
        yield f"trust/{roots}", _lines(pem.strip() for pem in one.roots)
        if one.intermediates:
            yield f"trust/{chain}", _lines(pem.strip() for pem in one.intermediates)
    yield "trust/authorities.txt", _lines(lines)


def _times(holder: Holder) -> tuple[str, str, str]:
    revoked = format_time(holder.revoked_at) if holder.revoked_at else _NONE
    until = format_time(holder.valid_until) if holder.valid_until else _NONE
    return format_time(holder.valid_from), until, revoked


def _window(authority: TrustedAuthority) -> tuple[str, str]:
    until = format_time(authority.valid_until) if authority.valid_until else _NONE
    return format_time(authority.valid_from), until


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _keys(store: Store, releases: list[Release]) -> Iterator[str]:
    """Yield the keys of all that goes into the pack, each once."""
    seen = set[str]()
    for stream in dict.fromkeys(one.stream for one in releases):
        yield from store.keys(f"{STREAMS}{stream}/")
        yield from store.keys(f"{CHECKPOINTS}{stream}/")
    for one in releases:
        keys = {blob_key(digest) for digest in listed_by(one.manifest)} if one.manifest else set()
        yield from sorted(keys - seen)
        seen |= keys


def _books(store: Store, trust: Trust) -> Iterator[str]:
    """Yield the keys of all that lies in the ledger's books, and of the documents of every page.

    Of a page whose seal does not hold nobody knows the document; the pack's script says so as well.
    """
    for kind in (holds.KIND, incidents.KIND):
        keys = list(store.keys(kind.folder))
        yield from keys
        for leaf in Book(store, trust, kind).walk(keys):
            if leaf.entered is not None:
                yield blob_key(leaf.entered.document)


def _copy(store: Store, keys: Iterable[str], target: Path) -> tuple[int, dict[str, str]]:
    """Copy objects; return how many, and for each that cannot be read a line that says why."""
    absent, copied = dict[str, str](), 0
    for key in keys:
        path = target / key
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                for chunk in store.chunks(key):
                    file.write(chunk)
            copied += 1
        except CountersealError as refusal:
            path.unlink(missing_ok=True)
            absent[key] = f"{key}: {refusal.message}".replace("\n", " ")[:500]
    return copied, absent


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
