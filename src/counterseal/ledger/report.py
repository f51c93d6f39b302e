"""What a verification found: each finding says what is wrong, where, and what was expected instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

from counterseal.errors import CountersealError, KeyMissing, MalformedError, SealError, StoreError

T = TypeVar("T")

_KINDS: Final[tuple[tuple[type[CountersealError], str], ...]] = (
    (KeyMissing, "missing"),
    (StoreError, "unreadable"),
    (SealError, "seal"),
    (MalformedError, "content"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or worth knowing.

    Attributes:
        code: the sort of finding, listed in `docs/ledger.md`.
        where: the key it was found at.
        message: what is wrong, in words; where digests differ, the expected and the found one.
        stream: the id of the stream it belongs to, if any.
        sequence: the number of the release it belongs to, if any.
    """

    code: str
    where: str
    message: str
    stream: str | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class StoreReport:
    """The result of verifying a store.

    Attributes:
        streams: how many streams were verified.
        entries: how many entries were looked at.
        records: how many control records were verified.
        blobs: how many distinct blobs were read and hashed.
        signatures: how many seals held: of manifests, verdicts, checkpoints, records and statements.
        findings: what is wrong. The store is proven only when there is none.
        notices: what is not wrong and worth knowing.
    """

    streams: int
    entries: int
    records: int
    blobs: int
    signatures: int
    findings: tuple[Finding, ...]
    notices: tuple[Finding, ...]


class Place(NamedTuple):
    """Where something is looked at: a key, and the release that it belongs to."""

    where: str
    stream: str | None = None
    sequence: int | None = None


@dataclass(slots=True)
class Tally:
    """A report in the making."""

    streams: int = 0
    entries: int = 0
    records: int = 0
    blobs: int = 0
    signatures: int = 0
    findings: list[Finding] = field(default_factory=list)
    notices: list[Finding] = field(default_factory=list)

    def find(self, place: Place, code: str, message: str) -> None:
        """Add a finding."""
        self.findings.append(_finding(place, code, message))

    def notice(self, place: Place, code: str, message: str) -> None:
        """Add a notice."""
        self.notices.append(_finding(place, code, message))

    def attempt(self, place: Place, what: str, action: Callable[[], T]) -> T | None:
        """Return what the action returns; when it refuses, make that a finding and return None."""
        try:
            return action()
        except (StoreError, SealError, MalformedError) as refusal:
            self.refuse(place, what, refusal)
            return None

    def refuse(self, place: Place, what: str, refusal: CountersealError, kind: str | None = None) -> None:
        """Make a refusal a finding, of its own kind or of another."""
        self.find(place, f"{what}-{kind or _kind(refusal)}", refusal.message)

    def report(self) -> StoreReport:
        """Return the report as it stands."""
        return StoreReport(
            self.streams,
            self.entries,
            self.records,
            self.blobs,
            self.signatures,
            tuple(self.findings),
            tuple(self.notices),
        )


def _kind(refusal: CountersealError) -> str:
    return next(kind for sort, kind in _KINDS if isinstance(refusal, sort))


def _finding(place: Place, code: str, message: str) -> Finding:
    where = place.where.encode("utf-8", "backslashreplace").decode()  # a name on a disk need not be text
    return Finding(code, where, message, place.stream, place.sequence)
