"""The policy's section `approval`: who decides what, by when, and what happens meanwhile.

Silence denies: nothing here turns the passing of time into an approval, and an escalation only adds people.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.policy.base import AccountId, Hours, Percent, Quorum, Section, Slug

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[
    str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", description="time of day, HH:MM")
]
Date = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9]\Z", description="YYYY-MM-DD")]
Local = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9]T([01][0-9]|2[0-3]):[0-5][0-9]\Z",
        description="local date and time, YYYY-MM-DDTHH:MM",
    ),
]
Zone = Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="IANA time zone")]
Source = Literal["review", "comment", "environment", "signed-file", "change-record"]
TeamName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}\Z", description="`organisation/team` of the forge"
    ),
]


class Group(Section, frozen=True, kw_only=True):
    """People who may approve.

    Attributes:
        accounts: their accounts, by number.
        teams: teams whose members at the time of the decision, and again at its use, belong to it.
    """

    accounts: tuple[AccountId, ...] = ()
    teams: tuple[TeamName, ...] = ()


class Calendar(Section, frozen=True, kw_only=True):
    """Business time.

    Attributes:
        zone: the time zone.
        days: the days on which people work.
        from: when they begin.
        until: when they end; later than `from`.
        holidays: days on which nobody works.
    """

    zone: Zone
    from_: Clock = msgspec.field(name="from")
    until: Clock
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    holidays: tuple[Date, ...] = ()


class Freeze(Section, frozen=True, kw_only=True):
    """A window in which nothing is deployed.

    Attributes:
        name: what it is called.
        zone: the time zone of both ends.
        from: the first moment.
        until: the first moment after it.
        except: classes of change that are let through.
        environments: the environments that it covers; all when empty.
    """

    name: Slug
    zone: Zone
    from_: Local = msgspec.field(name="from")
    until: Local
    except_: tuple[Slug, ...] = msgspec.field(name="except", default=())
    environments: tuple[Slug, ...] = ()


class Stage(Section, frozen=True, kw_only=True):
    """One stage of an approval; stages are passed in their order.

    Attributes:
        name: what it is called.
        groups: the groups whose members may decide.
        quorum: how many different people must approve.
        sources: where a decision may be given; anywhere when empty.
        distinct: whether nobody counts who was counted in an earlier stage.
    """

    name: Slug
    groups: Annotated[tuple[Slug, ...], msgspec.Meta(min_length=1)]
    quorum: Quorum = 1
    sources: tuple[Source, ...] = ()
    distinct: bool = True


class Escalation(Section, frozen=True, kw_only=True):
    """Who is added when nobody answers. It widens who may decide, and nothing else.

    Attributes:
        after: when, in per cent of the time until the deadline.
        add: the groups that may decide from then on.
        stages: the stages in which they may; all when empty.
    """

    after: Percent
    add: Annotated[tuple[Slug, ...], msgspec.Meta(min_length=1)]
    stages: tuple[Slug, ...] = ()


class BreakGlass(Section, frozen=True, kw_only=True):
    """What an emergency owes.

    Attributes:
        post-review: the groups that must review it afterwards.
        quorum: how many of them.
        within: by when, in hours after the decision.
    """

    post_review: Annotated[tuple[Slug, ...], msgspec.Meta(min_length=1)]
    quorum: Quorum = 1
    within: Hours = 72


class ChangeClass(Section, frozen=True, kw_only=True):
    """How changes of one class are decided.

    Attributes:
        stages: the stages, in order.
        deadline: how many hours people have; business hours when there is a calendar.
        calendar: the calendar in which the deadline runs.
        remind: when reminders are sent, in per cent of the time until the deadline.
        escalate: who is added, and when.
        valid-for: how many hours after the last approval it may be used.
        break-glass: what it owes, when it is an emergency class; it then needs a reason and an incident.
        change-record: whether an external change record must be approved as well.
    """

    stages: Annotated[tuple[Stage, ...], msgspec.Meta(min_length=1)]
    deadline: Hours = 24
    calendar: Slug | None = None
    remind: tuple[Percent, ...] = (50, 80)
    escalate: tuple[Escalation, ...] = ()
    valid_for: Hours = 24
    break_glass: BreakGlass | None = None
    change_record: bool = False


class EnvironmentRule(Section, frozen=True, kw_only=True):
    """What may go to an environment.

    Attributes:
        classes: the classes of change that are accepted.
        default: the class of a change that names none.
    """

    classes: Annotated[tuple[Slug, ...], msgspec.Meta(min_length=1)]
    default: Slug


class Parity(Section, frozen=True, kw_only=True):
    """Comparison with a change advisory board.

    Attributes:
        tracker: where the board's decision stands.
        binding: whether the board's verdict decides while both are compared, or ours.
    """

    tracker: Literal["jira", "servicenow"]
    binding: Literal["board", "counterseal", "both"] = "both"


class ApprovalPolicy(Section, frozen=True, kw_only=True):
    """Who decides what, by when.

    Attributes:
        groups: people who may approve, by name.
        classes: the classes of change, by name.
        environments: what may go where, by the name of the environment.
        calendars: business time, by name.
        freezes: windows in which nothing is deployed.
        parity: comparison with a change advisory board.
    """

    groups: dict[Slug, Group]
    classes: dict[Slug, ChangeClass]
    environments: dict[Slug, EnvironmentRule]
    calendars: dict[Slug, Calendar] = msgspec.field(default_factory=dict)
    freezes: tuple[Freeze, ...] = ()
    parity: Parity | None = None
