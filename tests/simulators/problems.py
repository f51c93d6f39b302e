"""Problems, waivers and the people around them, for tests of the code gates."""

from __future__ import annotations

from counterseal.policy.code.waived import Waivers
from counterseal.policy.code.waivers import WaiverEntry, WaiverRules
from counterseal.policy.people import Identities, People, PersonEntry
from counterseal.policy.problem import Problem, fingerprint
from counterseal.policy.severity import Rating, Severity

NOW = "2026-11-26T10:00:00Z"
MIA, DANA, LEO = 41004, 41001, 41009
PEOPLE = People(
    version=1,
    people=(
        PersonEntry(id="mia", accounts=(MIA,), addresses=("mia@meridian.example",)),
        PersonEntry(id="dana", accounts=(DANA,), addresses=("dana@meridian.example",)),
        PersonEntry(id="leo", accounts=(LEO,), until="2026-06-30"),
    ),
)


def problem(severity: str = "high", **given) -> Problem:
    given = {"rule": "B602", "subject": "src/pay.py", "message": "a shell is started", **given}
    given.setdefault("fingerprint", fingerprint(given["rule"], given["subject"], given["message"]))
    rating = Rating(severity=Severity(severity), source="bandit")
    return Problem(**{"kind": "code", "tool": "bandit", "rating": rating, **given})


def waiver(of: Problem | None = None, **given) -> WaiverEntry:
    of = of or problem()
    narrow = {"version": of.version} if of.version else {"fingerprint": of.fingerprint}
    stated = {
        "id": "w-1",
        "kind": of.kind,
        "rule": of.rule,
        "subject": of.subject,
        "reason": "the argument is a constant",
        "ticket": "SEC-12",
        "approver": MIA,
        "granted": "2026-11-01",
        "expires": "2027-01-15",
    }
    return WaiverEntry(**{**stated, **narrow, **given})


def waivers(*entries: WaiverEntry, participants=frozenset({"dana"}), **given) -> Waivers:
    rules = given.pop("rules", WaiverRules())
    return Waivers(entries, rules, Identities(PEOPLE), given.pop("now", NOW), participants)
