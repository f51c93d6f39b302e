"""What a step leaves for later steps: outputs, environment variables and directories on the path.

Each is appended to the file that the runner names. There is no fall-back to the old commands on stdout: a
missing file is an error, because an output that nobody can read is not an output.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.errors import InternalFault, UsageError
from counterseal.host import names
from counterseal.host.text import has_control

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# The runner refuses the first, and those of the loader and the interpreters run code in every later step.
_REFUSED = re.compile(
    r"NODE_OPTIONS|LD_.*|DYLD_.*|PYTHON.*|BASH_ENV|ENV|PATH|GITHUB_.*|RUNNER_.*", re.IGNORECASE
)


class Outputs:
    """Writes to the runner's files.

    Args:
        env: the environment that names the files.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def output(self, name: str, value: str) -> None:
        """Set the output `name` of this step."""
        self._append(names.OUTPUT_FILE, _message(name, value))

    def variable(self, name: str, value: str) -> None:
        """Set the environment variable `name` for later steps of the job."""
        if _REFUSED.fullmatch(name):
            raise InternalFault("this variable must not be set for later steps", where=name)
        self._append(names.ENV_FILE, _message(name, value))

    def path(self, directory: Path) -> None:
        """Put `directory` first on the path of later steps of the job."""
        text = str(directory)
        if not directory.is_absolute() or has_control(text):
            raise InternalFault("only an absolute directory can be put on the path", where=text)
        self._append(names.PATH_FILE, text)

    def _append(self, variable: str, message: str) -> None:
        """Append `message` and a line end to the file that `variable` names."""
        path = self._env.get(variable)
        if not path:
            raise UsageError(
                "the runner did not name this file", where=variable, remedy="run it as an action"
            )
        if not Path(path).is_file():
            raise UsageError("the runner's file is missing", where=variable)
        data = _encoded(message, variable) + b"\n"
        with Path(path).open("ab") as file:
            file.write(data)


def _message(name: str, value: str) -> str:
    """Return the runner's multi-line form `name<<delimiter`, in which the delimiter is random."""
    from actions_toolkit.file_command import prepare_key_value_message

    if not _NAME.fullmatch(name):
        raise InternalFault("not a valid name of an output or variable", where=name)
    if not isinstance(value, str):
        raise InternalFault(f"only text can be written, not {type(value).__name__}", where=name)
    message: str = prepare_key_value_message(name, str.__str__(value))  # an enumeration's value, not its name
    return message


def _encoded(message: str, where: str) -> bytes:
    """Return `message` as UTF-8; `UsageError` for text (a broken file name) that has no such form."""
    try:
        return message.encode()
    except UnicodeEncodeError as error:
        raise UsageError("text that is not valid Unicode cannot be an output", where=where) from error
