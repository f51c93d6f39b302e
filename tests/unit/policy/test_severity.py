from __future__ import annotations

import math

import pytest

from counterseal.policy.severity import UNRATED, Rating, Severity, reaches, severity_of_score, worst


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (0.0, "none"), (0.1, "low"), (3.9, "low"), (4.0, "medium"), (6.9, "medium"), (7.0, "high"),
        (8.9, "high"), (9.0, "critical"), (10.0, "critical"),
    ],
)  # fmt: skip
def test_a_score_has_the_word_of_its_scale(score, word):
    assert severity_of_score(score) == word


@pytest.mark.parametrize("score", [-0.1, 10.1, math.nan, math.inf])
def test_what_is_not_on_the_scale_has_no_word(score):
    with pytest.raises(ValueError, match="not on the scale"):
        severity_of_score(score)


def test_nobody_can_tell_whether_the_unknown_reaches_anything():
    assert reaches(Severity.CRITICAL, Severity.HIGH)
    assert not reaches(Severity.LOW, Severity.MEDIUM)
    with pytest.raises(ValueError, match="tuple"):
        reaches(Severity.UNKNOWN, Severity.LOW)


def test_the_worst_of_several_ratings_counts_and_unknown_ones_do_not():
    low, high = (Rating(severity=Severity(one), source="x") for one in ("low", "high"))
    assert worst((low, UNRATED, high)) == high
    assert worst((UNRATED,)) == UNRATED
    assert worst(()) == UNRATED
