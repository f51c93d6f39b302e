from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest

from counterseal.errors import MalformedError
from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.approval_check import check_approval
from counterseal.policy.zones import zone, zone_names

SOUND: dict[str, Any] = {
    "groups": {
        "leads": {"accounts": [1, 2]},
        "duty": {"accounts": [3]},
        "ops": {"teams": ["acme/ops"]},
    },
    "calendars": {
        "office": {"zone": "Europe/Berlin", "from": "09:00", "until": "17:00", "holidays": ["2026-12-25"]}
    },
    "freezes": [
        {
            "name": "close",
            "zone": "UTC",
            "from": "2026-12-20T00:00",
            "until": "2027-01-02T00:00",
            "except": ["emergency"],
            "environments": ["production"],
        }
    ],
    "classes": {
        "normal": {
            "stages": [
                {"name": "lead", "groups": ["leads"], "quorum": 2},
                {"name": "ops", "groups": ["ops"], "quorum": 9},
            ],
            "calendar": "office",
            "escalate": [
                {"after": 50, "add": ["duty"], "stages": ["lead"]},
                {"after": 50, "add": ["ops"]},
            ],
        },
        "emergency": {
            "stages": [{"name": "duty", "groups": ["duty"]}],
            "break-glass": {"post-review": ["leads"], "quorum": 2},
        },
    },
    "environments": {"production": {"classes": ["normal", "emergency"], "default": "normal"}},
}


def _problems(**changes: Any) -> list[tuple[str, str]]:
    """Return what is said of the sound policy with these changes: `{"a.b[0].c": value}` as keyword pairs."""
    data = copy.deepcopy(SOUND)
    for path, value in changes.items():
        *way, last = path.split("/")
        place: Any = data
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[int(last) if isinstance(place, list) else last] = value
    return list(check_approval(msgspec.convert(data, ApprovalPolicy)))


def test_a_sound_policy_has_no_problem():
    assert _problems() == []


STAGE = {"name": "lead", "groups": ["leads"]}


@pytest.mark.parametrize(
    ("path", "value", "where", "message"),
    [
        ("groups/duty", {}, "groups.duty", "nobody is in it"),
        ("calendars/office/zone", "Europe/Berlon", "calendars.office.zone", "there is no time zone"),
        ("calendars/office/zone", "../../etc/passwd", "calendars.office.zone", "there is no time zone"),
        ("calendars/office/days", [], "calendars.office.days", "nobody ever works"),
        ("calendars/office/until", "09:00", "calendars.office.until", "not later than `from`"),
        ("calendars/office/holidays", ["2026-02-30"], "calendars.office.holidays[0]", "2026-02-30 is no day"),
        ("calendars/office/holidays", ["2028-02-29", "0999-01-01"], "calendars.office.holidays[1]", "no day"),
        ("freezes/0/zone", "Mars", "freezes[0].zone", "there is no time zone"),
        ("freezes/0/from", "2026-19-01T00:00", "freezes[0].from", "is no moment"),
        ("freezes/0/until", "9999-12-31T23:00", "freezes[0].until", "is no moment"),
        ("freezes/0/until", "2026-12-20T00:00", "freezes[0].until", "not later than `from`"),
        ("freezes/0/except", ["emergencies"], "freezes[0].except[0]", "there is no class emergencies"),
        ("freezes/0/environments", ["prod"], "freezes[0].environments[0]", "there is no environment prod"),
        ("classes/normal/calendar", "shop", "classes.normal.calendar", "there is no calendar shop"),
        (
            "classes/normal/stages/0/groups",
            ["lead"],
            "classes.normal.stages[0].groups[0]",
            "there is no group lead",
        ),
        (
            "classes/emergency/stages/0/name",
            "post-review",
            "classes.emergency.stages[0].name",
            "review of an emergency",
        ),
        ("classes/normal/stages/1/name", "lead", "classes.normal.stages[1].name", "two stages lead"),
        (
            "classes/emergency/stages/0/quorum",
            2,
            "classes.emergency.stages[0].quorum",
            "2 are needed, and only 1",
        ),
        ("classes/normal/remind", [80, 50], "classes.normal.remind[1]", "do not ascend"),
        ("classes/normal/remind", [50, 50], "classes.normal.remind[1]", "do not ascend"),
        ("classes/normal/escalate/0/after", 60, "classes.normal.escalate[1].after", "do not ascend"),
        (
            "classes/normal/escalate/0/add",
            ["dusty"],
            "classes.normal.escalate[0].add[0]",
            "there is no group dusty",
        ),
        (
            "classes/normal/escalate/0/stages",
            ["x"],
            "classes.normal.escalate[0].stages[0]",
            "there is no stage x",
        ),
        (
            "classes/emergency/break-glass/post-review",
            ["x"],
            "classes.emergency.break-glass.post-review[0]",
            "no group x",
        ),
        ("classes/emergency/break-glass/quorum", 3, "classes.emergency.break-glass.quorum", "3 are needed"),
        (
            "environments/production/classes",
            ["normal", "x"],
            "environments.production.classes[1]",
            "no class x",
        ),
        (
            "environments/production/default",
            "other",
            "environments.production.default",
            "none of the classes",
        ),
    ],
)
def test_each_thing_that_makes_no_sense_is_named_where_it_stands(path, value, where, message):
    found = dict(_problems(**{path: value}))
    assert where in found
    assert message in found[where]


def test_a_class_has_no_more_stages_than_anybody_can_follow():
    many = [{**STAGE, "name": f"s{number}"} for number in range(21)]
    assert ("classes.emergency.stages", "there are more than 20") in _problems(
        **{"classes/emergency/stages": many}
    )


def test_an_escalation_may_be_what_makes_a_quorum_possible():
    rules = {
        "stages": [{"name": "duty", "groups": ["duty"], "quorum": 3}],
        "escalate": [{"after": 9, "add": ["leads"]}],
    }
    assert _problems(**{"classes/emergency": rules}) == []
    rules["escalate"][0]["stages"] = ["duty"]
    assert _problems(**{"classes/emergency": rules}) == []


def test_zones_are_those_of_the_package():
    assert "Europe/Berlin" in zone_names()
    assert zone("America/Argentina/Buenos_Aires").key == "America/Argentina/Buenos_Aires"
    for name in ("europe/berlin", "../tzdata/zones", "zone.tab", ""):
        with pytest.raises(MalformedError):
            zone(name)
