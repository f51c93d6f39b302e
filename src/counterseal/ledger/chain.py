"""The chain: the rules that make entries one sequence. Pure; what it reads has been verified before.

Each manifest names its stream, its sequence and the digest of the payload before it. So an entry that is
missing, doubled, moved, replaced or taken from another stream breaks a rule here. What the chain alone
cannot show is that its end was cut off: checkpoints and anchors are for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from counterseal.ledger.layout import identity_of
from counterseal.manifest.release import ReleaseManifest


class Link(NamedTuple):
    """What a manifest says about its place.

    Attributes:
        stream: the id of its stream.
        sequence: its number in the stream.
        payload: the digest of its own payload bytes.
        previous: the digest that it names as the payload before it.
    """

    stream: str
    sequence: int
    payload: str
    previous: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule: a short code, and what is wrong in words."""

    code: str
    message: str


@dataclass(slots=True)
class ChainWalk:
    """A walk along one stream, entry by entry in the order of their names.

    Attributes:
        stream: the id of the stream that is walked.
        payloads: the payload digest of every entry so far, by the sequence of its name; None for an entry
            that could not be read.
    """

    stream: str
    payloads: dict[int, str | None] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The highest sequence so far, 0 before the first."""
        return next(reversed(self.payloads), 0)

    def visit(self, sequence: int, link: Link | None) -> list[Problem]:
        """Take the next entry and return the rules that it breaks.

        Args:
            sequence: the sequence in the entry's name, higher than every one before.
            link: what its manifest says, or None when that could not be read (which is reported elsewhere).
        """
        problems = list(self._gap(sequence))
        if link is not None:
            problems += self._misplaced(sequence, link)
            problems += self._unlinked(sequence, link)
        self.payloads[sequence] = link.payload if link else None
        return problems

    def _gap(self, sequence: int) -> Iterator[Problem]:
        first = self.last + 1
        if sequence > first:
            missing = (
                f"entry {first} is" if sequence == first + 1 else f"entries {first} to {sequence - 1} are"
            )
            yield Problem("chain-gap", f"{missing} missing")

    def _misplaced(self, sequence: int, link: Link) -> Iterator[Problem]:
        if link.stream != self.stream:
            yield Problem("chain-stream", f"the manifest belongs to stream {link.stream}, not {self.stream}")
        if link.sequence != sequence:
            yield Problem("chain-sequence", f"the manifest is number {link.sequence}, not {sequence}")

    def _unlinked(self, sequence: int, link: Link) -> Iterator[Problem]:
        if sequence == 1:
            before: str | None = None
        elif self.payloads.get(sequence - 1) is None:
            return  # missing or unreadable, and reported as that
        else:
            before = self.payloads[sequence - 1]
        if link.previous != before:
            yield Problem(
                "chain-link",
                f"the manifest follows {link.previous or 'nothing'}, but the entry before is "
                f"{before or 'none'}",
            )


def link_of(manifest: ReleaseManifest, payload: str) -> Link:
    """Return what a manifest with this payload digest says about its place."""
    chain = manifest.chain
    previous = chain.previous.sha256 if chain.previous else None
    return Link(identity_of(chain.stream), chain.sequence, payload, previous)
