"""The view of all releases: which there are, whether each verifies, and what is wrong beside them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from counterseal.audit.dora.words import counted
from counterseal.audit.facts import Finding
from counterseal.audit.view import IndexRow, IndexView, ReleaseView, StreamView, Verdict

_SHORT_COMMIT = 12
_UNANCHORED = (
    " Whether newer releases were cut off cannot be told from the store alone: that takes a checkpoint that "
    "was kept elsewhere (--anchor)."
)


def index_row(view: ReleaseView) -> IndexRow:
    """Return the line of a release in the list of all."""
    manifest = view.manifest
    return IndexRow(
        stream=view.stream,
        sequence=view.sequence,
        page=view.page,
        title=view.title,
        evidence=view.evidence,
        outcome=view.outcome,
        commit=manifest.candidate.source.commit[:_SHORT_COMMIT] if manifest else "",
        created_at=manifest.created_at if manifest else "",
    )


def index_view(
    rows: Sequence[IndexRow],
    findings: Sequence[Finding],
    *,
    stream: str | None = None,
    sequence: int | None = None,
    anchored: bool = False,
) -> IndexView:
    """Return the list of all releases.

    Args:
        rows: the releases, ordered by stream and sequence.
        findings: everything in what was read that does not verify.
        stream: the only stream that was read, if not all were.
        sequence: the only release of each stream whose records and files were read, if not all were.
        anchored: whether a checkpoint that was kept elsewhere shows that no end is missing.
    """
    paged = {(row.stream, row.sequence) for row in rows}
    beside = tuple(one for one in findings if (one.stream, one.sequence) not in paged)
    streams = tuple(_stream(name, tuple(group)) for name, group in groupby(rows, lambda row: row.stream))
    return IndexView(
        extent=f"{counted(len(rows), 'release')} in {counted(len(streams), 'stream')}",
        evidence=_evidence(rows, beside, _read(stream, sequence) + ("" if anchored else _UNANCHORED)),
        findings=beside,
        streams=streams,
    )


def _stream(identity: str, rows: tuple[IndexRow, ...]) -> StreamView:
    named = [row.title for row in rows if row.commit]
    return StreamView(identity, named[-1] if named else identity, rows[::-1])


def _read(stream: str | None, sequence: int | None) -> str:
    """Return what was read and holds, and what was not read, in words."""
    checked = "was checked again for this report, and holds."
    if sequence is not None:
        chains = "the chains" if stream is None else f"the stream {stream}"
        return (
            f"Every link of {chains}, and every signature and file of release {sequence}, {checked} "
            "The records and files of other releases were not read."
        )
    if stream is not None:
        return f"Every signature, file and link of the stream {stream} {checked} Other streams were not read."
    return f"Every signature, file and link of the chains {checked}"


def _evidence(rows: Sequence[IndexRow], beside: Sequence[Finding], read: str) -> Verdict:
    broken = sum(row.evidence.state != "passed" for row in rows)
    if rows and not broken and not beside:
        return Verdict("passed", "Verifies", read)
    sentence = f"{broken} of {counted(len(rows), 'release')} {'does' if broken == 1 else 'do'} not verify"
    if beside:
        sentence += f"; {counted(len(beside), 'finding')} outside the releases below"
    return Verdict("failed", "Does not verify", f"{sentence}. Do not rely on them until each is explained.")
