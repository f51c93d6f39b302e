"""Documents of an answer or of metrics, by format: the same input gives the same bytes."""

from __future__ import annotations

import re
from typing import Final

from counterseal.audit.answer import Answer, encode_answer
from counterseal.audit.answer_view import answer_view
from counterseal.audit.clauses import catalogue
from counterseal.audit.dora.model import Metrics, encode_metrics
from counterseal.audit.dora.words import measure_in_words
from counterseal.audit.names import NOBODY, Names, called
from counterseal.audit.oscal import assessment_results
from counterseal.audit.pdf import pdf_of
from counterseal.audit.render import render_answer, render_metrics
from counterseal.audit.tables import answer_csv, metrics_csv
from counterseal.host.markdown import escape, table
from counterseal.host.text import visible
from counterseal.manifest.canonical import encode
from counterseal.policy.delivery import Delivery

_ANSWER: Final = {
    "html": "audit.html",
    "pdf": "audit.pdf",
    "csv": "audit.csv",
    "json": "answer.json",
    "md": "audit.md",
    "oscal": "oscal-assessment-results.json",
}
_METRICS: Final = {
    "html": "dora.html",
    "pdf": "dora.pdf",
    "csv": "dora.csv",
    "json": "metrics.json",
    "md": "dora.md",
}

_PLAIN: Final = re.compile(r"[A-Za-z0-9._/:@=?&%+~#-]+")
"""Words of characters that mean nothing inside a code span."""
_SIGNS: Final = re.compile(r"[/:@]|[0-9a-f]{12}")
"""What addresses, times, names and digests have, and other words have not."""


def answer_document(
    answer: Answer,
    form: str,
    generated_at: str,
    names: Names = NOBODY,
) -> tuple[str, bytes]:
    """Return the name and the bytes of a document of an answer.

    Args:
        answer: the answer.
        form: `html`, `pdf`, `csv`, `json`, `md` or `oscal`.
        generated_at: the time that it states (RFC 3339, UTC).
        names: who is behind pseudonyms, for pages; data keeps the pseudonyms.

    Raises:
        UsageError: a PDF cannot be drawn here.
    """
    name = _ANSWER[form]
    match form:
        case "csv":
            return name, answer_csv(answer)
        case "json":
            return name, encode_answer(answer)
        case "md":
            return name, _answer_markdown(answer).encode()
        case "oscal":
            return name, encode(assessment_results(answer, catalogue()), where=name)
    page = called(render_answer(answer_view(answer, catalogue()), generated_at=generated_at), names)
    return name, page if form == "html" else pdf_of(page, generated_at=generated_at)


def metrics_document(metrics: Metrics, targets: Delivery, form: str, generated_at: str) -> tuple[str, bytes]:
    """Return the name and the bytes of a document of metrics; else as `answer_document`."""
    name = _METRICS[form]
    match form:
        case "csv":
            return name, metrics_csv(metrics)
        case "json":
            return name, encode_metrics(metrics)
        case "md":
            return name, _metrics_markdown(metrics).encode()
    from counterseal.audit.dora.view import metrics_view

    page = render_metrics(metrics_view(metrics, targets), generated_at=generated_at)
    return name, page if form == "html" else pdf_of(page, generated_at=generated_at)


def _answer_markdown(answer: Answer) -> str:
    view = answer_view(answer, catalogue())
    read = [
        [one.name, str(one.count), str(one.exceptions), _shown("; ".join(one.gaps))]
        for one in view.populations
    ]
    rows = [[one.population, _shown(one.name), one.code, _shown(one.message)] for one in view.exceptions]
    controls = [[_shown(one.title), one.word, one.cases, str(one.count)] for one in view.controls]
    exceptions = table(["population", "element", "verdict", "found"], rows) if rows else "None.\n"
    window = f"{answer.window.since} to {answer.window.until}"
    return (
        f"# Audit of {_shown(answer.repository)}\n\n"
        f"{window}: **{view.verdict.word}**. {view.verdict.sentence}\n\n"
        f"{table(['population', 'elements', 'exceptions', 'could not be found out'], read)}\n"
        f"## Exceptions\n\n{exceptions}\n"
        f"## Controls\n\n{table(['control', 'state', 'seen to work', 'findings'], controls)}\n"
        f"Answer: {_shown(view.digest)}\n"
    )


def _shown(text: str) -> str:
    """Return text as Markdown that a person can read as it is: addresses, times and digests in code spans.

    In a code span nothing is markup, and none of those words can end one; everything else is escaped.
    """
    return " ".join(map(_word, visible(text).split()))


def _word(word: str) -> str:
    """Return one word; the punctuation of a sentence around it is no markup there."""
    core = word.lstrip("(").rstrip("),.:;")
    before, _, after = word.partition(core) if core else (word, "", "")
    plain = _SIGNS.search(core) and _PLAIN.fullmatch(core)
    return f"{before}`{core}`{after}" if plain else f"{before}{escape(core)}{after}"


def _metrics_markdown(metrics: Metrics) -> str:
    rows = [
        [
            escape(one.title),
            escape(measure_in_words(one.measure, one.unit)),
            escape(one.target or "-"),
            one.status,
        ]
        for one in metrics.kpis
    ]
    head = f"# Delivery metrics of {_shown(metrics.service)}\n\n"
    return (
        head
        + f"{metrics.window.since} to {metrics.window.until}\n\n"
        + table(["figure", "value", "target", "status"], rows)
    )
