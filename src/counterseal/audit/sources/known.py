"""What an earlier audit has verified: the next one verifies what is new, a sample, and all that changed.

The facts lie in a file beside a sealed statement that names its digest, whom they were believed by, by which
policy and version, and of which repository. A statement that is forged, stale or foreign is not believed, and
everything is verified anew. A release is carried over only while its entry and checkpoint have the very bytes
of then, and the store lists the one version of then of everything that belongs to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from counterseal import __version__
from counterseal.audit.sources.plain import without_patterns
from counterseal.audit.sources.proven import Name, Proven
from counterseal.errors import MalformedError, SealError, UsageError
from counterseal.ledger.opened import open_sealed
from counterseal.manifest.digest import sha256
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file
from counterseal.manifest.types import Sha256
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.store.interface import Version

AUDITED: Final = "urn:counterseal:audited:v1"
"""The predicate type of the statement, which never leaves the folder of the audit."""

_STATEMENT, _FACTS = "verified.json", "verified.msgpack"
_LIMIT: Final = 2 * 1024**3  # bytes


class KnownRelease(Proven, frozen=True, kw_only=True):
    """A release that an earlier audit has verified.

    Attributes:
        listed: SHA-256 of what the store listed under its keys: version, size and time of each.
    """

    listed: Sha256


Listing = Mapping[str, tuple[Version, ...]]
"""The versions of every key of a store."""

Known = dict[Name, KnownRelease]
"""What is known, by stream and sequence."""

_ROLE: Final = "audit"
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(without_patterns(tuple[KnownRelease, ...]))


def read_all_known(
    folders: Iterable[Path], trust: Trust, basis: Mapping[str, str]
) -> tuple[Known, tuple[str, ...], int]:
    """Return what several audits, or parts of one, have verified on one basis; see `read_known`.

    Returns:
        What they have verified, the digests of their statements, and how many were there and not believed.
    """
    found, digests, disbelieved = Known(), list[str](), 0
    for folder in folders:
        known, digest = read_known(folder, trust, basis)
        found.update(known)
        digests += [digest] if digest else []
        disbelieved += digest is None and is_there(folder)
    return found, tuple(digests), disbelieved


def is_there(folder: Path) -> bool:
    """Tell whether an audit has kept something in a folder, whatever it is worth."""
    return (folder / _STATEMENT).exists()


def read_known(folder: Path, trust: Trust, basis: Mapping[str, str]) -> tuple[Known, str | None]:
    """Return what an earlier audit has verified on the same basis, and the digest of its statement.

    Args:
        folder: where it lies.
        trust: whom to believe; the statement is sealed in the role `audit`, which no pipeline has.
        basis: what it rests on, see `basis_of`.
    """
    try:
        opened = open_sealed((folder / _STATEMENT).read_bytes(), trust, _ROLE, where=_STATEMENT)
        said = opened.statement.predicate
        path = folder / _FACTS
        if opened.statement.predicate_type != AUDITED or path.stat().st_size > _LIMIT:
            return {}, None
        data = path.read_bytes()
        if not isinstance(said, dict) or said != {**basis, "facts": sha256(data)}:
            return {}, None
        found = _DECODER.decode(data)
    except (OSError, SealError, MalformedError, msgspec.MsgspecError):
        return {}, None
    return {(one.release.stream, one.release.sequence): one for one in found}, opened.payload


def write_known(
    folder: Path, sealer: Sealer, basis: Mapping[str, str], releases: Iterable[KnownRelease]
) -> None:
    """Keep what was verified; whoever is killed in between leaves what is not believed.

    Args:
        folder: where it lies.
        sealer: seals it, in the role `audit`.
        basis: what it rests on.
        releases: what was verified.
    """
    data = _ENCODER.encode(tuple(releases))
    digest = sha256(data)
    statement = Statement((subject_of_file(_FACTS, digest),), AUDITED, {**basis, "facts": digest})
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((_FACTS, data), (_STATEMENT, sealer.seal(encode_statement(statement)))):
        temporary = folder / f".{name}-{os.urandom(8).hex()}"
        temporary.write_bytes(content)
        temporary.replace(folder / name)


def is_news(releases: Sequence[KnownRelease], known: Known) -> bool:
    """Tell whether releases are others than those that are known, or have other bytes, or another listing.

    On one basis the same bytes are the same facts.
    """

    def facts(one: KnownRelease) -> tuple[str | bool | None, ...]:
        return one.entry, one.checkpoint_digest, one.listed, one.deep

    pairs = ((one, known.get((one.release.stream, one.release.sequence))) for one in releases)
    same = (old is not None and (new is old or facts(new) == facts(old)) for new, old in pairs)
    return len(releases) != len(known) or not all(same)


def require_believed(sealer: Sealer, trust: Trust) -> None:
    """Refuse a signer whose state no later audit would believe, before any work is done for it.

    Raises:
        UsageError: with the reason.
    """
    trial = Statement((subject_of_file(_FACTS, sha256(b"")),), AUDITED, {})
    try:
        open_sealed(sealer.seal(encode_statement(trial)), trust, _ROLE, where=_STATEMENT)
    except SealError as refusal:
        raise UsageError(
            f"no later audit would believe what this key seals: {refusal.message}",
            where="key",
            remedy="list it in the trust file with the role audit, or give one that is",
        ) from refusal


def basis_of(trust: bytes, today: str | None, repository: str, store: str) -> dict[str, str]:
    """Return what the facts of an audit rest on: when any of it changes, they are made anew."""
    return {
        "policy": sha256((today or "").encode()),
        "repository": repository,
        "store": store,
        "trust": sha256(trust),
        "version": __version__,
    }


def still_listed(known: Known, listing: Listing) -> Known:
    """Return the releases of which a store lists what it listed then, and one version of each key."""
    return {place: one for place, one in known.items() if _is_there(one, listing)}


def _is_there(one: KnownRelease, listing: Listing) -> bool:
    """Tell whether the store lists of a release what it listed then, and one version of each key."""
    seen = _seen(one, listing)
    return max(map(len, seen)) <= 1 and sha256(_ENCODER.encode(seen)) == one.listed


def _seen(one: Proven, listing: Listing) -> list[tuple[Version, ...]]:
    return [listing.get(key, ()) for key in one.keys]


def known_release(proven: Proven, listing: Listing) -> KnownRelease:
    """Return what the next audit may take over of a release that was verified."""
    given = {name: getattr(proven, name) for name in Proven.__struct_fields__}
    return KnownRelease(**given, listed=sha256(_ENCODER.encode(_seen(proven, listing))))
