import html
import re

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from counterseal.host.markdown import code, escape, table
from counterseal.host.text import visible

_PIECES = [
    "|",
    "`",
    "``",
    "*",
    "_",
    "<b>",
    "<!--",
    "&amp;",
    "&#64;",
    "[x](y)",
    "![x](y)",
    "@ann",
    "#12",
    "GH-3",
]
_PIECES += [
    "http://x.y",
    "www.x.y",
    "a@b.cd",
    ":tada:",
    "\\",
    "\n",
    "\r",
    "- ",
    "1. ",
    "1) ",
    "+ ",
    "> ",
    "#",
    " ",
]
_PIECES += ["===", "---", "~~", "$", "$$", "[^1]", "\t", "    ", "word", "v1.2.3", "é", "\u202e", ".", "-"]
hostile = st.lists(st.sampled_from(_PIECES), max_size=8).map("".join) | st.text(max_size=30)

_RENDER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# What GitHub makes links or pictures of in rendered text.
_MEANINGFUL = re.compile(r"@\w|#\w|\bGH-\d|://|www\.\w|:[\w+-]+:", re.IGNORECASE)


def shown(rendered: str) -> str:
    """Return what a reader sees, without the breaks that cannot be seen."""
    return html.unescape(rendered).replace("\u200b", "")


@given(hostile)
@example("a|b")
@example("    code")
@example("1. list")
@example("<script>")
def test_a_paragraph_shows_the_text_and_nothing_else(text):
    rendered = _RENDER.render(escape(text)).strip()
    inner = re.fullmatch(r"<p>([^<>]*)</p>|", rendered)
    assert inner, rendered
    assert shown(inner[1] or "") == visible(text).strip()


@given(st.lists(hostile, min_size=2, max_size=2))
def test_a_cell_shows_the_text_and_nothing_else(texts):
    rendered = _RENDER.render(table(["a", "b"], [[escape(text) for text in texts]]))
    cells = re.findall(r"<td>([^<>]*)</td>", rendered)
    assert [shown(cell) for cell in cells] == [visible(text).strip() for text in texts]


@given(hostile)
def test_nothing_is_left_for_the_passes_after_markdown(text):
    assert not _MEANINGFUL.search(html.unescape(escape(text)))


@given(hostile)
def test_code_holds_the_text(text):
    rendered = _RENDER.render(f"x {code(text)}")
    inner = re.fullmatch(r"<p>x <code>([^<>]*)</code></p>", rendered.strip())
    assert inner, rendered
    assert shown(inner[1]) == visible(text).strip()


def test_a_digest_can_be_copied():
    digest = "ab12" * 16
    assert code(digest) == f"<code>{digest}</code>"


def test_a_table_has_a_header_and_a_line_for_each_row():
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
