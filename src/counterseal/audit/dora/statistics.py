"""The statistics of small numbers: true quantiles, exact intervals. SciPy computes what is not arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from counterseal.audit.dora.model import Measure, Status

CONFIDENCE: Final = 0.95
"""The level of every interval."""


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return a quantile by linear interpolation (Hyndman and Fan, 1996, type 7); None of nothing.

    Of an even number of values the median is the mean of the two in the middle.
    """
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def share_of(count: int, among: int) -> Measure:
    """Return a share with its exact two-sided interval (Clopper and Pearson, 1934)."""
    if among == 0:
        return Measure(n=0)
    from scipy.stats import binomtest

    interval = binomtest(count, among).proportion_ci(CONFIDENCE, "exact")
    return Measure(n=among, value=count / among, low=float(interval.low), high=float(interval.high))


def bounds(count: int, among: int) -> tuple[float, float]:
    """Return the exact one-sided bounds of a share: it is no less than one, and no more than the other."""
    if among == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest

    least = binomtest(count, among, alternative="greater").proportion_ci(CONFIDENCE, "exact").low
    most = binomtest(count, among, alternative="less").proportion_ci(CONFIDENCE, "exact").high
    return float(least), float(most)


def below(count: int, among: int, limit: float, recent: int = 0) -> Status:
    """Return whether a share is below a limit: shown, refuted, or neither with so few cases.

    Args:
        count: how many failed.
        among: of how many.
        limit: the limit.
        recent: how many that did not fail were not observed for long enough to prove anything.
    """
    if among == 0:
        return "not-demonstrable"
    if count / among >= limit:
        return "not-met"
    return "met" if bounds(count, among - recent)[1] < limit else "not-demonstrable"
