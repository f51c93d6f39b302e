from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from counterseal.ledger.incidents import KIND
from counterseal.ledger.layout import entry_key, place_of
from counterseal.manifest.release import Stream
from counterseal.manifest.stream import repository_id, stream_id
from unit.manifest.strategies import TEXTS

HARD = st.sampled_from(
    ["", ".", "..", "/", "prod", "Prod", "prod/", "a/b", "a-b", "..%2f", "\x00", "\u0130", "PROD\n"]
)
WORDS = TEXTS | HARD | st.text("ab-/.", max_size=80)
STREAMS = st.builds(
    lambda repository, environment: Stream(repository=repository, environment=environment), WORDS, WORDS
)


@given(STREAMS)
@example(Stream(repository="a" * 1024, environment="b" * 1024))
@example(Stream(repository="https://github.example/acme/payments", environment="../../etc"))
def test_an_id_is_one_safe_segment_of_a_path(stream):
    name = stream_id(stream)

    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,76})[a-z0-9]", name)
    assert place_of(entry_key(name, 1)) == (name, 1)


@given(st.lists(STREAMS, max_size=6))
def test_two_streams_never_share_an_id(streams):
    assert len({stream_id(one) for one in streams}) == len(set(streams))


def test_names_that_are_shortened_alike_differ_in_their_digest():
    ids = {
        stream_id(Stream(repository=repository, environment=environment))
        for repository in (
            "https://a.example/acme/pay",
            "https://b.example/acme/pay",
            "https://a.example/acme/Pay",
        )
        for environment in ("production", "Production", "production!")
    }

    assert len(ids) == 9
    assert {name.rpartition("-")[0] for name in ids} == {"acme-pay-production"}


def test_the_id_of_a_stream_never_changes():
    stream = Stream(repository="https://github.example/acme/payments", environment="production")

    assert stream_id(stream) == "acme-payments-production-fde02ecffa0b5409"


@given(WORDS)
@example("a" * 1024)
def test_the_id_of_a_repository_names_its_books(repository):
    topic = f"{repository_id(repository)}/issue-12"

    assert KIND.place_of(KIND.key(topic, 1)) == (topic, 1)


def test_the_id_of_a_repository_never_changes_and_is_no_other_ones():
    uri = "https://github.example/acme/payments"

    assert repository_id(uri) == "acme-payments-59bfca2a1d05f9c0"
    assert len({repository_id(one) for one in (uri, uri.upper(), f"{uri}/", uri.replace("e/", "e-"))}) == 4
