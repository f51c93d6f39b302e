"""The chain: every way to take, add, move or replace an entry breaks a rule, except cutting off the end."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import factories
from counterseal.ledger.chain import ChainWalk, Link, link_of
from counterseal.ledger.layout import identity_of
from counterseal.manifest.digest import sha256

LENGTHS = st.integers(2, 8)


def chain(length: int, stream: str = "s") -> list[Link]:
    links: list[Link] = []
    for sequence in range(1, length + 1):
        previous = links[-1].payload if links else None
        links.append(Link(stream, sequence, sha256(f"{stream}{sequence}".encode()), previous))
    return links


def problems(placed: dict[int, Link | None]) -> list[str]:
    walk = ChainWalk("s")
    return [problem.code for sequence in sorted(placed) for problem in walk.visit(sequence, placed[sequence])]


def numbered(links: list[Link]) -> dict[int, Link | None]:
    return dict(enumerate(links, 1))


@given(LENGTHS)
def test_a_chain_is_accepted(length: int):
    assert problems(numbered(chain(length))) == []


@given(LENGTHS, st.randoms(use_true_random=False))
def test_any_permutation_is_refused(length: int, chance):
    links = chain(length)
    shuffled = chance.sample(links, length)
    assume(shuffled != links)
    assert problems(numbered(shuffled))


@given(LENGTHS, st.data())
def test_any_deletion_but_of_the_end_is_refused(length: int, data):
    gone = data.draw(st.sets(st.integers(1, length), min_size=1, max_size=length - 1))
    left = {link.sequence: link for link in chain(length) if link.sequence not in gone}
    assume(list(left) != list(range(1, len(left) + 1)))
    assert "chain-gap" in problems(dict(left))
    assert problems(numbered(list(left.values())))  # and when the gap is closed


@given(LENGTHS, st.data())
def test_any_duplication_is_refused(length: int, data):
    links = chain(length)
    source, place = data.draw(st.integers(0, length - 1)), data.draw(st.integers(0, length))
    assert problems(numbered([*links[:place], links[source], *links[place:]]))


@given(LENGTHS, st.data())
def test_any_substitution_is_refused_even_of_the_newest_but_by_its_payload(length: int, data):
    links = chain(length)
    at = data.draw(st.integers(0, length - 1))
    real = links[at]
    other = sha256(b"other")
    swap = data.draw(
        st.sampled_from(
            [
                Link("t", real.sequence, real.payload, real.previous),
                Link(real.stream, real.sequence + 1, real.payload, real.previous),
                Link(real.stream, real.sequence, real.payload, other),
                Link(real.stream, real.sequence, other, real.previous),
            ]
        )
    )
    assume(at < length - 1 or swap.payload == real.payload)  # its checkpoint shows a rewritten newest
    assert problems(numbered([*links[:at], swap, *links[at + 1 :]]))


@given(LENGTHS, LENGTHS)
def test_no_entry_of_another_stream_fits_anywhere(length: int, place: int):
    foreign = chain(length, "t")
    placed = numbered(chain(place)) | {place + 1: foreign[-1]}
    assert "chain-stream" in problems(placed)


@pytest.mark.parametrize(
    ("sequence", "link", "code", "words"),
    [
        (2, Link("s", 2, "p", "wrong"), "chain-link", "follows wrong"),
        (2, Link("s", 2, "p", None), "chain-link", "follows nothing"),
        (3, Link("s", 3, "p", "x"), "chain-gap", "entry 2 is missing"),
        (5, Link("s", 5, "p", "x"), "chain-gap", "entries 2 to 4 are missing"),
        (2, Link("s", 9, "p", chain(1)[0].payload), "chain-sequence", "number 9, not 2"),
        (2, Link("t", 2, "p", chain(1)[0].payload), "chain-stream", "stream t, not s"),
    ],
)
def test_a_problem_says_what_is_expected(sequence: int, link: Link, code: str, words: str):
    walk = ChainWalk("s")
    assert walk.visit(1, chain(1)[0]) == []
    (problem,) = walk.visit(sequence, link)
    assert problem.code == code
    assert words in problem.message


def test_the_first_entry_follows_nothing():
    assert [problem.code for problem in ChainWalk("s").visit(1, Link("s", 1, "p", "x"))] == ["chain-link"]


def test_an_unreadable_entry_is_no_second_problem_for_its_neighbour():
    links = chain(3)
    assert problems({1: links[0], 2: None, 3: links[2]}) == []
    walk = ChainWalk("s")
    walk.visit(1, None)
    assert (walk.last, walk.payloads) == (1, {1: None})


def test_a_link_is_what_the_manifest_says():
    first = factories.manifest_statement().predicate
    second = factories.manifest_statement(sequence=2, previous="a" * 64).predicate
    identity = identity_of(factories.STREAM)
    assert link_of(first, "p") == Link(identity, 1, "p", None)
    assert link_of(second, "q") == Link(identity, 2, "q", "a" * 64)
