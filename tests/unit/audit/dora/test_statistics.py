"""Statistics: intervals against SciPy, against their definition, and in words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binomtest

from counterseal.audit.dora.statistics import half_of, share_of
from counterseal.audit.dora.words import measure_in_words, span_in_words

# -- small numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "among", "low", "high"),
    [
        (0, 13, 0, 24.7), (1, 13, 0.2, 36.0), (2, 13, 1.9, 45.4),
        (0, 39, 0, 9.0), (1, 39, 0.1, 13.5), (2, 39, 0.6, 17.3),
        (0, 64, 0, 5.6), (1, 64, 0.0, 8.4), (2, 64, 0.4, 10.8),
    ],
)  # fmt: skip
def test_the_intervals_of_a_quarter(count, among, low, high):
    found = share_of(count, among)
    assert (round(100 * found.low, 1), round(100 * found.high, 1)) == (low, high)


@given(st.integers(1, 400), st.data())
@settings(deadline=None, max_examples=80)
def test_intervals_are_those_of_scipy_and_of_their_definition(among, data):
    count = data.draw(st.integers(0, among))
    found, exact = share_of(count, among), binomtest(count, among).proportion_ci(0.95, "exact")
    assert (found.low, found.high) == (exact.low, exact.high)
    low = beta.ppf(0.025, count, among - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, among - count) if count < among else 1.0
    assert found.low == pytest.approx(low, abs=1e-9)
    assert found.high == pytest.approx(high, abs=1e-9)
    assert _tail(count, among, found.high) == pytest.approx(0.025, abs=1e-6) or count == among


def _tail(count, among, share):
    """Return how likely so many cases or fewer are, summed term by term."""
    return sum(math.comb(among, k) * share**k * (1 - share) ** (among - k) for k in range(count + 1))


@pytest.mark.parametrize(("n", "rank"), [(1, 0), (5, 0), (6, 1), (8, 1), (9, 2), (13, 3), (100, 40)])
def test_the_interval_of_a_median_lies_between_two_of_the_values(n, rank):
    """As near as it can be: the next two values would leave the true median out too often."""
    found = half_of([float(one) for one in range(n, 0, -1)])
    assert (found.low, found.high) == ((rank, n + 1 - rank) if rank else (None, None))
    missed = 2 * sum(math.comb(n, k) for k in range(rank)) / 2**n
    assert missed <= 0.05 < missed + 2 * math.comb(n, rank) / 2**n


# -- words -------------------------------------------------------------------------------------------------


def test_figures_in_words():
    assert measure_in_words(share_of(1, 13), "share") == "7.7 % (0.2 % to 36.0 %), n = 13"
    assert measure_in_words(share_of(0, 0), "share") == "nothing to compute it from"
    assert [span_in_words(one) for one in (12, 90, 5400, 200000)] == ["12 s", "1.5 min", "1.5 h", "2.3 d"]
