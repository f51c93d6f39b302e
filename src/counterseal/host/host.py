"""The host: the one way in which a command sees its surroundings and says what it has to say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from counterseal.host import names
from counterseal.host.context import RunnerContext, in_actions
from counterseal.host.result import Annotation, Result
from counterseal.host.text import json_line, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    from counterseal.errors import CountersealError
    from counterseal.host.commands import WorkflowCommands

_LONGEST_LINE = 4096  # characters; what is said may repeat an input of any size


@dataclass
class Host:
    """The surroundings of one command.

    Args:
        env: the environment variables.
        cwd: the directory that relative paths start from.
        stdout: where the result is printed.
        stderr: where everything else is printed.
        style: how the result is printed: for people, or as one JSON object.
        action: whether the command runs as an action, so that outputs, annotations and a summary are written.
    """

    env: Mapping[str, str]
    cwd: Path
    stdout: TextIO
    stderr: TextIO
    style: Literal["text", "json"] = "text"
    action: bool = False

    @property
    def in_actions(self) -> bool:
        """Whether this process runs on a GitHub Actions runner, as an action or not."""
        return in_actions(self.env)

    @cached_property
    def context(self) -> RunnerContext:
        """The facts of the run; `UsageError` when the runner's environment is incomplete."""
        return RunnerContext.from_env(self.env)

    def say(self, text: str) -> None:
        """Tell a human something on the way, on stderr, as one safe line."""
        print(one_line(text, limit=_LONGEST_LINE), file=self.stderr, flush=True)

    def trace(self, error: Exception) -> None:
        """Show where an error happened, when the user asked for it with COUNTERSEAL_DEBUG=1."""
        if self.env.get(names.DEBUG) != "1":
            return
        from traceback import format_exception

        for line in "".join(format_exception(error)).splitlines():
            self.say(line)

    def mask(self, secret: str) -> None:
        """Have the runner hide `secret` in the log from now on; elsewhere nothing needs doing."""
        if self.in_actions:
            self._commands.mask(secret)

    def emit(self, command: str, result: Result) -> int:
        """Say the result to people or programs and, as an action, to the runner; return the exit code."""
        self._print([json_line(result.to_dict(command))] if self.style == "json" else _lines(command, result))
        if self.action:
            self._report(command, result)
        return result.exit_code

    def fail(self, command: str, error: CountersealError) -> int:
        """Say why there is no result: one line on stderr, and the other forms; return the exit code."""
        self.say(f"{command or 'counterseal'}: {error.diagnosis()}")
        result = Result.from_error(error)
        if self.style == "json":
            self._print([json_line(result.to_dict(command))])
        if self.action:
            self._report(command, result)
        return result.exit_code

    def _print(self, lines: Iterable[str]) -> None:
        """Print lines that are already safe on stdout."""
        for line in lines:
            self.stdout.write(line + "\n")
        self.stdout.flush()

    def _report(self, command: str, result: Result) -> None:
        """Write outputs, annotations and the summary, in this order, to the runner."""
        from counterseal.host.outputs import Outputs
        from counterseal.host.summary import write_summary

        outputs = Outputs(self.env)
        for name, value in {"outcome": result.outcome, **result.outputs}.items():
            outputs.output(name, value)
        spilled = [item for item in _annotations(command, result) if not self._commands.annotate(item)]
        write_summary(self.env, result.summary + _spill(spilled))

    @cached_property
    def _commands(self) -> WorkflowCommands:
        from counterseal.host.commands import WorkflowCommands

        # The runner reads both streams; stdout stays one JSON object.
        return WorkflowCommands(self.stderr if self.style == "json" else self.stdout)


def _lines(command: str, result: Result) -> Iterator[str]:
    """Return the lines of a result for people."""
    yield one_line(f"{command}: {result.outcome}: {result.headline}")
    for reason in result.reasons:
        yield one_line(f"  {reason.line()}")
    for line in result.text.splitlines():
        yield one_line(line)
    for name, value in [*result.digests.items(), *result.outputs.items()]:
        yield from _named(name, value)


def _named(name: str, value: str) -> Iterator[str]:
    """Return what is called by a name: behind it, or where it is a list below it, deeper than any name."""
    if "\n" not in value:
        yield one_line(f"  {name} = {value}")
        return
    yield one_line(f"  {name}:")
    for line in value.split("\n"):
        yield one_line(f"    {line}")


def _annotations(command: str, result: Result) -> list[Annotation]:
    """Return the annotations of a result; one that did not pass has at least its reasons as errors."""
    annotations = list(result.annotations)
    if result.exit_code and not any(item.kind == "error" for item in annotations):
        title = f"{command}: {result.outcome}"
        messages = [reason.line() for reason in result.reasons] or [result.headline]
        annotations += [Annotation("error", message, title=title) for message in messages]
    return annotations


def _spill(annotations: list[Annotation]) -> str:
    """Return the annotations for which the runner had no room, as Markdown."""
    if not annotations:
        return ""
    from counterseal.host.markdown import escape

    items = "\n".join(f"- {item.kind}: {escape(item.message)}" for item in annotations)
    return f"\n\n### More annotations\n\n{items}\n"
