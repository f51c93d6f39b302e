"""The policy's section `delivery`: what the delivery metrics of a service are held against.

The defaults are those of a regulated firm: one to five deployments a week, a lead time of one to three days,
under three per cent of changes failing, and restoring within four hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.base import Section, Slug

_PerWeek = Annotated[int, msgspec.Meta(ge=0, le=1000, description="a number of deployments a week")]
_LeadDays = Annotated[int, msgspec.Meta(ge=0, le=366, description="a number of days")]
_PerCent = Annotated[int, msgspec.Meta(ge=1, le=100, description="per cent")]
_Hours = Annotated[int, msgspec.Meta(ge=1, le=8760, description="a number of hours, at most a year")]


class Delivery(Section, frozen=True, kw_only=True):
    """What delivery metrics are held against.

    Attributes:
        weekly-least: how many deployments a week there should be at least.
        weekly-most: how many there should be at most: too many is a sign as well.
        lead-days: how many days half of all commits may take to production at most.
        fast-days: how many days they should take at least; faster is noted, as it leaves little time to look.
        failures: under how many per cent of deployments may fail.
        restore: within how many hours every incident has to be over.
        tolerance: the impact tolerance of the service, in hours; none is stated when absent.
        observation: for how many days a deployment may still turn out to have failed.
        calendar: the calendar of `approval.calendars` in which business time runs.
    """

    weekly_least: _PerWeek = 1
    weekly_most: _PerWeek = 5
    lead_days: _LeadDays = 3
    fast_days: _LeadDays = 1
    failures: _PerCent = 3
    restore: _Hours = 4
    tolerance: _Hours | None = None
    observation: Annotated[int, msgspec.Meta(ge=0, le=90)] = 7
    calendar: Slug | None = None


def check_delivery(delivery: Delivery, approval: ApprovalPolicy | None) -> Iterator[tuple[str, str]]:
    """Yield what every type accepts and nobody can mean, each with its place."""
    if delivery.weekly_least > delivery.weekly_most:
        yield "weekly-least", "it is more than weekly-most"
    if delivery.fast_days > delivery.lead_days:
        yield "fast-days", "it is more than lead-days"
    calendars = approval.calendars if approval else {}
    if delivery.calendar is not None and delivery.calendar not in calendars:
        yield "calendar", f"there is no calendar {delivery.calendar!r} in approval.calendars"
