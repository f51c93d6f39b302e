"""Answers and metrics as tables in CSV (RFC 4180), for whoever works in a spreadsheet.

A cell that a spreadsheet could take for a formula begins with an apostrophe, which it shows as text (OWASP,
"CSV Injection"); characters that show nothing or turn the text around are replaced.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from counterseal.audit.answer import Answer
from counterseal.audit.dora.model import Kpi, Measure, Metrics

_FORMULA: Final = ("=", "+", "-", "@")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")
_BLANK: Final = " \t\r\n\u200b\u200c\u200d\u2060\ufeff\u00ad"
_HIDDEN: Final = dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\ufffd",
)
"""Characters that show nothing or turn the text around; tabs and ends of lines stay, in quotes."""


def answer_csv(answer: Answer) -> bytes:
    """Return every element of an answer with each of its verdicts, one a line."""
    head = (
        "population",
        "element",
        "at",
        "title",
        "grade",
        "verdict",
        "message",
        "evidence",
        "related",
        "remedy",
    )
    return _csv(head, _elements(answer))


def metrics_csv(metrics: Metrics) -> bytes:
    """Return every figure of metrics, further ones included, one a line."""
    head = ("key", "figure", "unit", "value", "n", "low", "high", "target", "status", "requirements")
    return _csv(head, (row for one in metrics.kpis for row in _figures(one)))


def rows_csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows of text."""
    return _csv(head, rows)


def _elements(answer: Answer) -> Iterator[Sequence[str]]:
    for one in answer.elements:
        for verdict in one.verdicts:
            yield (
                one.population,
                one.name,
                one.at or "",
                one.title,
                str(verdict.grade),
                verdict.code,
                verdict.message,
                verdict.digest or "",
                " ".join(verdict.related),
                verdict.remedy or "",
            )


def _figures(kpi: Kpi) -> Iterator[Sequence[str]]:
    for name, measure in {kpi.key: kpi.measure, **kpi.more}.items():
        own = name == kpi.key
        yield (
            kpi.key,
            name,
            kpi.unit,
            *_numbers(measure),
            kpi.target if own else "",
            kpi.status if own else "",
            " ".join(kpi.requirements) if own else "",
        )


def _numbers(measure: Measure) -> tuple[str, str, str, str]:
    shown = ["" if one is None else f"{one:.10g}" for one in (measure.value, measure.low, measure.high)]
    return shown[0], str(measure.n), shown[1], shown[2]


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([_cell(one) for one in row] for row in rows)
    return target.getvalue().encode("utf-8", "replace")


def _cell(text: str) -> str:
    """Return a cell that no program takes for a formula, and in which nothing is hidden."""
    plain = text.translate(_HIDDEN)
    bare = unicodedata.normalize("NFKC", plain).lstrip(_BLANK)
    begins = plain.startswith(("\t", "\r", "\n")) or bare.startswith(_FORMULA)
    return f"'{plain}" if begins and not _NUMBER.fullmatch(plain) else plain
