"""The command line: finds the command, reads its inputs, runs it, turns whatever happens into an exit code.

Nothing is imported before it is known which command runs, and no traceback reaches the user: an error on
purpose prints its diagnosis, a defect prints its class (COUNTERSEAL_DEBUG=1 shows where it happened).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from counterseal import __version__
from counterseal.commands import REGISTRY, load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from counterseal.commands._base import Result
    from counterseal.host import Host

_INTERRUPTED = 130
_HELP = frozenset({"--help", "-h"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Args:
        arguments: what follows the program's name; by default those of the process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = next((name for name in (" ".join(words[:2]), *words[:1]) if name in REGISTRY), "")
    if words[:1] == ["--version"]:
        return _show(f"counterseal {__version__}\n")
    host = _host()
    host.style = "json" if _wants_json(words) else "text"
    if _HELP.intersection(words):
        return _guard(host, name, lambda: _help(name))
    return _guard(host, name, lambda: _run(host, name, words))


def run_action(name: str) -> int:
    """Run the registered command `name` as an action, with the runner's inputs; return the exit code."""
    host = _host()
    host.action = True

    def work() -> Result:
        from counterseal.commands._base import Inputs
        from counterseal.errors import UsageError
        from counterseal.host.inputs import action_inputs

        if name not in REGISTRY:
            raise UsageError(f"unknown command: {name}")
        command = load(name)
        return command.run(Inputs.from_strings(command.inputs, action_inputs(host.env)), host)

    return _guard(host, name, work)


def refuse(words: Sequence[str], error: Exception) -> int:
    """Say why counterseal could not even start (the bootstrap's words), and return the exit code."""
    from counterseal.host.faults import diagnose

    host = _host()
    host.style = "json" if _wants_json(words) else "text"
    host.trace(error)
    fault = diagnose(error)
    if host.in_actions:  # the library that writes annotations may be what is missing
        host.stdout.write(f"::error title=counterseal::{_escaped(fault.diagnosis())}\n")
    return host.fail("counterseal", fault)


def _escaped(message: str) -> str:
    """Return `message` as the data of a workflow command (actions/runner, `ActionCommand`)."""
    from counterseal.host.text import one_line

    return one_line(message).replace("%", "%25")


def _run(host: Host, name: str, words: Sequence[str]) -> Result:
    """Run a command of the command line and return its result."""
    from counterseal.commands._flags import read_flags
    from counterseal.errors import UsageError

    if not name:
        # What was typed is not repeated: it may be a secret that ended up in the wrong place.
        meant = " or ".join(known for known in REGISTRY if words and known.split()[0] == words[0])
        message = "unknown command" if words else "no command"
        raise UsageError(message, remedy=f"did you mean {meant}" if meant else "see counterseal --help")
    command = load(name)
    return command.run(read_flags(command, words[len(name.split()) :]), host)


def _guard(host: Host, name: str, work: Callable[[], Result | str]) -> int:
    """Do the work of a command and say its result; every way in which it can end has its exit code."""
    from counterseal.host.faults import diagnose

    code = 0
    try:
        try:
            said = work()
        except Exception as error:  # noqa: BLE001 - the last line of defence
            host.trace(error)
            fault = diagnose(error)
            code = fault.exit_code
            return host.fail(name, fault)
        if isinstance(said, str):
            return _show(said)
        code = said.exit_code
        return host.emit(name, said)
    except KeyboardInterrupt:
        host.say("counterseal: interrupted")
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the result could not be said, so it must not pass
        host.trace(error)
        unsaid = _unsaid(host, name, error)
        return code or unsaid


def _unsaid(host: Host, name: str, error: Exception) -> int:
    """Say, if still possible, that the result could not be written; return an exit code that is no pass."""
    from counterseal.host.faults import diagnose

    fault = diagnose(error)
    with suppress(OSError):
        host.say(f"{name or 'counterseal'}: the result could not be written: {fault.diagnosis()}")
    with suppress(
        OSError, ValueError
    ):  # a stream that is broken would fail again when the interpreter leaves
        os.dup2(os.open(os.devnull, os.O_WRONLY), host.stdout.fileno())
    return fault.exit_code


def _host() -> Host:
    """Return the surroundings of this process."""
    from pathlib import Path

    from counterseal.host import Host

    return Host(dict(os.environ), Path.cwd(), _stream(sys.stdout), _stream(sys.stderr))


def _stream(stream: TextIO | None) -> TextIO:
    """Return a stream that never fails on a character; one that was closed swallows everything."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - lives as long as the process
    with suppress(AttributeError):  # a test's stream has no encoding to change
        stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
    return stream


def _wants_json(words: Sequence[str]) -> bool:
    """Return whether the result is wanted as JSON, even when the flags turn out to be wrong."""
    from itertools import pairwise

    return "--format=json" in words or ("--format", "json") in pairwise(words)


def _help(name: str) -> str:
    """Return the help of one command, or of all."""
    if name:
        from counterseal.commands._flags import flags_help

        return flags_help(load(name))
    lines = [f"  {name:16} {entry.help}" for name, entry in REGISTRY.items() if not entry.hidden]
    return "\n".join([*_HEAD, *lines, "", *_TAIL]) + "\n"


def _show(text: str) -> int:
    """Print text that is counterseal's own; return the exit code."""
    sys.stdout.write(text)
    sys.stdout.flush()
    return 0


_HEAD = ("usage: counterseal COMMAND [flags]", "", "commands:")
_TAIL = (
    "Each command takes --help, and --format json for one JSON object on stdout.",
    "Exit codes: 0 pass, 1 internal fault, 2 usage, 3 nothing to judge, 10 control failed,",
    "11 approval missing, 12 seal, 13 store, 14 inconclusive, 15 audit gap, 16 rolled back.",
)
