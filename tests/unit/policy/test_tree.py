from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from counterseal.errors import MalformedError
from counterseal.policy.tree import MAX_BYTES, MAX_VALUES, read_yaml

TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff\u2028\u2029")
)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4),
    max_leaves=12,
)


def refusal(data: str | bytes) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        read_yaml(data if isinstance(data, bytes) else data.encode(), where="p.yml")
    return caught.value


@given(VALUES)
def test_json_is_strict_yaml(value):
    text = json.dumps(value, ensure_ascii=False)

    assert read_yaml(text.encode(), where="p.yml").value == value


def test_plain_text_numbers_and_booleans():
    data = b"""
    # a comment
    text: record:unit-tests
    words: not a number
    version: 1.2.3
    quoted: "no"
    single: '1.0'
    block: |
      on
    folded: >-
      2026-01-01
    number: -12
    zero: 0
    flags: [true, false]
    """

    assert read_yaml(data, where="p.yml").value == {
        "text": "record:unit-tests",
        "words": "not a number",
        "version": "1.2.3",
        "quoted": "no",
        "single": "1.0",
        "block": "on\n",
        "folded": "2026-01-01",
        "number": -12,
        "zero": 0,
        "flags": [True, False],
    }


def test_every_value_has_its_place():
    tree = read_yaml(b"a:\n  - x\n  - b: 1\n    c: {d: 2}\n", where="p.yml")

    assert tree.places == {
        "$.a": (1, 1),
        "$.a[0]": (2, 5),
        "$.a[1]": (3, 5),
        "$.a[1].b": (3, 5),
        "$.a[1].c": (4, 5),
        "$.a[1].c.d": (4, 9),
    }


RETYPED = """
yes Yes YES no No on On off OFF y Y n N True TRUE False null Null NULL ~ << =
017 0o17 0x1F 0b101 1_000 08 +1 -0 9007199254740992 1.0 .5 1. 1e3 1E3 1.5e3 .inf -.INF .nan
12:30 1:30:00 190:20:30.15 2026-01-01 2026-01-01T10:00:00Z
"""


@pytest.mark.parametrize("word", [*RETYPED.split(), "2026-01-01 10:00:00", "9" * 400])
@pytest.mark.parametrize("form", ["a: {}", "{}: a", "- {}"])
def test_a_word_that_some_reader_retypes_is_refused_and_quotes_make_it_text(word, form):
    error = refusal(form.format(word))

    assert "means different things to different readers" in error.message
    assert "quotes" in (error.remedy or "")
    assert error.where == f"p.yml:1:{form.index('{') + 1}"
    assert word in str(read_yaml(form.format(f"'{word}'").encode(), where="p.yml").value)


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        ("a: &x 1", "1:4", "anchors and aliases"),
        ("&x a: 1", "1:1", "anchors and aliases"),
        ("a: *x", "1:4", "anchors and aliases"),
        ("a: &x [1]\nb: *x", "1:4", "anchors and aliases"),
        ("a: !!str 1", "1:4", "tags"),
        ("a: ! x", "1:4", "tags"),
        ("a: !!python/object/apply:os.system [ls]", "1:4", "tags"),
        ("- !include x", "1:3", "tags"),
        ("<<: {a: 1}", "1:1", "means different things"),
        ("a:\n  <<: [{b: 1}]", "2:3", "means different things"),
    ],
)
def test_aliases_anchors_merge_keys_and_tags_are_refused(data, place, message):
    error = refusal(data)

    assert error.where == f"p.yml:{place}"
    assert message in error.message


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        ("a: 1\na: 2", "2:1", "'a' occurs twice"),
        ("a: 1\n'a': 2", "2:1", "'a' occurs twice"),
        ('x:\n  - {a: 1, "\\u0061": 2}', "2:12", "'a' occurs twice"),
        ("? [a]\n: 1", "1:3", "a name must be text"),
        ("? {a: 1}\n: 1", "1:3", "a name must be text"),
        ("1: a", "1:1", "a name must be text"),
        ("true: a", "1:1", "a name must be text"),
        ("a:", "1:3", "means different things"),
        ("a: 1\nb:\nc: 1", "2:3", "means different things"),
        ("a: [1, ]\n b", "2:2", "not YAML"),
        ("a: [1", "1:6", "not YAML"),
        ("a: 'x", "1:6", "not YAML"),
        ("\tb: 1", "1:1", "not YAML"),
        ("a: @x", "1:4", "not YAML"),
        ("a: 1\n---\nb: 2", "2:1", "not YAML"),
        ('a: "\\ud800"', "1:4", "lone surrogate"),
        ('a: "\\x"', "1:7", "not YAML"),
    ],
)
def test_a_refusal_names_line_and_column(data, place, message):
    error = refusal(data)

    assert error.where == f"p.yml:{place}"
    assert message in error.message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# only a comment",
        b"---\n...\n",
        b"\xff\xfea\x00",
        b"a: \xc3",
        b"a: \x00",
        b'"\\UFFFFFFFF"',
        b'"\\U00110000"',
        b"%YAML " + b"9" * 5000 + b".1\n---\na: 1",
        b"%YAML 2.0\n---\na: 1",
    ],
)
def test_what_is_no_document_is_refused(data):
    assert refusal(data).where.startswith("p.yml")


def test_a_byte_too_many_is_refused():
    assert read_yaml(b"a: x #" + b"-" * (MAX_BYTES - 6), where="p.yml").value == {"a": "x"}
    assert (
        refusal(b"a: x #" + b"-" * (MAX_BYTES - 5)).message
        == f"{MAX_BYTES + 1} bytes are more than the limit of {MAX_BYTES}"
    )


def test_nesting_is_bounded():
    assert read_yaml(b"[" * 16 + b"a" + b"]" * 16, where="p.yml")
    assert refusal("[" * 17 + "a" + "]" * 17).message == "nested deeper than 16 levels"
    assert refusal("[" * 100_000).message == "nested deeper than 16 levels"
    assert refusal("- " * 100_000).message == "nested deeper than 16 levels"
    assert refusal("{a: " * 100_000).message == "nested deeper than 16 levels"


def test_the_number_of_values_is_bounded():
    assert len(read_yaml(b"- a\n" * (MAX_VALUES - 1), where="p.yml").value) == MAX_VALUES - 1
    assert refusal("- a\n" * MAX_VALUES).message == f"more than {MAX_VALUES} names and values"


def test_a_billion_laughs_are_refused_at_the_first():
    laughs = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    laughs += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]

    assert refusal("\n".join(laughs)).where == "p.yml:1:5"


@given(st.binary(max_size=60) | st.text(" \n-:[]{},&*!|>'\"%@`#?~<=ab01\\xuU\t\ud800é", max_size=40))
@example("? ")
@example('"\\U7fffffff"')
@example("!%ff a")
@example("%TAG ! tag:x,2000:\n--- !a b")
def test_arbitrary_input_is_read_or_refused(data):
    raw = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    try:
        tree = read_yaml(raw, where="p.yml")
    except MalformedError as error:
        where = error.where
    else:
        assert json.dumps(tree.value).encode()
        where = "p.yml"
    assert where is not None
    assert where.startswith("p.yml")
