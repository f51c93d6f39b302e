"""What hypothesis makes documents of."""

from __future__ import annotations

from hypothesis import strategies as st

from counterseal.manifest.canonical import MAX_INTEGER

INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
FRACTIONS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not MAX_INTEGER < abs(x) < 1e21)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ASCII = st.text(st.characters(max_codepoint=127), max_size=12)


def documents(texts: st.SearchStrategy[str], *others: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Return JSON values of a few levels with these texts (names as well) and others."""
    leaves = st.one_of(st.booleans(), texts, *others)
    return st.recursive(
        leaves,
        lambda below: st.lists(below, max_size=4) | st.dictionaries(texts, below, max_size=4),
        max_leaves=15,
    )


ANY = documents(TEXTS, INTEGERS, FRACTIONS, st.none())
PLAIN = documents(ASCII, INTEGERS)
