"""The past: what git tells of protected branches, which another process reads where there is much of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from typing import Final

import msgspec

from counterseal.audit.population import Landed
from counterseal.audit.sources.changes import Changes
from counterseal.audit.sources.workers import elsewhere
from counterseal.clients.git import GitRepository
from counterseal.clients.git_tree import versions_of
from counterseal.errors import CountersealError, Inconclusive, MalformedError
from counterseal.manifest.digest import sha256
from counterseal.manifest.types import GitObject, Name, Sha256, Struct
from counterseal.policy.demanded import demanded
from counterseal.policy.file import load_policy
from counterseal.policy.forge import Gap

Policies = dict[Sha256, tuple[Name, ...]]
"""What versions of a policy demand to be on record, by their digests."""

_MANY: Final = 2000  # commits, which another process reads sooner than this one


class Past(Struct, frozen=True, kw_only=True):
    """What git tells.

    Attributes:
        lineage: the commits that protected branches hold.
        policies: what each version of the policy that they held demands, by its SHA-256; None where that
            cannot be read.
        landed: the commits that reached them in the window, by git alone; None where the forge tells.
        gaps: what could not be found out.
    """

    lineage: frozenset[GitObject]
    policies: Policies | None
    landed: tuple[Landed, ...] | None = None
    gaps: tuple[Gap, ...] = ()


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Past)


def begin(
    changes: Changes, tips: Mapping[str, str], path: str, workers: Executor | None
) -> Callable[[], Past]:
    """Return what waits for the past.

    Args:
        changes: what is wanted; where it has a forge, that is asked elsewhere and only git is read here.
        tips: where the protected branches are.
        path: where the policy file is in the repository.
        workers: processes that read it where it is long.
    """
    given = (changes.repository, changes if changes.forge is None else None, tips, path)
    if workers is None or not changes.repository.is_long(list(tips.values()), _MANY):
        return lambda: past_of(*given)
    answer = elsewhere(workers, _encoded, *given)
    return lambda: past_of(*given) if (found := answer()) is None else _DECODER.decode(found)


def past_of(repository: GitRepository, changes: Changes | None, tips: Mapping[str, str], path: str) -> Past:
    """Read the past; see `begin`.

    Raises:
        Inconclusive: git cannot be read.
    """
    lineage = repository.lineage(list(tips.values()))
    landed = changes.landed(tips, lineage) if changes else None
    policies = policies_of(repository, lineage, path)
    return Past(
        lineage=lineage, policies=policies, landed=landed, gaps=tuple(changes.gaps) if changes else ()
    )


def _encoded(
    repository: GitRepository, changes: Changes | None, tips: Mapping[str, str], path: str
) -> bytes | None:
    """Return the past for another process; None where that has to see for itself what is wrong."""
    try:
        return _ENCODER.encode(past_of(repository, changes, tips, path))
    except CountersealError:
        return None


def policies_of(repository: GitRepository, commits: Iterable[str], path: str) -> Policies | None:
    """Return what every version of a policy demands, by its digest; None where its history cannot be read."""
    try:
        contents = versions_of(repository, sorted(commits), path)
    except Inconclusive:
        return None
    return {sha256(data): demanded_by(data) for data in contents.values()}


def demanded_by(policy: bytes) -> tuple[str, ...]:
    """Return what a version of the policy demands; under one that cannot be read no release ever passed."""
    try:
        return demanded(load_policy(policy, where="policy"))
    except MalformedError:
        return ()
