"""Runs the commands that a report's page shows to its reader, as the reader would: copied into a shell."""

from __future__ import annotations

import subprocess
import tempfile
from html.parser import HTMLParser
from pathlib import Path


class _Commands(HTMLParser):
    """Collects the text of every `<pre class="recipe">`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre" and ("class", "recipe") in attrs:
            self._inside = True
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.blocks[-1] += data


def commands(page: Path) -> list[str]:
    """Return the commands of a page, one text a step."""
    parser = _Commands()
    parser.feed(page.read_text())
    return parser.blocks


def run_recipe(page: Path, store: Path) -> subprocess.CompletedProcess[str]:
    """Run a page's commands in the folder of a store, with what a bare system has and nothing of ours.

    Raises:
        ValueError: the page shows no commands.
    """
    blocks = commands(page)
    if not blocks:
        raise ValueError(f"{page} shows no commands")
    script = "\n".join(["set -euo pipefail", *blocks])
    with tempfile.TemporaryDirectory() as work:
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": work}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-c", script],
            check=False,
            cwd=store,
            env=environment,
            capture_output=True,
            text=True,
        )
