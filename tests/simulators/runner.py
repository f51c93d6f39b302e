"""The parts of the actions runner that read what a step writes, as its sources do (actions/runner).

`command_of` follows `ActionCommand.TryParseV2` and `TryParse`, and takes any name for a registered one.
`key_values` follows the reader of environment files in `FileCommandManager`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Command:
    """A workflow command: its name, its properties and its data, unescaped."""

    name: str
    properties: dict[str, str]
    data: str


def commands(log: str) -> list[Command]:
    """Return the commands in what a step printed."""
    return [command for line in _LINE_END.split(log) if (command := command_of(line))]


def command_of(line: str) -> Command | None:
    """Return the command that the runner sees in one line, or None."""
    trimmed = line.strip()
    if trimmed.startswith("::") and "::" in trimmed[2:]:
        info, _, data = trimmed[2:].partition("::")
        name, _, rest = info.partition(" ")
        pairs = (pair.partition("=") for pair in rest.split(",") if "=" in pair)
        return Command(name, {key.strip(): _property(value) for key, _, value in pairs}, _data(data))
    start = line.find("##[")
    if start >= 0 and line.find("]", start) >= 0:
        info = line[start + 3 : line.find("]", start)]
        return Command(info.partition(" ")[0], {}, line[line.find("]", start) + 1 :])
    return None


def key_values(text: str) -> dict[str, str]:
    """Return what a file of outputs or variables sets; ValueError where the runner would fail the step."""
    pairs: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            key, delimiter = line.split("<<", 1)
            if not key or not delimiter:
                raise ValueError(line)
            pairs[key] = "\n".join(_until(lines, delimiter))
        elif equals > 0:
            pairs[line[:equals]] = line[equals + 1 :]
        else:
            raise ValueError(line)
    return pairs


@dataclass(frozen=True)
class Step:
    """The files that the runner gives to one step."""

    root: Path

    def __post_init__(self) -> None:
        for name in self.env().values():
            Path(name).touch()

    def env(self) -> dict[str, str]:
        names = {"GITHUB_OUTPUT": "output", "GITHUB_ENV": "env", "GITHUB_PATH": "path"}
        return {
            key: str(self.root / name) for key, name in {**names, "GITHUB_STEP_SUMMARY": "summary"}.items()
        }

    def outputs(self) -> dict[str, str]:
        return key_values((self.root / "output").read_bytes().decode())

    def variables(self) -> dict[str, str]:
        return key_values((self.root / "env").read_bytes().decode())

    def path(self) -> list[str]:
        return (self.root / "path").read_text().splitlines()

    def summary(self) -> str:
        return (self.root / "summary").read_text()


def _until(lines, delimiter: str):
    for line in lines:
        if line == delimiter:
            return
        yield line
    raise ValueError(f"no {delimiter}")


def _data(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def _property(text: str) -> str:
    return _data(text.replace("%3A", ":").replace("%2C", ","))
