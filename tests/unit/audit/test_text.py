from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from counterseal.audit.text import MAX_CHARACTERS, link_target, plain, show
from unit.audit.pages import Page

REPOSITORY = "https://github.example/acme/payments"


def seen(value: object) -> str:
    """Return the text that a browser makes of a value, after checking that it is well formed."""
    return Page(b"<body>" + str(value).encode() + b"</body>").all("body")[0].text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("payments.whl", "payments.whl"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a & b \"c\" 'd'", "a & b \"c\" 'd'"),
        ("evil\u202egpj.exe", "evil\\u202egpj.exe"),
        ("line\nbreak\r\x00", "line\\x0abreak\\x0d\\x00"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("Z\u0301\u0302\u0303\u0304", "Z\u0301\u0302\\u0303\\u0304"),
        ("שלום world", "שלום world"),
    ],
)
def test_text_is_shown_as_it_is_and_never_as_markup(text, read):
    assert seen(show(text)) == read


def test_text_that_is_not_latin_cannot_change_the_direction_of_its_surroundings():
    assert str(show("שלום")) == "<bdi>שלום</bdi>"


def test_an_escape_is_told_from_text_that_looks_like_one():
    assert str(show("\\u202e")) == "\\u202e"
    assert str(show("\u202e")) == '<bdi><span class="escape">\\u202e</span></bdi>'


def test_long_text_is_cut_and_says_how_much_is_missing():
    text = seen(show("x" * 10_000))
    assert text.startswith("x" * MAX_CHARACTERS + " [cut here: 9,400 more")
    assert "cut" not in seen(show("x" * MAX_CHARACTERS))


def test_what_is_not_text_stays_as_it_is():
    assert show(Markup("<b>")) == "<b>"
    assert show(7) == 7


@given(st.text(max_size=80))
def test_no_text_becomes_markup_or_hides_a_character(text):
    page = Page(b"<body>" + str(show(text)).encode() + b"</body>")
    assert {element.tag for element in page.elements} <= {"body", "bdi", "span"}
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in page.text)


@given(st.text(max_size=80))
def test_a_title_holds_no_markup(text):
    page = Page(b"<title>" + plain(text).encode() + b"</title>")
    assert [element.tag for element in page.elements] == ["title"]


@pytest.mark.parametrize(
    "url",
    [
        REPOSITORY,
        REPOSITORY + "/",
        REPOSITORY + "/actions/runs/12/attempts/1",
        REPOSITORY + "/.github/workflows/release.yml@refs/heads/main",
    ],
)
def test_addresses_of_the_repository_become_links(url):
    assert link_target(url, REPOSITORY) == url


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("data:text/html,x", "data:text/html,x"),
        ("file:///etc/passwd", "file:///etc"),
        ("https://evil.example/", REPOSITORY),
        (REPOSITORY + "-evil/x", REPOSITORY),
        (REPOSITORY + "/../../evil", REPOSITORY),
        (REPOSITORY + "/./x", REPOSITORY),
        (REPOSITORY + '/"onclick=x', REPOSITORY),
        (REPOSITORY + "/a b", REPOSITORY),
        (REPOSITORY + "/a\n", REPOSITORY),
        (REPOSITORY + "\\@evil.example", REPOSITORY),
        (REPOSITORY + "/%2e%2e/x", REPOSITORY),
        (REPOSITORY + "/" + "x" * 10_000, REPOSITORY),
        ("https://user:secret@github.example/a", "https://user:secret@github.example/a"),
        ("https://github.example", "https://github.example"),
        ("https://g\u0131thub.example/a", "https://g\u0131thub.example/a"),
        ("", ""),
    ],
)
def test_nothing_else_becomes_a_link(url, repository):
    assert link_target(url, repository) is None
