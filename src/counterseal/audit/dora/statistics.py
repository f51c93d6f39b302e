"""The statistics of small numbers: true quantiles, exact intervals. SciPy computes what is not arithmetic.

The interval that is shown is the one that decides: a target is met when all of the interval meets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from counterseal.audit.dora.model import Measure, Status

CONFIDENCE: Final = 0.95
"""The level of every interval, which is two-sided."""

_TAIL: Final = (1 - CONFIDENCE) / 2


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


def share_of(count: int, among: int, recent: int = 0) -> Measure:
    """Return a share with its exact interval (Clopper and Pearson, 1934).

    Args:
        count: how many there are.
        among: of how many.
        recent: how many of the others may still turn out to be one: they bound nothing from above.
    """
    if among == 0:
        return Measure(n=0)
    low, high = _interval(count, among)[0], _interval(count, among - recent)[1]
    return Measure(n=among, value=count / among, low=low, high=high)


def _interval(count: int, among: int) -> tuple[float, float]:
    if among == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest

    interval = binomtest(count, among).proportion_ci(CONFIDENCE, "exact")
    return float(interval.low), float(interval.high)


def half_of(values: Sequence[float]) -> Measure:
    """Return the median with its exact interval between two of the values (Thompson, 1936).

    Each value lies below the true median with the chance of a coin, whatever their distribution; so fewer
    than six have no interval of 95 %. That takes them to be independent.
    """
    ordered, n = sorted(values), len(values)
    if not n:
        return Measure(n=0)
    from scipy.stats import binom

    rank = int(binom.ppf(_TAIL, n, 0.5))
    low, high = (ordered[rank - 1], ordered[n - rank]) if rank else (None, None)
    return Measure(n=n, value=quantile(ordered, 0.5), low=low, high=high)


def below(share: Measure, limit: float) -> Status:
    """Return whether a share is below a limit: shown, refuted, or neither with so few cases."""
    if share.value is None or share.high is None:
        return "not-demonstrable"
    if share.value >= limit:
        return "not-met"
    return "met" if share.high < limit else "not-demonstrable"


def at_most(half: Measure, limit: float) -> Status:
    """Return whether half of all values are at most a limit: shown, refuted, or neither with so few."""
    if half.value is not None and half.value > limit:
        return "not-met"
    return "met" if half.high is not None and half.high <= limit else "not-demonstrable"
