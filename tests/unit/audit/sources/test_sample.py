"""How many releases of those that are known are verified again."""

from __future__ import annotations

import pytest

from counterseal.audit.sources.sample import _ENOUGH, drawn


@pytest.mark.parametrize(
    ("known", "percent", "count"),
    [
        (0, None, 0),
        (1, None, 1),
        (100, None, 5),
        (6000, None, 300),
        (100_000, None, 300),
        (0, 100, 0),
        (7, 1, 1),
        (7, 100, 7),
        (100_000, 5, 5000),
    ],
)
def test_a_share_is_drawn_and_of_many_enough_unless_the_policy_says_otherwise(known, percent, count):
    names = {("stream", at): None for at in range(known)}
    chosen = drawn(names, percent)
    assert len(chosen) == count
    assert chosen <= names.keys()


def test_enough_find_one_in_a_hundred_with_certainty_of_19_in_20():
    assert 0.99**_ENOUGH < 0.05
    assert 0.99 ** (_ENOUGH - 100) > 0.05
