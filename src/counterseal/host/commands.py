"""The workflow commands of the runner: masks and annotations, through one wrapper of actions-toolkit.

The only module, with `outputs`, that imports actions-toolkit. It uses the parts below that package's `core`
(the command and the key-value message): `core` imports an HTTP client, which costs 0.15 s, and always writes
to the process's own streams and environment. What is added here: hidden characters are shown, everything is
flushed at once (a mask that arrives after a child process's output is a leaked secret), and annotations stop
at the runner's own limit, with the rest handed back for the summary.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from counterseal.host.text import one_line, visible

if TYPE_CHECKING:
    from typing import TextIO

    from counterseal.host.result import Annotation

# The runner keeps this many annotations of each kind for one step, and this many characters of each
# (actions/runner, ExecutionContext.cs).
ANNOTATIONS_PER_KIND = 10
ANNOTATION_LENGTH = 4096
_TITLE_LENGTH = 200


class WorkflowCommands:
    """Writes workflow commands to a stream that the runner reads.

    Args:
        stream: stdout or stderr of this process.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._written: Counter[str] = Counter()

    def mask(self, secret: str) -> None:
        """Tell the runner to hide `secret` in everything that is logged from now on."""
        if secret.strip():
            self._issue("add-mask", {}, secret)

    def annotate(self, annotation: Annotation) -> bool:
        """Show `annotation` on the run's page; False when the step has used up those of its kind."""
        if self._written[annotation.kind] >= ANNOTATIONS_PER_KIND:
            return False
        self._written[annotation.kind] += 1
        lines = (visible(line) for line in annotation.message.split("\n"))
        self._issue(annotation.kind, _properties(annotation), _cut("\n".join(lines)))
        return True

    def _issue(self, name: str, properties: dict[str, str], message: str) -> None:
        from actions_toolkit.command import Command

        self._stream.write(f"{Command(name, properties, message)}\n")
        self._stream.flush()


def _properties(annotation: Annotation) -> dict[str, str]:
    """Return the properties that the annotation has; empty ones are left out, not written as `line=`."""
    properties = {
        "title": annotation.title and one_line(annotation.title, limit=_TITLE_LENGTH),
        "file": annotation.file and visible(annotation.file),
        "line": annotation.line and str(annotation.line),
    }
    return {name: value for name, value in properties.items() if value}


def _cut(message: str) -> str:
    """Return `message` within the length that the runner keeps."""
    return message if len(message) <= ANNOTATION_LENGTH else message[: ANNOTATION_LENGTH - 1] + "…"
