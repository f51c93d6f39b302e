"""A small firm with its policy, a request, and what people do: every argument that matters can be given."""

from __future__ import annotations

from typing import Any

import msgspec

from counterseal.approval.decide import decide
from counterseal.approval.model import Case, Decision, Event, Facts, Member
from counterseal.approval.moments import later
from counterseal.manifest.approval import ApprovalRequest, Binding
from counterseal.manifest.record import Digest
from counterseal.manifest.release import Person
from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.duties import Actor, Duties
from counterseal.policy.forge import Account
from counterseal.policy.people import People

ASKED = "2026-11-23T10:00:00Z"  # a Monday
ID = "0123456789abcdef"
CANDIDATE = "a" * 64
ANN, BEN, CARA, SAM, SUE, DOT, DAN, OLA, REX, RIA = 1, 2, 3, 11, 12, 21, 22, 31, 41, 42
NAMES = {
    ANN: "ann",
    BEN: "ben",
    CARA: "cara",
    SAM: "sam",
    SUE: "sue",
    DOT: "dot",
    DAN: "dan",
    OLA: "ola",
    REX: "rex",
    RIA: "ria",
}
BINDING = Binding(
    repository="https://github.example/acme/payments",
    environment="production",
    commit="c" * 40,
    tree="d" * 40,
    candidate=Digest(sha256=CANDIDATE),
    policy=Digest(sha256="b" * 64),
    repository_id=77,
    run="100/1",
    base_ref="refs/heads/main",
    pull_request=12,
)
POLICY: dict[str, Any] = {
    "groups": {
        "leads": {"accounts": [ANN, BEN, CARA]},
        "security": {"accounts": [SAM, SUE]},
        "duty": {"accounts": [DOT, DAN]},
        "ops": {"teams": ["acme/ops"]},
        "reviewers": {"accounts": [REX, RIA]},
    },
    "classes": {
        "normal": {
            "stages": [{"name": "lead", "groups": ["leads"]}, {"name": "security", "groups": ["security"]}],
            "escalate": [{"after": 75, "add": ["duty"], "stages": ["security"]}],
        },
        "simple": {"stages": [{"name": "lead", "groups": ["leads"]}]},
        "pair": {"stages": [{"name": "lead", "groups": ["leads"], "quorum": 2}]},
        "team": {"stages": [{"name": "ops", "groups": ["ops"]}]},
        "board": {"stages": [{"name": "lead", "groups": ["leads"]}], "change-record": True},
        "emergency": {
            "stages": [{"name": "duty", "groups": ["duty"]}],
            "deadline": 2,
            "valid-for": 2,
            "break-glass": {"post-review": ["reviewers"], "within": 48},
        },
    },
    "environments": {
        "production": {
            "classes": ["normal", "simple", "pair", "team", "board", "emergency"],
            "default": "normal",
        }
    },
}


def policy(**changes: Any) -> ApprovalPolicy:
    """Return the policy; what is given replaces a section."""
    return msgspec.convert({**POLICY, **changes}, ApprovalPolicy)


def with_class(name: str, /, **rules: Any) -> ApprovalPolicy:
    """Return the policy with other rules for one class."""
    return policy(classes={**POLICY["classes"], name: {**POLICY["classes"][name], **rules}})


def binding(**changes: Any) -> Binding:
    """Return what was asked about, with these changes."""
    return msgspec.structs.replace(BINDING, **changes)


def request(change_class: str = "normal", **changes: Any) -> ApprovalRequest:
    """Return a request, of somebody who decides nothing."""
    given = {"binding": BINDING, "requested_at": ASKED, "requested_by": Person(id=900, login="robin")}
    return ApprovalRequest(change_class=change_class, nonce="0" * 32, **{**given, **changes})


def at(hours: float) -> str:
    """Return the moment so many hours after the request."""
    return later(ASKED, seconds=round(hours * 3600))


def account(number: int, **changes: Any) -> Account:
    """Return an account."""
    return Account(id=number, login=NAMES.get(number, f"user{number}"), **changes)


_COUNT = iter(range(1, 10**9))


def comment(number: int | None, hours: float, action: str = "approve", **changes: Any) -> Event:
    """Return what somebody writes in a comment."""
    given = {
        "id": f"comment:{next(_COUNT)}",
        "source": "comment",
        "action": action,
        "at": at(hours),
        "account": None if number is None else account(number),
        "request": ID,
    }
    return Event(**{**given, **changes})


def review(number: int | None, hours: float, action: str = "approve", **changes: Any) -> Event:
    """Return a review of the pull request."""
    given = {"id": f"review:{next(_COUNT)}", "source": "review", "request": None, "commit": BINDING.commit}
    return comment(number, hours, action, **{**given, **changes})


def signed(keyid: str, hours: float, action: str = "approve", **changes: Any) -> Event:
    """Return a decision that is signed with a key."""
    given = {
        "id": f"signed-file:{next(_COUNT)}",
        "source": "signed-file",
        "keyid": keyid,
        "candidate": CANDIDATE,
    }
    return comment(None, hours, action, **{**given, **changes})


BOTH = (comment(ANN, 1), comment(SAM, 2))
"""What passes both stages of an ordinary change."""


def facts(**changes: Any) -> Facts:
    """Return what is true when nothing is wrong."""
    return Facts(**{"binding": BINDING, **changes})


def actor(number: int, role: str = "author") -> Actor:
    """Return somebody who touched the change."""
    return Actor(role=role, account=account(number), subject="c" * 40)


def ops(*numbers: int, complete: bool = True) -> tuple[Member, ...]:
    """Return the members of the team."""
    return (Member(group="ops", accounts=numbers, complete=complete),)


def people(**entries: Any) -> People:
    """Return an identity map: each person by id, with their entry."""
    return msgspec.convert(
        {"version": 1, "people": [{"id": name, **entry} for name, entry in entries.items()]}, People
    )


def judge(
    *events: Event,
    hours: float = 12,
    change_class: str = "normal",
    rules: ApprovalPolicy | None = None,
    asked: ApprovalRequest | None = None,
    duties: Duties | None = None,
    **known: Any,
) -> Decision:
    """Return the decision about the events, so many hours after the request."""
    return decide(
        asked or request(change_class),
        ID,
        events,
        rules or policy(),
        duties or Duties(),
        facts(**known),
        at(hours),
    )


def case(*events: Event, hours: float = 12, change_class: str = "normal", **known: Any) -> Case:
    """Return the case of a decision."""
    return Case(
        request_id=ID,
        request=request(change_class),
        events=events,
        policy=policy(),
        duties=Duties(),
        facts=facts(**known),
        now=at(hours),
        decision=judge(*events, hours=hours, change_class=change_class, **known),
    )


def rules_of(decision: Decision) -> list[str]:
    """Return the names of the rules that spoke."""
    return [reason.rule for reason in decision.reasons]


def why(decision: Decision, event: Event) -> str:
    """Return why an event did not count."""
    return next(reason.rule for reason in decision.reasons if reason.subject == event.id)
