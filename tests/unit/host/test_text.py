import json
import re

from hypothesis import example, given
from hypothesis import strategies as st

from counterseal.host.text import has_control, json_line, one_line, visible
from simulators.runner import commands

_PIECES = [
    "::",
    ":",
    "##[",
    "##",
    "[",
    "]",
    "error",
    "stop-commands",
    " ",
    "\t",
    "\n",
    "\r",
    "\x1b[2K",
    "\u00a0",
]
_PIECES += [
    "\u2003",
    "\u202e",
    "\u200b",
    "\u2028",
    "\x85",
    "\ud800",
    "\ufeff",
    "\\",
    "%0A",
    "x",
    "é",
    "界",
    "\x7f",
]
hostile = st.lists(st.sampled_from(_PIECES), max_size=12).map("".join) | st.text(max_size=40)


@given(hostile, st.none() | st.integers(1, 30))
@example("::error::x", None)
@example("\u00a0\u2003 ::error::x", None)
@example("a ##[error]x", None)
@example("\r::error::x", None)
def test_no_line_is_ever_a_command(text, limit):
    line = one_line(text, limit=limit)
    assert commands(line) == []
    assert len(re.split(r"\r\n|\r|\n", line)) == 1
    assert limit is None or len(line) <= limit


@given(hostile)
def test_everything_that_is_shown_can_be_seen(text):
    assert all(char.isprintable() or char.isspace() for char in visible(text))
    assert len(visible(text).splitlines()) <= 1
    visible(text).encode()


@given(hostile)
def test_what_can_be_seen_is_shown_again_as_it_is(text):
    assert visible(visible(text)) == visible(text)


def test_escapes_name_the_character():
    assert visible("a\x1b[1m\u202eb\U000e0041\n") == "a\\x1b[1m\\u202eb\\U000e0041\\x0a"
    assert visible("Zürich, 東京") == "Zürich, 東京"


def test_a_command_stays_readable():
    assert one_line("  ::error::no") == "\\::error::no"
    assert one_line("x ##[error]no") == "x ##\\[error]no"
    assert one_line("12345", limit=4) == "123…"


@given(st.dictionaries(hostile, hostile, max_size=4))
def test_json_is_one_ascii_line_and_no_command(value):
    line = json_line(value)
    assert json.loads(line) == value
    assert line.isascii()
    assert line.isprintable()
    assert commands(line) == []


def test_controls_and_line_separators_are_found():
    assert [has_control(text) for text in ("a\nb", "\x7f", "\u2028", "\x9b", "\x00")] == [True] * 5
    assert [has_control(text) for text in ("", "a b", "é", "\u202e")] == [False] * 4
