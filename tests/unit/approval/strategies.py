"""What hypothesis makes of the small firm: policies, requests, what people do, and what is true."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec
from hypothesis import strategies as st

from counterseal.approval.decide import decide
from counterseal.approval.model import Debt, Decision, Event, Facts
from counterseal.approval.moments import later, order
from counterseal.approval.timetable import timetable
from counterseal.manifest.approval import ApprovalRequest
from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.duties import HANDLERS, MAKERS, Actor, Duties
from counterseal.policy.forge import Gap
from counterseal.policy.people import People
from unit.approval import worlds
from unit.approval.worlds import ANN, ASKED, BEN, CARA, DAN, DOT, ID, OLA, POLICY, REX, RIA, SAM, SUE

DECIDERS = [ANN, BEN, CARA, SAM, SUE, DOT, DAN, OLA, REX, RIA]
STRANGERS = [901, 902]
SPAN = 72 * 3600  # seconds; longer than every deadline and validity below
GROUPS = ["leads", "security", "duty", "ops"]

EDGES = [0, 1, 8 * 3600 - 1, 8 * 3600, 8 * 3600 + 1, 24 * 3600]
SECONDS = st.one_of(
    st.integers(0, 9 * 3600), st.integers(0, 9 * 3600), st.integers(0, SPAN), st.sampled_from(EDGES)
)
COMMITTEES = [["leads"], ["leads", "security"], ["security", "duty"], ["ops", "leads"], GROUPS]
ROLES = st.sampled_from([*MAKERS, *HANDLERS, "deployer"])


@dataclass(frozen=True)
class World:
    """All that a decision is made from."""

    request: ApprovalRequest
    events: tuple[Event, ...]
    policy: ApprovalPolicy
    facts: Facts
    now: str
    duties: Duties = field(default_factory=Duties)

    def decide(self, **changes: Any) -> Decision:
        """Return the decision, with what is given instead of what is there."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__} | changes
        return decide(request_id=ID, **given)

    @property
    def deadline(self) -> str:
        return timetable(self.request, self.policy).deadline

    def until(self, moment: str) -> tuple[Event, ...]:
        """Return what had happened by a moment."""
        return tuple(event for event in self.events if order(event.at) <= order(moment))


def moment(seconds: int) -> str:
    return later(ASKED, seconds=seconds)


def _stages(random: Random) -> list[dict[str, Any]]:
    return [
        {
            "name": f"stage{number}",
            "groups": random.choice(COMMITTEES),
            "quorum": random.choice([1, 1, 2]),
            "distinct": random.random() < 0.5,
            "sources": random.choice([[], [], ["comment"], ["comment", "review"]]),
        }
        for number in range(random.choice([1, 1, 2, 3]))
    ]


def _policy(random: Random) -> ApprovalPolicy:
    rules: dict[str, Any] = {
        "stages": _stages(random),
        "deadline": random.choice([8, 24, 24]),
        "valid-for": random.choice([1, 24, 48]),
        "escalate": [
            {"after": after, "add": random.sample(GROUPS, random.choice([1, 2]))}
            for after in (25, 90)
            if random.random() < 0.4
        ],
    }
    if random.random() < 0.2:
        rules["break-glass"] = {"post-review": ["reviewers"]}
    changes: dict[str, Any] = {"classes": {**POLICY["classes"], "normal": rules}}
    if random.random() < 0.15:
        changes["freezes"] = [
            {
                "name": "close",
                "zone": "Europe/Berlin",
                "from": "2026-11-24T08:00",
                "until": "2026-11-24T20:00",
            }
        ]
    return worlds.policy(**changes)


def _identity_map(random: Random) -> People:
    """Return a map in which two accounts are one person, and some people leave."""
    numbers = [number for number in DECIDERS if number != BEN]
    entries: dict[str, dict[str, Any]] = {f"p{number}": {"accounts": [number]} for number in numbers}
    entries["p1"]["accounts"].append(BEN)
    for entry in entries.values():
        if random.random() < 0.2:
            entry["until"] = random.choice(["2026-11-23", "2026-11-24"])
    return worlds.people(**entries, p900={"accounts": [900]}, p901={"accounts": [901]})


