"""The metrics as a whole: the order of records, one more failure, and what they rest on."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.audit.dora.model import Stopped, encode_metrics
from counterseal.audit.population import Window
from unit.audit.dora_facts import at, attempt, incident, measured

ATTEMPTS = st.lists(
    st.tuples(st.floats(0, 89), st.sampled_from(["success", "failed", "rolled-back"]), st.floats(0.1, 20)),
    min_size=1, max_size=25,
)  # fmt: skip


def made(rows):
    return [attempt(number, days, ending, lead=lead) for number, (days, ending, lead) in enumerate(rows)]


@given(ATTEMPTS, st.randoms())
@settings(deadline=None, max_examples=60)
def test_the_order_of_records_does_not_matter(rows, shuffler):
    attempts = made(rows)
    shuffled = attempts[:]
    shuffler.shuffle(shuffled)
    assert measured(*shuffled) == measured(*attempts)


@given(ATTEMPTS)
@settings(deadline=None, max_examples=60)
def test_one_more_failure_never_lowers_the_rate(rows):
    attempts = made(rows)
    before = measured(*attempts).kpi("change-failure-rate").measure
    after = measured(*attempts, attempt("more", 89.5, "failed")).kpi("change-failure-rate").measure
    assert after.value >= before.value
    assert after.low <= after.value <= after.high


@given(ATTEMPTS)
@settings(deadline=None, max_examples=60)
def test_every_share_lies_between_nothing_and_all(rows):
    for kpi in measured(*made(rows)).kpis:
        if kpi.unit == "share" and kpi.measure.value is not None:
            assert 0 <= kpi.measure.value <= 1
        if kpi.unit == "seconds" and kpi.measure.value is not None:
            assert kpi.measure.value >= 0


@given(ATTEMPTS, st.sets(st.integers(0, 24)), st.integers(0, 24))
@settings(deadline=None, max_examples=60)
def test_from_what_the_figures_name_alone_they_are_made_again(rows, blamed, cut):
    """Also from what lies before the window, in the pooled year, and what is learnt after it."""
    attempts = made(rows)
    incidents = tuple(incident(f"i{one}", one * 3, one * 3 + 4, caused_by=(one,)) for one in sorted(blamed))
    kept = tuple(
        Stopped(release=f"payments/s{days}", payload=f"{days:064x}", at=at(days)) for days in (5, 45, 85)
    )
    window = Window(since=at(30), until=at(60 + cut))
    first = measured(*attempts, incidents=incidents, window=window, stopped=kept)
    named = set(first.payloads)
    again = measured(
        *(one for one in attempts if one.payload in named),
        incidents=tuple(one for one in incidents if one.payload in named),
        stopped=tuple(one for one in kept if one.payload in named),
        window=window,
    )
    assert encode_metrics(again) == encode_metrics(first)
