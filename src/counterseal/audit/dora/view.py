"""What the page of delivery metrics says: figures, charts, and beside each chart a table of the same."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from counterseal.audit.dora import plots
from counterseal.audit.dora.model import Failure, Kpi, Metrics, Week, encode_metrics
from counterseal.audit.dora.statistics import quantile
from counterseal.audit.dora.weeks import shares_so_far
from counterseal.audit.dora.words import counted, label, measure_in_words, order, span_in_words
from counterseal.manifest.digest import sha256
from counterseal.policy.delivery import Delivery

_WORDS: Final = {
    "met": ("passed", "Met"),
    "not-met": ("failed", "Not met"),
    "not-demonstrable": ("inconclusive", "Not demonstrable"),
    "no-target": ("unknown", "No target"),
}
_SHARES: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


@dataclass(frozen=True)
class KpiRow:
    """A key figure, in words."""

    title: str
    value: str
    target: str
    mark: str
    word: str
    requirements: tuple[str, ...]
    more: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """A chart with the table beside it."""

    key: str
    title: str
    image: str
    words: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class MetricsView:
    """The page of delivery metrics."""

    metrics: Metrics
    digest: str
    rows: tuple[KpiRow, ...]
    charts: tuple[Chart, ...]


def metrics_view(metrics: Metrics, targets: Delivery) -> MetricsView:
    """Return what the page of metrics says; charts are drawn for what there is."""
    return MetricsView(
        metrics=metrics,
        digest=sha256(encode_metrics(metrics)),
        rows=tuple(map(_row, metrics.kpis)),
        charts=tuple(_charts(metrics, targets)),
    )


def _row(kpi: Kpi) -> KpiRow:
    mark, word = _WORDS[kpi.status]
    value = measure_in_words(kpi.measure, kpi.unit)
    told = sorted(
        (one for one in kpi.more.items() if one[1].value is not None), key=lambda one: order(one[0])
    )
    more = tuple((label(name), measure_in_words(one, kpi.unit)) for name, one in told)
    return KpiRow(kpi.title, value, kpi.target, mark, word, kpi.requirements, more, kpi.notes)


def _charts(metrics: Metrics, targets: Delivery) -> Sequence[Chart]:
    weeks = tuple(map(_week, metrics.weeks))
    lead = tuple(
        (f"{share:.0%} of commits", span_in_words(quantile(metrics.lead_seconds, share) or 0))
        for share in (_SHARES if metrics.lead_seconds else ())
    )
    cases = tuple(map(_case, (*metrics.incidents, *metrics.failures)))
    found = []
    if any(week.attempts for week in metrics.weeks):
        text = "Complete weeks, by their Mondays"
        head = ("Week", "Deployments", "Failed")
        found.append(
            _chart("weeks", "Deployments a week", plots.weeks_chart(metrics, targets), text, head, weeks)
        )
        text = "The share so far after each complete week, with its 95 % interval"
        drawn, rows = plots.failures_chart(metrics, targets), tuple(_shares(metrics.weeks))
        heads = ("Week", "Failed so far", "Of deployments", "Share", "Interval")
        found.append(_chart("failures", "Change failure rate", drawn, text, heads, rows))
    if metrics.lead_seconds:
        text = counted(len(metrics.lead_seconds), "commit")
        head_ = ("Share", "Within")
        found.append(_chart("lead", "Lead time", plots.lead_chart(metrics, targets), text, head_, lead))
    if any(one.seconds is not None for one in (*metrics.incidents, *metrics.failures)):
        text = "Incidents, then failed deployments"
        heads = ("Name", "Began", "Restored", "Took", "Cause")
        found.append(
            _chart("restore", "Time to restore", plots.restore_chart(metrics, targets), text, heads, cases)
        )
    return found


def _week(one: Week) -> tuple[str, ...]:
    return f"{one.monday} (frozen)" if one.frozen else one.monday, str(one.attempts), str(one.failed)


def _shares(weeks: Sequence[Week]) -> Iterator[tuple[str, ...]]:
    for week, (failed, share) in zip(weeks, shares_so_far(weeks), strict=True):
        low, high = (f"{100 * (end or 0):.1f} %" for end in (share.low, share.high))
        told = (f"{100 * share.value:.1f} %", f"{low} to {high}") if share.value is not None else ("", "")
        yield week.monday, str(failed), str(share.n), *told


def _case(one: Failure) -> tuple[str, ...]:
    restored = one.restored_at or "still open"
    took = "cannot be told" if one.seconds is None else span_in_words(one.seconds)
    return one.name, one.began_at, restored, took, one.cause


def _chart(
    key: str,
    title: str,
    drawn: plots.Drawn,
    caption: str,
    head: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
) -> Chart:
    """Return a chart whose picture is part of the page, in a context of its own."""
    image = f"data:image/svg+xml;base64,{base64.b64encode(drawn.svg).decode()}"
    return Chart(key, title, image, drawn.words, caption, head, rows)
