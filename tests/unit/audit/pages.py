"""Reading pages as a strict reader does: every tag closed in order, and everything that a page refers to."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

BLOCKS = {"td", "th", "li", "p", "dt", "dd", "h1", "h2", "h3", "h4", "caption", "time"}
VOID = {"meta", "link", "br", "circle", "path"}


@dataclass
class Element:
    """An element: its tag, its attributes, and all text inside."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A page that was read whole."""

    data: bytes
    elements: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.data.decode("utf-8"))
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in {tag}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        assert tag in VOID, f"<{tag}/> is not a void element"
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        done = self._open.pop()
        if self._open:
            self._open[-1].text += done.text + (" " if tag in BLOCKS else "")

    def handle_data(self, data):
        if self._open:
            self._open[-1].text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements with this tag and these attributes (`class_` is one of the classes)."""
        wanted = attributes.pop("class_", None)
        return [
            one
            for one in self.elements
            if one.tag == tag
            and (wanted is None or wanted in one.attributes.get("class", "").split())
            and attributes.items() <= one.attributes.items()
        ]

    @property
    def text(self) -> str:
        """All text between the body's tags, with runs of white space made one blank."""
        return " ".join(self.all("body")[0].text.split())

    @property
    def answers(self) -> list[str]:
        """The words of the verdict, in order."""
        return [one.text.strip() for one in self.all("p", class_="word")]

    @property
    def recipe(self) -> str:
        """The commands that a reader copies, step after step."""
        return "\n".join(one.text for one in self.all("pre", class_="recipe"))


def follow(page: Page, store: Path) -> subprocess.CompletedProcess[str]:
    """Run the page's recipe in the directory of the store, and stop at the first step that fails."""
    words = ["bash", "-euo", "pipefail", "-c", page.recipe]
    return subprocess.run(words, cwd=store, capture_output=True, text=True, timeout=60, check=False)
