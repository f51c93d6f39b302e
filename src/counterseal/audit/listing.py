"""The list of releases as documents: CSV and JSON for programs, Markdown for a job's summary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from counterseal.audit.tables import rows_csv
from counterseal.audit.view import IndexRow, IndexView
from counterseal.host.markdown import code, escape, table
from counterseal.manifest.canonical import encode

_HEAD: Final = ("stream", "sequence", "title", "evidence", "outcome", "commit", "created", "page")
_MOST: Final = 50  # rows of a summary


def listing_csv(view: IndexView) -> bytes:
    """Return every release, one a line (RFC 4180)."""
    return rows_csv(_HEAD, map(_cells, _rows(view)))


def listing_json(view: IndexView) -> bytes:
    """Return every release and every finding as canonical JSON (RFC 8785)."""
    releases = [
        dict(zip(_HEAD, _cells(one), strict=True)) | {"sequence": one.sequence} for one in _rows(view)
    ]
    findings = [
        {name: str(value) for name, value in asdict(one).items() if value is not None}
        for one in view.findings
    ]
    whole = {
        "evidence": view.evidence.word,
        "extent": view.extent,
        "findings": findings,
        "releases": releases,
    }
    return encode(whole, where="listing")


def listing_markdown(view: IndexView) -> str:
    """Return the newest releases of each stream as Markdown; everything from elsewhere is escaped."""
    parts = [f"### Releases on record: {escape(view.evidence.word)}\n\n{escape(view.extent)}\n"]
    for stream in view.streams:
        rows = [
            [
                str(one.sequence),
                escape(one.title),
                escape(one.evidence.word),
                escape(one.outcome.word),
                code(one.commit),
            ]
            for one in stream.rows[:_MOST]
        ]
        more = f"\nand {len(stream.rows) - _MOST} more\n" if len(stream.rows) > _MOST else ""
        head = ["release", "title", "evidence", "outcome", "commit"]
        parts.append(f"#### {escape(stream.title)}\n\n{table(head, rows)}{more}")
    return "\n".join(parts)


def _rows(view: IndexView) -> Iterator[IndexRow]:
    for stream in view.streams:
        yield from stream.rows


def _cells(one: IndexRow) -> tuple[str, ...]:
    told = (one.evidence.word, one.outcome.word, one.commit, one.created_at, one.page)
    return (one.stream, str(one.sequence), one.title, *told)
