"""The job summary: Markdown that the runner shows on the run's page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.errors import UsageError
from counterseal.host import names

if TYPE_CHECKING:
    from collections.abc import Mapping

# The runner refuses a larger summary as a whole (actions/runner, FileCommandManager.cs); in bytes.
LIMIT = 1024 * 1024
_NOTICE = (
    "\n\n**This summary is cut off: it is longer than the runner shows. The evidence itself is complete.**\n"
)


def write_summary(env: Mapping[str, str], markdown: str) -> None:
    """Append `markdown` to the step's summary, cut to what the runner accepts and saying so.

    Args:
        env: the environment that names the file; without it (outside Actions) nothing is written.
        markdown: Markdown in which untrusted text is already escaped (`counterseal.host.markdown`).

    Raises:
        UsageError: the runner named a file that is not there.
    """
    path = env.get(names.SUMMARY_FILE)
    if not path or not markdown.strip():
        return
    if not Path(path).is_file():
        raise UsageError("the runner's file is missing", where=names.SUMMARY_FILE)
    with Path(path).open("ab") as file:
        file.write(fit(markdown, LIMIT - file.tell()))


def fit(markdown: str, limit: int) -> bytes:
    """Return `markdown` and a line end as at most `limit` bytes of UTF-8.

    What is too long is cut after a whole line, with a notice; with no room even for that the answer is empty.
    """
    data = markdown.encode(errors="backslashreplace") + b"\n"
    if len(data) <= limit:
        return data
    notice = _NOTICE.encode()
    room = limit - len(notice)
    if room < 0:
        return b""
    kept = data[:room]
    return kept[: kept.rfind(b"\n") + 1] + notice
