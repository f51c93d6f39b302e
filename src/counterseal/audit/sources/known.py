"""What an earlier audit has verified: the next one verifies what is new, a sample, and all that changed.

The facts lie in a file beside a sealed statement that names its digest, whom they were believed by, by which
policy and version, and of which repository. A statement that is forged, stale or foreign is not believed, and
everything is verified anew. A release is carried over only while its entry and checkpoint have the very bytes
of then, and the store lists the one version of then of everything that belongs to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import SystemRandom
from typing import Final

import msgspec

from counterseal import __version__
from counterseal.audit.judge_objects import keys_of
from counterseal.audit.population import Release
from counterseal.errors import MalformedError, SealError
from counterseal.ledger.opened import open_sealed
from counterseal.manifest.digest import sha256
from counterseal.manifest.release import Checkpoint
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file
from counterseal.manifest.types import Sha256, Struct
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust
from counterseal.store.interface import Version

AUDITED: Final = "urn:counterseal:audited:v1"
"""The predicate type of the statement, which never leaves the folder of the audit."""

_STATEMENT, _FACTS = "verified.json", "verified.msgpack"
_LIMIT: Final = 2 * 1024**3  # bytes


class KnownRelease(Struct, frozen=True, kw_only=True):
    """A release that an earlier audit has verified.

    Attributes:
        release: it.
        entry: SHA-256 of its entry's bytes.
        checkpoint: its checkpoint; None where it had none.
        checkpoint_digest: SHA-256 of the checkpoint's bytes.
        listed: SHA-256 of what the store listed of everything that belongs to it, see `listed_of`.
        deep: whether its records and files were verified too.
    """

    release: Release
    entry: Sha256
    checkpoint: Checkpoint | None = None
    checkpoint_digest: Sha256 | None = None
    listed: Sha256
    deep: bool = True


Known = dict[tuple[str, int], KnownRelease]
"""What is known, by stream and sequence."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[KnownRelease, ...])


def read_known(folder: Path, trust: Trust, basis: Mapping[str, str]) -> tuple[Known, str | None]:
    """Return what an earlier audit has verified on the same basis, and the digest of its statement.

    Args:
        folder: where it lies.
        trust: whom to believe; the statement is sealed as a checkpoint.
        basis: what it rests on, see `basis_of`.
    """
    try:
        opened = open_sealed((folder / _STATEMENT).read_bytes(), trust, "checkpoint", where=_STATEMENT)
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
        sealer: seals it, as a checkpoint.
        basis: what it rests on.
        releases: what was verified.
    """
    data = _ENCODER.encode(tuple(releases))
    statement = Statement((subject_of_file(_FACTS, sha256(data)),), AUDITED, {**basis, "facts": sha256(data)})
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((_FACTS, data), (_STATEMENT, sealer.seal(encode_statement(statement)))):
        temporary = folder / f".{name}-{os.urandom(8).hex()}"
        temporary.write_bytes(content)
        temporary.replace(folder / name)


def basis_of(trust: bytes, today: str | None, repository: str) -> dict[str, str]:
    """Return what the facts of an audit rest on: when any of it changes, they are made anew."""
    return {
        "policy": sha256((today or "").encode()),
        "repository": repository,
        "trust": sha256(trust),
        "version": __version__,
    }


def carried(known: Known, listing: Mapping[str, tuple[Version, ...]], sample: int) -> Known:
    """Return the releases that are taken over without being verified again.

    Args:
        known: what an earlier audit has verified.
        listing: the versions of every key of the store.
        sample: how many per cent are verified all the same, at least one.
    """
    whole = {place: one for place, one in known.items() if _is_there(one, listing)}
    again = max(1, len(whole) * sample // 100) if whole else 0
    chosen = set(SystemRandom().sample(sorted(whole), again))
    return {place: one for place, one in whole.items() if place not in chosen}


def _is_there(one: KnownRelease, listing: Mapping[str, tuple[Version, ...]]) -> bool:
    """Tell whether the store lists of a release what it listed then, and one version of each key."""
    found = (listing.get(key, ()) for key in keys_of(one.release))
    return all(len(versions) <= 1 for versions in found) and listed_of(one.release, listing) == one.listed


def listed_of(release: Release, listing: Mapping[str, tuple[Version, ...]]) -> str:
    """Return the SHA-256 of what a store lists of a release: version, size and time of every key."""
    found = [
        (key, one.version, one.size, one.marker, one.written_at)
        for key in sorted(keys_of(release))
        for one in listing.get(key, ())
    ]
    return sha256(_ENCODER.encode(found))


def stays(release: Release) -> bool:
    """Tell whether a release may be carried over: nothing is told of it, and no review of it is to come."""
    glass = any(one.break_glass for one in release.decided)
    return release.manifest is not None and not release.troubles and not glass