# Drawn from a stock: what hypothesis builds piece by piece takes it most of its time.
POLICIES = st.sampled_from([_policy(Random(seed)) for seed in range(300)])
MAPS = st.sampled_from([None, *(_identity_map(Random(seed)) for seed in range(20))])


def events() -> st.SearchStrategy[tuple[Event, ...]]:
    """Return what people did, at most seven events, each with an id of its own."""
    given = st.lists(event(), max_size=7)
    return given.map(
        lambda found: tuple(
            msgspec.structs.replace(one, id=f"{one.source}:{number}") for number, one in enumerate(found)
        )
    )


QUIRKS: list[dict[str, Any]] = [
    *({} for _ in range(9)),
    {"stage": "stage0"},
    {"stage": "stage1"},
    {"edited": True},
    {"account": None},
    {"account": worlds.account(ANN, bot=True)},
    {"groups": ()},
    {"groups": ("leads",)},
    {"stage": "post-review"},
]
FORMS = [(worlds.comment, "approve")] * 7 + [
    (worlds.review, "approve"),
    (worlds.review, "approve"),
    (worlds.comment, "withdraw"),
    (worlds.review, "withdraw"),
    (worlds.comment, "deny"),
]
MAKERS_OF_EVENTS = [*DECIDERS, *DECIDERS, *STRANGERS]


def event() -> st.SearchStrategy[Event]:
    """Return something that somebody did."""
    return st.builds(
        lambda form, number, seconds, quirk: form[0](
            number, 0, form[1], **{"id": "comment:one", "at": moment(seconds), **quirk}
        ),
        st.sampled_from(FORMS),
        st.sampled_from(MAKERS_OF_EVENTS),
        SECONDS,
        st.sampled_from(QUIRKS),
    )


def actors() -> st.SearchStrategy[Actor]:
    return st.builds(worlds.actor, st.sampled_from([*DECIDERS, *STRANGERS]), ROLES)


GAPS = st.builds(Gap, topic=st.sampled_from(["commits", "reviews"]), message=st.just("cut short"))


FLAWS: list[dict[str, Any]] = [
    *({} for _ in range(12)),
    {"binding": msgspec.structs.replace(worlds.BINDING, run="100/2")},
    {"members": worlds.ops(OLA, complete=False)},
    {"gaps": (Gap(topic="reviews", message="cut short"),)},
    {"debts": (Debt(request="f" * 16, due_at=moment(5 * 3600), environment="production"),)},
    {"consumed_by": "deploy/1", "deployment": "deploy/2"},
]


def all_facts() -> st.SearchStrategy[Facts]:
    """Return what is true, mostly with nothing wrong."""
    return st.builds(
        lambda touched, people, using, flaw: worlds.facts(
            **{"members": worlds.ops(OLA, SAM), "actors": touched, "people": people, "using": using, **flaw}
        ),
        st.lists(actors(), max_size=2).map(tuple),
        st.none() | MAPS,
        st.booleans(),
        st.sampled_from(FLAWS),
    )


CHORUS = tuple(
    worlds.comment(number, 0, id=f"comment:chorus{number}", at=moment(1800 * place))
    for place, number in enumerate([ANN, CARA, SAM, SUE, DOT, OLA], start=1)
)


@st.composite
def all_worlds(draw: st.DrawFn) -> World:
    """Return a world in which everything that people did has happened by now."""
    happened = draw(events()) + draw(st.sampled_from([(), CHORUS]))
    latest = max((event.at for event in happened), default=ASKED, key=order)
    now = later(latest, seconds=draw(st.integers(0, 3600) | st.integers(0, SPAN)))
    asked = worlds.request("normal", reason="it is down", incident="INC-1")
    return World(asked, happened, draw(POLICIES), draw(all_facts()), now)
