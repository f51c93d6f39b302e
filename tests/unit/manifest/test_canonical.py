from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from counterseal.errors import MalformedError
from counterseal.manifest import canonical
from counterseal.manifest.rules import RuleBroken
from unit.manifest.strategies import ANY, FRACTIONS, INTEGERS, PLAIN, TEXTS, documents

OBJECTS = st.dictionaries(TEXTS, documents(TEXTS, INTEGERS, FRACTIONS), min_size=1, max_size=4)


def is_canonical(data: bytes) -> bool:
    try:
        canonical.require_canonical(data, where="test")
    except RuleBroken:
        return False
    return True


@given(ANY)
@example({"a": [1.5, -0.0, 1e21, 5e-324, "\U0001f600", "\x7f"]})
def test_what_is_written_reads_back_and_is_canonical(value):
    data = canonical.encode(value)

    assert canonical.parse(data, where="test") == value
    assert canonical.encode(canonical.parse(data, where="test")) == data
    assert is_canonical(data)


@given(ANY, st.sampled_from([None, 1]), st.booleans(), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_another_byte_form_of_the_same_document_is_not_canonical(value, indent, ascii_only, separators):
    other = json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=separators).encode()

    assert canonical.encode(canonical.parse(other, where="test")) == canonical.encode(value)
    assert is_canonical(other) == (other == canonical.encode(value))


@given(OBJECTS, st.randoms(use_true_random=False))
def test_another_order_of_names_is_not_canonical(value, random):
    names = list(value)
    random.shuffle(names)
    other = json.dumps(
        {name: value[name] for name in names}, ensure_ascii=False, separators=(",", ":")
    ).encode()

    assert is_canonical(other) == (other == canonical.encode(value))


@given(ANY, st.data())
def test_white_space_anywhere_outside_text_is_not_canonical(value, data):
    form = canonical.encode(value)
    at = data.draw(st.integers(0, len(form)))
    other = form[:at] + data.draw(st.sampled_from([b" ", b"\n", b"\t", b"\r"])) + form[at:]

    try:
        same = canonical.parse(other, where="test") == value
    except RuleBroken:
        same = True  # inside a number or a literal, or a control inside text: refused anyway
    assert not (same and is_canonical(other))


@given(st.one_of(PLAIN, ANY))
def test_the_fast_path_says_nothing_else_than_the_reference(value):
    for data in (
        canonical.encode(value),
        json.dumps(value).encode(),
        json.dumps(value, separators=(",", ":")).encode(),
    ):
        reference = rfc8785.dumps(canonical.parse(data, where="test")) == data
        assert canonical._is_plain_canonical(data) in {reference, False}


@given(st.one_of(PLAIN, ANY, documents(st.text(st.characters(max_codepoint=127)), INTEGERS)))
@example({"a": 1, "B": 2, "_": 3, "aa": {"\x7f": 4, "\x00": '\x1f\b\t\n\f\r"\\/'}})
def test_what_is_written_is_what_the_reference_writes(value):
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(PLAIN)
def test_the_fast_path_settles_plain_documents(value):
    assert canonical._is_plain_canonical(canonical.encode(value))


@given(st.binary(max_size=60) | st.text('[]{}":,\\u0123456789eE+-.tfn \ud83d\x00é', max_size=40).map(str))
def test_arbitrary_bytes_are_read_or_refused_by_a_rule(data):
    raw = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    broken = None
    try:
        value = canonical.parse(raw, where="the file")
    except RuleBroken as refusal:
        broken = refusal
    if broken is None:
        assert canonical.parse(canonical.encode(value), where="test") == value
    else:
        assert broken.where == "the file"
        assert not is_canonical(raw)


@pytest.mark.parametrize("size", [0, 1])
def test_the_limit_is_the_largest_size(size):
    data = b'"' + b"a" * 8 + b'"' + b" " * size

    if size:
        with pytest.raises(RuleBroken, match=r"11 bytes are more than the limit of 10 \[json-size\]"):
            canonical.parse(data, where="test", limit=10)
    else:
        assert canonical.parse(data, where="test", limit=10) == "a" * 8


def test_a_document_beyond_the_general_limit_is_refused():
    data = b'"' + b"a" * canonical.MAX_BYTES + b'"'

    with pytest.raises(RuleBroken) as caught:
        canonical.require_canonical(data, where="test")

    assert caught.value.rule == "json-size"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, -(2**53), 2.0**53, 1e20])
def test_a_number_that_nobody_could_read_back_is_not_written(value):
    with pytest.raises(RuleBroken) as caught:
        canonical.encode({"a": [value]}, where="the record")

    assert (caught.value.rule, caught.value.where) == ("json-number", "the record")


def nested(levels: int) -> object:
    value: object = "x"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def test_nesting_beyond_what_is_read_is_not_written():
    assert canonical.parse(canonical.encode(nested(64)), where="test") == nested(64)
    with pytest.raises(RuleBroken) as caught:
        canonical.encode(nested(65))

    assert caught.value.rule == "json-depth"


@pytest.mark.parametrize("value", [{1: "a"}, {"a": b"bytes"}, {"a": {1, 2}}, object()])
def test_what_is_no_json_value_has_no_canonical_form(value):
    with pytest.raises(MalformedError, match="no canonical form"):
        canonical.encode(value)


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, ["a\ud83d"]])
def test_a_lone_surrogate_is_not_written(value):
    with pytest.raises(RuleBroken) as caught:
        canonical.encode(value)

    assert caught.value.rule == "json-surrogate"


def test_tuples_are_written_as_lists():
    assert canonical.encode({"a": (1, ("b",))}) == b'{"a":[1,["b"]]}'
