"""The survey: what a store holds, and everything in it that does not verify. The verdict is the ledger's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeAlias

from counterseal.checks.approvals.decided import decision_problems
from counterseal.ledger.layout import STREAMS, is_stream_id, place_of
from counterseal.ledger.report import Finding, StoreReport
from counterseal.ledger.verify import verify_store
from counterseal.seal.trust import Trust
from counterseal.store.interface import Store

_ByRelease: TypeAlias = dict[tuple[str | None, int | None], list[Finding]]


@dataclass(frozen=True)
class Survey:
    """What a store holds, and what is wrong with it.

    Attributes:
        report: the ledger's verification.
        releases: the stream id and sequence of each release that is asked for, in order.
    """

    report: StoreReport
    releases: tuple[tuple[str, int], ...]

    def findings(self, stream: str, sequence: int) -> tuple[Finding, ...]:
        """Return what is wrong with one release."""
        return tuple(self._findings.get((stream, sequence), ()))

    def notices(self, stream: str, sequence: int) -> tuple[Finding, ...]:
        """Return what is worth knowing of one release."""
        return tuple(self._notices.get((stream, sequence), ()))

    @cached_property
    def _findings(self) -> _ByRelease:
        return _by_release(self.report.findings)

    @cached_property
    def _notices(self) -> _ByRelease:
        return _by_release(self.report.notices)


def survey(
    store: Store,
    trust: Trust,
    *,
    stream: str | None = None,
    sequence: int | None = None,
    anchor: bytes | None = None,
    now: datetime | None = None,
) -> Survey:
    """Verify a store and list its releases.

    Args:
        store: the store.
        trust: whom to believe.
        stream: the id of the only stream that is asked for.
        sequence: the only release of each stream that is asked for.
        anchor: the bundle of a checkpoint that was kept elsewhere.
        now: the present moment; files whose own retention is over by then may be gone.

    Raises:
        StoreError: the store cannot be listed.
    """
    report = verify_store(
        store, trust, stream=stream, sequence=sequence, anchor=anchor, inspect=decision_problems, now=now
    )
    prefix = STREAMS if stream is None else f"{STREAMS}{stream}/"
    keys = store.keys(prefix) if stream is None or is_stream_id(stream) else ()
    places = [place for key in keys if (place := place_of(key)) is not None]
    return Survey(report, tuple(place for place in places if sequence in {None, place[1]}))


def _by_release(findings: Iterable[Finding]) -> _ByRelease:
    found: _ByRelease = defaultdict(list)
    for finding in findings:
        found[finding.stream, finding.sequence].append(finding)
    return found
