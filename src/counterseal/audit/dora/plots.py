"""Charts of delivery metrics as SVG (matplotlib): the same bytes for the same figures, never colour alone.

Each stands beside a table that says the same, and comes with a description for whoever cannot see it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any, Final, NamedTuple

from counterseal.audit.dora.model import Metrics
from counterseal.audit.dora.weeks import shares_so_far
from counterseal.policy.delivery import Delivery

_INK, _QUIET, _BAND, _SHUT = "#1c1f22", "#565d64", "#d9e6ee", "#e4e4e4"
_SIZE: Final = (8.2, 2.7)  # inches
_HOUR, _DAY = 3600, 86400
_STYLE: Final = {
    "svg.hashsalt": "counterseal",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": _QUIET,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


class Drawn(NamedTuple):
    """A chart as an SVG document, and what it shows in words."""

    svg: bytes
    words: str


def weeks_chart(metrics: Metrics, targets: Delivery) -> Drawn:
    """Return deployments a week against the band; failed ones are hatched."""

    def draw(axes: Any) -> None:
        days = [date.fromisoformat(week.monday) for week in metrics.weeks]
        places = range(len(days))
        axes.axhspan(targets.weekly_least, targets.weekly_most, color=_BAND, zorder=0)
        for place, week in enumerate(metrics.weeks):
            if week.frozen:
                axes.axvspan(
                    place - 0.5, place + 0.5, facecolor=_SHUT, hatch="..", edgecolor=_QUIET, zorder=0
                )
        axes.bar(places, [week.attempts for week in metrics.weeks], color="#1d4f6e", width=0.7)
        failed = [week.failed for week in metrics.weeks]
        axes.bar(places, failed, color="white", edgecolor="#a5232d", hatch="////", width=0.7)
        step = max(1, len(days) // 8)
        axes.set_xticks(list(places)[::step], [f"{day:%d %b}" for day in days][::step])
        axes.set_ylabel("deployments")
        axes.set_ylim(0, max([*(week.attempts for week in metrics.weeks), targets.weekly_most]) + 1)

    band = f"{targets.weekly_least} to {targets.weekly_most}"
    shut = sum(week.frozen for week in metrics.weeks)
    dotted = f" {shut} frozen weeks are dotted." if shut else ""
    return _drawn(draw, f"Bars for {len(metrics.weeks)} weeks; the band is {band}.{dotted}")


def lead_chart(metrics: Metrics, targets: Delivery) -> Drawn:
    """Return the share of commits that were in production within so many days."""

    def draw(axes: Any) -> None:
        days = [one / _DAY for one in metrics.lead_seconds]
        shares = [(at + 1) / len(days) for at in range(len(days))]
        axes.axvspan(targets.fast_days, targets.lead_days, color=_BAND, zorder=0)
        end = max(days[-1], targets.lead_days)
        axes.step([days[0], *days, end], [0, *shares, 1], where="post", color="#1d4f6e", linewidth=1.6)
        for share, style in ((0.5, "--"), (0.9, ":")):
            axes.axhline(share, color=_QUIET, linestyle=style, linewidth=0.8)
        axes.set_xlabel("days from written to production")
        axes.set_ylabel("share of commits")
        axes.set_ylim(0, 1.05)
        axes.set_xlim(left=0)

    words = f"A rising line over {len(metrics.lead_seconds)} commits; half and nine tenths are marked."
    return _drawn(draw, words)


def restore_chart(metrics: Metrics, targets: Delivery) -> Drawn:
    """Return how long each incident and failed deployment took, against the limits; open ones are hollow.

    One of which nobody can tell how long it took has its place, and no mark.
    """

    def draw(axes: Any) -> None:
        cases = [*metrics.incidents, *metrics.failures]
        told = [(at, one, one.seconds / _HOUR) for at, one in enumerate(cases) if one.seconds is not None]
        for at, one, hours in told:
            shut = one.restored_at is not None
            mark = "o" if at < len(metrics.incidents) else "D"
            axes.plot(
                at,
                hours,
                mark,
                markersize=7,
                color="#1d4f6e" if shut else "white",
                markeredgecolor=_INK,
            )
        for limit, style in ((targets.restore, "--"), (targets.tolerance, ":")):
            if limit is not None:
                axes.axhline(limit, color="#a5232d", linestyle=style, linewidth=1)
        axes.set_xticks(range(len(cases)), [one.name.rpartition("/")[2][:12] for one in cases], rotation=30)
        axes.set_ylabel("hours")
        axes.set_ylim(0, max([targets.restore, *(hours for _, _, hours in told)]) * 1.15)

    words = f"{len(metrics.incidents)} incidents as dots, {len(metrics.failures)} failures as diamonds; "
    words += f"hollow ones are open. The line is {targets.restore} hours."
    return _drawn(draw, words)


def failures_chart(metrics: Metrics, targets: Delivery) -> Drawn:
    """Return the share of failed deployments as it grew week by week, with its exact interval."""

    def draw(axes: Any) -> None:
        shares = [share for _, share in shares_so_far(metrics.weeks)]
        places = [at for at, one in enumerate(shares) if one.value is not None]
        told = [one for one in shares if one.value is not None]
        low, high = [100 * (one.low or 0) for one in told], [100 * (one.high or 0) for one in told]
        axes.fill_between(places, low, high, color=_BAND, zorder=0)
        axes.plot(places, [100 * (one.value or 0) for one in told], color="#1d4f6e", linewidth=1.6)
        axes.axhline(targets.failures, color="#a5232d", linestyle="--", linewidth=1)
        axes.set_xlabel("complete weeks")
        axes.set_ylabel("per cent failed")
        axes.set_ylim(bottom=0)

    words = f"The line is the share so far, the band its 95 % interval; the limit is {targets.failures} %."
    return _drawn(draw, words)


def _drawn(draw: Callable[[Any], None], words: str) -> Drawn:
    """Return a chart with its description."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    style: Any = _STYLE
    with mpl.rc_context(style):
        figure = Figure(figsize=_SIZE, layout="constrained")
        draw(figure.add_subplot())
        target = io.BytesIO()
        figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    return Drawn(target.getvalue(), words)
