"""The sample: releases that an audit takes over and that are verified once more all the same.

One that does not come out as it was makes all doubtful that was taken over with it: then nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import SystemRandom
from typing import Final

import msgspec

from counterseal.audit.sources.known import Known, KnownRelease
from counterseal.audit.sources.proven import Name, Proven
from counterseal.audit.sources.workers import Shared

_PERCENT: Final = 5

_ENOUGH: Final = 300
"""The least n with 0.99 ** n < 0.05, rounded up to hundreds: more would tell little more."""

_ENCODER = msgspec.msgpack.Encoder()


@dataclass(frozen=True)
class Sample:
    """A sample.

    Attributes:
        known: the releases, as an earlier audit has verified them.
        again: waits for what is verified of them now.
    """

    known: Known
    again: Callable[[], Shared]

    def agrees(self) -> bool:
        """Tell whether all of them verify again, and are what they were."""
        found = self.again().proven
        return all(name in found and _is_same(one, found[name]) for name, one in self.known.items())


def drawn(known: Mapping[Name, KnownRelease], percent: int | None) -> frozenset[Name]:
    """Draw releases that are known at random; see `policy.audit.Audit` for how many."""
    share = max(1, len(known) * (percent or _PERCENT) // 100) if known else 0
    count = share if percent else min(share, _ENOUGH)
    return frozenset(SystemRandom().sample(sorted(known), count))


def _is_same(before: Proven, now: Proven) -> bool:
    """Tell whether the bytes are the same, and the facts; of one that is old now, less is read than was."""
    same = (before.entry, before.checkpoint_digest) == (now.entry, now.checkpoint_digest)
    return same and (before.deep != now.deep or _facts(before) == _facts(now))


def _facts(one: Proven) -> bytes:
    return _ENCODER.encode(one.release)  # what is read from a state is of other types with the same names
