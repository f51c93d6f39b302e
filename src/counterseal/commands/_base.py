"""How a command is declared: one declaration drives its flags and the inputs of its action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterseal.errors import UsageError
from counterseal.host.result import Annotation, Reason, Result
from counterseal.host.text import has_control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from counterseal.host import Host

__all__ = ["Annotation", "Command", "Input", "Inputs", "Output", "Reason", "Result"]

_TRUE = "true"
_FLAG_VALUES = frozenset({_TRUE, "false", ""})


@dataclass(frozen=True)
class Input:
    """One input of a command.

    Args:
        name: its name, lowercase with hyphens: the flag `--name` and the action's input `name`.
        help: what it is, in one line without Markdown.
        required: whether a value must be given.
        default: what stands for a value that is not given.
        multiple: whether it takes several values: one a line in an action, one or more a flag.
        flag: whether it is `true` or `false`.
    """

    name: str
    help: str
    required: bool = False
    default: str = ""
    multiple: bool = False
    flag: bool = False


@dataclass(frozen=True)
class Output:
    """One output of a command: its name, and what it holds, in one line without Markdown."""

    name: str
    help: str


class Inputs:
    """The validated values of a command's inputs.

    Args:
        declared: the inputs that the command knows.
        values: the raw values of each by name, already split.

    Raises:
        UsageError: an unknown name, a value that was given and is empty, a required input that was not given,
            a control character, more than one value for a single input, or a flag that is neither `true` nor
            `false`.
    """

    def __init__(self, declared: Sequence[Input], values: Mapping[str, Sequence[str]]) -> None:
        known = {item.name for item in declared}
        for name in values:
            if name not in known:
                names = ", ".join(sorted(known)) or "none"
                raise UsageError("unknown input", where=name, remedy=f"this command knows: {names}")
        self._values = {item.name: _validated(item, values.get(item.name, ())) for item in declared}

    @classmethod
    def from_strings(cls, declared: Sequence[Input], strings: Mapping[str, str]) -> Inputs:
        """Read the inputs of an action, where a value is one string and a list has one value a line.

        An input that was not given arrives as an empty string, exactly like one whose expression came to
        nothing (an unset `vars.X`). The two cannot be told apart, so both count as not given.
        """
        multiple = {item.name for item in declared if item.multiple}
        values = {name: text.split("\n") if name in multiple else [text] for name, text in strings.items()}
        return cls(
            declared, {name: [text for text in texts if text.strip()] for name, texts in values.items()}
        )

    def __getitem__(self, name: str) -> str:
        """Return the value of a single input; empty when it was not given and has no default."""
        values = self._values[name]
        return values[0] if values else ""

    def __contains__(self, name: str) -> bool:
        """Tell whether the command has an input of this name, given or not."""
        return name in self._values

    def many(self, name: str) -> tuple[str, ...]:
        """Return the values of an input that takes several, in the order given."""
        return self._values[name]

    def items(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Return the values of every declared input, by name."""
        return self._values.items()

    def flag(self, name: str) -> bool:
        """Return whether a flag is set."""
        return self[name] == _TRUE


@dataclass(frozen=True)
class Command:
    """A command of the suite.

    Args:
        name: one word, or two (`keys generate`).
        help: what it does, in one line without Markdown.
        inputs: what it takes.
        outputs: what it leaves for later steps.
        run: does the work; raises a `CountersealError` when it cannot, and returns the result when it can.
        always: whether it runs, as one of several stages, even when one before it did not pass.
    """

    name: str
    help: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    run: Callable[[Inputs, Host], Result]
    always: bool = False


def _validated(item: Input, raw: Sequence[str]) -> tuple[str, ...]:
    """Return the values of one input without surrounding blanks, or raise `UsageError`.

    An empty one is refused: it is most often a variable that is not set, and would drop what was asked for.
    """
    given = tuple(value.strip() for value in raw)
    if not all(given):
        raise UsageError("this input was given and is empty", where=item.name)
    values = given or ((item.default,) if item.default else ())
    if item.required and not values:
        raise UsageError("this input is required", where=item.name)
    if not item.multiple and len(values) > 1:
        raise UsageError("this input takes one value", where=item.name)
    if any(has_control(value) for value in values):
        raise UsageError("control characters are not allowed in a value", where=item.name)
    if item.flag and not _FLAG_VALUES.issuperset(values):
        raise UsageError("this input is either true or false", where=item.name)
    return values
