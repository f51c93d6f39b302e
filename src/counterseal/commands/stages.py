"""stages: run several stages in one process, until one does not pass: the root action.

A stage that is declared `always` runs all the same: the evidence of a failure is evidence too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import REGISTRY, load
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError
from counterseal.host.faults import diagnose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from counterseal.host import Host

_STAGES = "stages"


def _known() -> dict[str, Command]:
    """Return the commands that can be a stage, by name."""
    return {name: load(name) for name, entry in REGISTRY.items() if entry.stage}


def _run(inputs: Inputs, host: Host) -> Result:
    """Run the stages in the order given."""
    stages = _selected(" ".join(inputs.many(_STAGES)))
    given = {name: values for name, values in inputs.items() if values and name != _STAGES}
    known = {item.name for stage in stages for item in stage.inputs}
    for name in given:
        if name not in known:
            raise UsageError("none of the stages takes this input", where=name)
    results: dict[str, Result] = {}
    for stage in stages:
        if stage.always or not any(each.exit_code for each in results.values()):
            results[stage.name] = _attempt(stage, given, host)
    return combine(results)


def _selected(text: str) -> list[Command]:
    """Return the stages that are named, in their order."""
    known = _known()
    names = text.replace(",", " ").split()
    for name in names:
        if name not in known:
            raise UsageError(f"unknown stage: {name}", where=_STAGES, remedy=f"known: {', '.join(known)}")
    if len(set(names)) < len(names):
        raise UsageError("a stage runs once", where=_STAGES)
    return [known[name] for name in names]


def _attempt(stage: Command, given: Mapping[str, Sequence[str]], host: Host) -> Result:
    """Run one stage; an error becomes its result, so that what earlier stages had to say is not lost."""
    try:
        taken = {item.name: given.get(item.name, ()) for item in stage.inputs}
        return stage.run(Inputs(stage.inputs, taken), host)
    except Exception as error:  # noqa: BLE001 - any error is the end of the stage, none is the end of the others
        host.trace(error)
        fault = diagnose(error)
        host.say(f"{stage.name}: {fault.diagnosis()}")
        return Result.from_error(fault)


def combine(results: Mapping[str, Result]) -> Result:
    """Return one result for stages that ran: the first that did not pass decides.

    Outputs and digests carry the stage's name in front: `sign-bundle` is the `bundle` of `sign`.
    """
    stopped = next((name for name, each in results.items() if each.exit_code), "")
    result = results[stopped] if stopped else list(results.values())[-1]
    headline = f"stopped at {stopped}: {result.headline}" if stopped else f"{', '.join(results)} passed"
    outcome = {"outcome": result.outcome, "stopped-at": stopped}
    return Result(
        outcome=result.outcome,
        exit_code=result.exit_code,
        headline=headline,
        reasons=tuple(reason for each in results.values() for reason in each.reasons),
        digests=_prefixed((name, each.digests) for name, each in results.items()),
        outputs=outcome | _prefixed((name, each.outputs) for name, each in results.items()),
        summary="\n".join(each.summary for each in results.values() if each.summary),
        annotations=tuple(item for each in results.values() for item in each.annotations),
        text="\n".join(each.text for each in results.values() if each.text),
    )


def _prefixed(named: Iterable[tuple[str, Mapping[str, str]]]) -> dict[str, str]:
    """Return all items, each with its stage's name in front."""
    return {f"{stage}-{name}": value for stage, items in named for name, value in items.items()}


def _all_inputs(stages: Iterable[Command]) -> tuple[Input, ...]:
    """Return the inputs of the stages, each once, with what every stage says of it."""
    told: dict[str, dict[str, list[str]]] = {}
    first: dict[str, Input] = {}
    for stage in stages:
        for item in stage.inputs:
            default = f" (default: {item.default})" if item.default else ""
            told.setdefault(item.name, {}).setdefault(item.help + default, []).append(stage.name)
            if first.setdefault(item.name, item).multiple != item.multiple:
                raise ValueError(item.name)
    return tuple(
        Input(
            name,
            " ".join(f"For {', '.join(names)}: {text}" for text, names in told[name].items()),
            multiple=item.multiple,
            flag=item.flag,
        )
        for name, item in first.items()
    )


def _all_outputs(stages: Iterable[Command]) -> tuple[Output, ...]:
    """Return the outputs of the stages, each with its stage's name in front."""
    return tuple(Output(f"{stage.name}-{item.name}", item.help) for stage in stages for item in stage.outputs)


COMMAND = Command(
    name=_STAGES,
    help="Run several stages in one process, until one does not pass; evidence-upload runs all the same.",
    inputs=(
        Input(_STAGES, f"Stages to run, in order, of: {', '.join(_known())}.", required=True, multiple=True),
        *_all_inputs(_known().values()),
    ),
    outputs=(
        Output("outcome", "Outcome of the first stage that did not pass, else of the last."),
        Output("stopped-at", "First stage that did not pass, or empty."),
        *_all_outputs(_known().values()),
    ),
    run=_run,
)
