"""What happened in a workflow, as typed facts: act's events, one JSON object a line, become jobs and steps.

A step that was skipped leaves no trace in the events; so tests compare the whole list of steps that ran.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_ANNOTATIONS = ("error", "warning", "notice")


@dataclass(frozen=True)
class Annotation:
    """A remark that a step left on the run's page."""

    kind: str
    message: str
    properties: Mapping[str, str]


@dataclass
class Step:
    """A step that ran: one of a job (its path is one id) or one inside a composite action (a longer path).

    `lines` holds what was printed by the step itself, `commands` the names of the workflow commands that it
    printed, beside annotations.
    """

    job: str
    path: tuple[str, ...]
    name: str
    result: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Run:
    """What happened: act's exit code, each job's result by id, and the steps in the order they ran."""

    exit_code: int
    jobs: Mapping[str, str]
    steps: tuple[Step, ...]

    def ran(self, job: str) -> dict[str, str]:
        """Return the result of each step of a job that ran, in order; those that were skipped are missing."""
        return {step.path[0]: step.result for step in self.steps if step.job == job and len(step.path) == 1}

    def step(self, job: str, *path: str) -> Step:
        """Return one step; KeyError, with everything that was printed, when it did not run."""
        for step in self.steps:
            if (step.job, step.path) == (job, path):
                return step
        raise KeyError(f"{job}: {path} did not run; these did: {self.ran(job)}\n{self.log()}")

    def within(self, job: str, step: str) -> list[Step]:
        """Return a step of a job and everything that ran inside it."""
        return [one for one in self.steps if one.job == job and one.path[0] == step]

    def log(self, job: str | None = None, step: str | None = None) -> str:
        """Return what was printed in the whole run, in one job, or in one of its steps."""
        chosen = (
            one for one in self.steps if job in {None, one.job} and (step is None or one.path[0] == step)
        )
        return "".join(line for one in chosen for line in one.lines)


def read_events(exit_code: int, output: str) -> Run:
    """Return what happened, from what act printed on stdout."""
    steps: dict[tuple[str, tuple[str, ...]], Step] = {}
    jobs: dict[str, str] = {}
    for line in output.splitlines():
        event = json.loads(line) if line.startswith("{") else {}
        job = event.get("jobID")
        if job and "jobResult" in event:
            jobs[job] = event["jobResult"]
        elif job and event.get("stage") == "Main":
            path = tuple(event["stepID"])
            _note(steps.setdefault((job, path), Step(job, path, event["step"])), event)
    return Run(exit_code, jobs, tuple(steps.values()))


def _annotation(kind: str, line: str) -> Annotation:
    """Read an annotation as the hosted runner does, up to the first `::`; act splits at the last."""
    properties, _, message = line.removeprefix(f"::{kind}").partition("::")
    pairs = (pair.partition("=") for pair in properties.strip().split(",") if pair)
    return Annotation(kind, _decode(message), {name: _decode(value) for name, _, value in pairs})


def _decode(text: str) -> str:
    for code, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, char)
    return text


def _note(step: Step, event: Mapping[str, Any]) -> None:
    """Add one event to the step that it is about."""
    command = event.get("command")
    if "stepResult" in event:
        step.result = event["stepResult"]
    elif command == "set-output":
        step.outputs[event["name"]] = event["arg"]
    elif command == "summary":
        step.summary = event["content"]
    elif command in _ANNOTATIONS:
        step.annotations.append(_annotation(command, event["raw"].strip()))
    elif command:
        step.commands.append(command)
    elif event.get("raw_output"):
        step.lines.append(event["msg"])
