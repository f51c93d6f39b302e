"""The flags of a command, made from its declaration."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, NoReturn

from counterseal.commands._base import Inputs
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterseal.commands._base import Command, Input

_STYLES = ("text", "json")
_FLAG = re.compile(r"--[a-z][a-z-]{0,30}(?![^=])")
_BEFORE_A_VALUE = re.compile(r"(invalid choice|ignored explicit argument|ambiguous option)\b.*", re.DOTALL)


class _Parser(argparse.ArgumentParser):
    """A parser that raises counterseal's own error instead of leaving the process."""

    def error(self, message: str) -> NoReturn:
        """Refuse the flags. What was given is not repeated: it may be a misplaced key."""
        raise UsageError(_BEFORE_A_VALUE.sub(r"\1", message), remedy=f"see {self.prog} --help")


def read_flags(command: Command, words: Sequence[str]) -> Inputs:
    """Return the validated inputs that the flags `words` give; `UsageError` when they are wrong."""
    parser = _parser(command)
    found, unknown = parser.parse_known_args(list(words))
    if unknown:
        parser.error(_unknown(unknown))
    given = vars(found)
    return Inputs(
        command.inputs, {item.name: given[item.name] for item in command.inputs if given[item.name]}
    )


def flags_help(command: Command) -> str:
    """Return the help text of a command."""
    return _parser(command).format_help()


def _unknown(words: Sequence[str]) -> str:
    """Say how many words no flag takes, and name those that look like flags."""
    flags = [found[0] for word in words if (found := _FLAG.match(word))]
    named = f": {', '.join(flags[:10])}" if flags else ""
    return (
        f"{len(words)} unrecognized arguments{named}"
        if len(words) > 1
        else f"an unrecognized argument{named}"
    )


def _parser(command: Command) -> _Parser:
    """Return the parser: each input becomes a list of strings under its own name, absent or not."""
    parser = _Parser(
        prog=f"counterseal {command.name}", description=command.help, add_help=False, allow_abbrev=False
    )
    for item in command.inputs:
        _add(parser, item)
    parser.add_argument(
        "--format", dest="--format", choices=_STYLES, default=_STYLES[0], help="how the result is printed"
    )
    parser.add_argument("--help", action="help", help="show this text and leave")
    return parser


def _add(parser: _Parser, item: Input) -> None:
    """Add the flag of one input."""
    notes = ["required"] if item.required else [f"default: {item.default}"] if item.default else []
    text = f"{item.help} ({', '.join(notes)})" if notes else item.help
    kind: dict[str, Any] = {"action": "append", "metavar": "VALUE"}
    if item.flag:
        kind = {"action": "store_const", "const": ["true"]}
    elif item.multiple:
        kind = {"action": "extend", "nargs": "+", "metavar": "VALUE"}
    parser.add_argument(f"--{item.name}", dest=item.name, help=text.replace("%", "%%"), **kind)
