"""The report of a store: one page a release and the list of all, written into a folder."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from counterseal.audit.collect import Collector
from counterseal.audit.facts import Finding
from counterseal.audit.index_view import index_row, index_view
from counterseal.audit.listing import listing_csv, listing_json, listing_markdown
from counterseal.audit.names import NOBODY, Names, called
from counterseal.audit.pdf import pdf_of
from counterseal.audit.release_view import page_name, release_view
from counterseal.audit.render import render_index, render_release
from counterseal.audit.survey import Survey, survey
from counterseal.audit.view import IndexRow, ReleaseView
from counterseal.errors import NothingToJudge, UsageError
from counterseal.manifest.types import parse_time
from counterseal.seal.trust import Trust
from counterseal.store.interface import Store

INDEX: Final = "index.html"
"""The name of the list of all releases."""

_EMPTY: Final = "nothing-to-judge"
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Report:
    """A report that was written.

    Attributes:
        index: the list of all releases.
        pages: the page of each release, by stream and sequence.
        others: the documents in other formats.
        summary: the list as Markdown.
        findings: everything that does not verify; empty when all evidence does.
    """

    index: Path
    pages: tuple[Path, ...]
    findings: tuple[Finding, ...]
    others: tuple[Path, ...] = ()
    summary: str = ""


def write_report(  # noqa: PLR0913 - what a report has
    store: Store,
    trust: Trust,
    folder: Path,
    *,
    generated_at: str,
    stream: str | None = None,
    sequence: int | None = None,
    anchor: bytes | None = None,
    names: Names = NOBODY,
    formats: Collection[str] = (),
) -> Report:
    """Verify a store and write its report; the same store, trust and time give the same bytes.

    Args:
        store: the store.
        trust: whom to believe.
        folder: where the pages go; it is created, and pages of the same name are replaced.
        generated_at: the time that the pages state (RFC 3339, UTC).
        stream: the id of the only stream to report.
        sequence: the only release of each stream to report.
        anchor: the bundle of a checkpoint that was kept elsewhere.
        names: who is behind the pseudonyms of releases that name nobody.
        formats: what is written beside the pages: `pdf` of each, and `csv` and `json` of the list.

    Raises:
        NothingToJudge: there is no release, and no trace of one.
        StoreError: the store cannot be listed.
        UsageError: the pages cannot be written, or a PDF cannot be drawn here.
    """
    found = survey(
        store, trust, stream=stream, sequence=sequence, anchor=anchor, now=parse_time(generated_at)
    )
    _require_something(found, stream)
    rows, pages, findings = list[IndexRow](), list[Path](), dict.fromkeys(found.report.findings)
    others = list[Path]()
    for view, data in _pages(Collector(store, trust, found), generated_at):
        page = called(data, names)
        pages.append(_write(folder / view.page, page))
        if "pdf" in formats:
            drawn = pdf_of(page, generated_at=generated_at)
            others.append(_write((folder / view.page).with_suffix(".pdf"), drawn))
        rows.append(index_row(view))
        findings |= dict.fromkeys(view.findings)
    listing = index_view(rows, tuple(findings), stream=stream, sequence=sequence, anchored=anchor is not None)
    index = called(render_index(listing, generated_at=generated_at), names)
    written = {"csv": listing_csv, "json": listing_json}
    others += [
        _write(folder / f"index.{form}", make(listing)) for form, make in written.items() if form in formats
    ]
    if "pdf" in formats:
        others.append(_write(folder / "index.pdf", pdf_of(index, generated_at=generated_at)))
    summary = listing_markdown(listing)
    return Report(_write(folder / INDEX, index), tuple(pages), tuple(findings), tuple(others), summary)


def _require_something(found: Survey, stream: str | None) -> None:
    if not found.releases and all(finding.code == _EMPTY for finding in found.report.findings):
        raise NothingToJudge(
            "there is no release to report", where=stream, remedy="check the store and the stream"
        )


def _pages(collector: Collector, generated_at: str) -> Iterator[tuple[ReleaseView, bytes]]:
    releases = frozenset(collector.survey.releases)

    def page(stream: str, sequence: int) -> str | None:
        return page_name(stream, sequence) if (stream, sequence) in releases else None

    for stream, sequence in collector.survey.releases:
        view = release_view(collector.release(stream, sequence))
        before, after = page(stream, sequence - 1), page(stream, sequence + 1)
        yield view, render_release(view, generated_at=generated_at, before=before, after=after)


def _write(path: Path, data: bytes) -> Path:
    """Write a page as a whole or not at all, and return its path."""
    temporary = path.with_name(f".{path.name}-{os.urandom(8).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(temporary, _CREATE, 0o666), "wb") as file:
                file.write(data)
            temporary.replace(path)  # a link in its place is replaced, never followed
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as cause:
        raise UsageError(f"the page cannot be written: {cause.strerror}", where=str(path)) from cause
    return path
