"""The timetable of a request: deadline, reminders and escalations as moments, fixed once it is asked.

It follows from the request and the policy alone. So whoever looks, however late or often, sees the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from counterseal.approval.calendar import moments
from counterseal.manifest.approval import ApprovalRequest
from counterseal.manifest.types import format_time, parse_time
from counterseal.policy.approval import ApprovalPolicy

_SECONDS_PER_HOUR_AND_PERCENT = 36


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder.

    Attributes:
        percent: when, in per cent of the time until the deadline.
        at: the moment.
        groups: the groups that may decide from then on; none for a reminder.
        stages: the stages in which they may; all when empty.
    """

    percent: int
    at: str
    groups: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a request has to be answered, and what happens until then.

    Attributes:
        deadline: the first moment that is too late.
        reminders: when people are reminded, in order.
        escalations: when people are added, in order.
    """

    deadline: str
    reminders: tuple[Rung, ...] = ()
    escalations: tuple[Rung, ...] = ()


def timetable(request: ApprovalRequest, policy: ApprovalPolicy) -> Timetable:
    """Return the timetable of a request; its class of change has to be one of the policy's.

    Raises:
        MalformedError: when the calendar has too little time for it.
    """
    rules = policy.classes[request.change_class]
    calendar = policy.calendars[rules.calendar] if rules.calendar else None
    percents = sorted({*rules.remind, *(step.after for step in rules.escalate), 100})
    offsets = [rules.deadline * _SECONDS_PER_HOUR_AND_PERCENT * percent for percent in percents]
    found = moments(calendar, parse_time(request.requested_at), offsets)
    at = {percent: format_time(moment) for percent, moment in zip(percents, found, strict=True)}
    escalations = sorted(rules.escalate, key=lambda step: step.after)
    return Timetable(
        deadline=at[100],
        reminders=tuple(Rung(percent, at[percent]) for percent in sorted(set(rules.remind))),
        escalations=tuple(Rung(step.after, at[step.after], step.add, step.stages) for step in escalations),
    )
