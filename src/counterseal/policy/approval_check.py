"""What no schema can say of the policy's section `approval`: names that exist, dates that are real."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Final

from counterseal.policy.approval import ApprovalPolicy, Calendar, ChangeClass, Freeze, Stage
from counterseal.policy.zones import zone_names

MOST_STAGES: Final = 20
"""How many stages a class of change may have."""

RESERVED: Final = "post-review"
"""The name by which the review of an emergency is given; no stage may have it."""

Problem = tuple[str, str]


def check_approval(policy: ApprovalPolicy) -> Iterator[Problem]:
    """Yield what makes no sense in the section: the place, below `approval`, and what is wrong.

    Args:
        policy: the section, as its types accept it.
    """
    for name, group in policy.groups.items():
        if not group.accounts and not group.teams:
            yield f"groups.{name}", "nobody is in it"
    for name, calendar in policy.calendars.items():
        yield from _calendar(f"calendars.{name}", calendar)
    for at, freeze in enumerate(policy.freezes):
        yield from _freeze(f"freezes[{at}]", freeze, policy)
    for name, rules in policy.classes.items():
        yield from _class(f"classes.{name}", rules, policy)
    for name, environment in policy.environments.items():
        yield from _unknown(f"environments.{name}.classes", environment.classes, policy.classes, "class")
        if environment.default not in environment.classes:
            message = f"{environment.default} is none of the classes that it accepts"
            yield f"environments.{name}.default", message


def _calendar(path: str, calendar: Calendar) -> Iterator[Problem]:
    yield from _zone(path, calendar.zone)
    if not calendar.days:
        yield f"{path}.days", "nobody ever works"
    if calendar.until <= calendar.from_:
        yield f"{path}.until", "it is not later than `from`"
    for at, day in enumerate(calendar.holidays):
        if not _is_real(day, date.fromisoformat):
            yield f"{path}.holidays[{at}]", f"{day} is no day of the calendar from 2000 on"


def _freeze(path: str, freeze: Freeze, policy: ApprovalPolicy) -> Iterator[Problem]:
    yield from _zone(path, freeze.zone)
    ends = (("from", freeze.from_), ("until", freeze.until))
    for name, moment in ends:
        if not _is_real(moment, datetime.fromisoformat):
            yield f"{path}.{name}", f"{moment} is no moment of the calendar from 2000 on"
    if freeze.until <= freeze.from_:
        yield f"{path}.until", "it is not later than `from`"
    yield from _unknown(f"{path}.except", freeze.except_, policy.classes, "class")
    yield from _unknown(f"{path}.environments", freeze.environments, policy.environments, "environment")


def _class(path: str, rules: ChangeClass, policy: ApprovalPolicy) -> Iterator[Problem]:
    if rules.calendar is not None and rules.calendar not in policy.calendars:
        yield f"{path}.calendar", f"there is no calendar {rules.calendar}"
    if len(rules.stages) > MOST_STAGES:
        yield f"{path}.stages", f"there are more than {MOST_STAGES}"
    names = [stage.name for stage in rules.stages]
    for at, stage in enumerate(rules.stages):
        yield from _stage(f"{path}.stages[{at}]", stage, names[:at])
        yield from _unknown(f"{path}.stages[{at}].groups", stage.groups, policy.groups, "group")
        yield from _short(f"{path}.stages[{at}].quorum", stage.quorum, _deciding(stage, rules), policy)
    yield from _ladder(path, rules, policy, names)
    if glass := rules.break_glass:
        yield from _unknown(f"{path}.break-glass.post-review", glass.post_review, policy.groups, "group")
        yield from _short(f"{path}.break-glass.quorum", glass.quorum, glass.post_review, policy)


def _stage(path: str, stage: Stage, before: Sequence[str]) -> Iterator[Problem]:
    if stage.name == RESERVED:
        yield f"{path}.name", f"{RESERVED} is what the review of an emergency is called"
    if stage.name in before:
        yield f"{path}.name", f"there are two stages {stage.name}"


def _ladder(
    path: str, rules: ChangeClass, policy: ApprovalPolicy, stages: Sequence[str]
) -> Iterator[Problem]:
    for at, (earlier, percent) in enumerate(zip(rules.remind, rules.remind[1:], strict=False), start=1):
        if percent <= earlier:
            yield f"{path}.remind[{at}]", "the percentages do not ascend"
    for at, step in enumerate(rules.escalate):
        if at and step.after < rules.escalate[at - 1].after:
            yield f"{path}.escalate[{at}].after", "the percentages do not ascend"
        yield from _unknown(f"{path}.escalate[{at}].add", step.add, policy.groups, "group")
        yield from _unknown(f"{path}.escalate[{at}].stages", step.stages, stages, "stage")


def _deciding(stage: Stage, rules: ChangeClass) -> Iterator[str]:
    """Yield every group that may ever decide in a stage."""
    yield from stage.groups
    for step in rules.escalate:
        if not step.stages or stage.name in step.stages:
            yield from step.add


def _short(path: str, quorum: int, names: Iterable[str], policy: ApprovalPolicy) -> Iterator[Problem]:
    """Yield that a quorum cannot be reached; where teams may decide, the file alone cannot tell."""
    groups = [policy.groups[name] for name in names if name in policy.groups]
    if any(group.teams for group in groups):
        return
    found = len(set(chain.from_iterable(group.accounts for group in groups)))
    if found < quorum:
        yield path, f"{quorum} are needed, and only {found} may decide"


def _unknown(path: str, names: Sequence[str], known: Container[str], noun: str) -> Iterator[Problem]:
    for at, name in enumerate(names):
        if name not in known:
            yield f"{path}[{at}]", f"there is no {noun} {name}"


def _zone(path: str, name: str) -> Iterator[Problem]:
    if name not in zone_names():
        yield f"{path}.zone", f"there is no time zone {name[:64]!r}"


def _is_real(text: str, read: Callable[[str], object]) -> bool:
    """Tell whether a date exists and lies in this millennium, so that one can reckon with it."""
    try:
        read(text)
    except ValueError:
        return False
    return text.startswith("2")
