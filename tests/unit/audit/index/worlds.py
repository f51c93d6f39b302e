"""Rows of an index, made up at random, and the questions answered once more in plain Python."""

from __future__ import annotations

from hypothesis import strategies as st

STREAMS = ("payments-production-0123456789abcdef", "cards-production-fedcba9876543210")
MONTHS = ("2026-09", "2026-10", "2026-11")
STAGES = ("record", "sast", "approval-gate")
NAMES = ("a", "b")
TICKETS = ("PAY-1", "PAY-2", "o'clock")
COMMITS = ("c" * 40, "d" * 40)
ACCOUNTS = (1, 2, 3, None)
SINCE, UNTIL = "2026-10-05T12:00:00Z", "2026-11-20T00:00:00Z"

moments = st.builds(
    "{}-{:02}T{:02}:00:00Z".format, st.sampled_from(MONTHS), st.integers(1, 28), st.integers(0, 23)
)
outcomes = st.sampled_from(["passed", "failed", "inconclusive"])


@st.composite
def worlds(draw):
    """Rows by table: of each release, what it has."""
    rows = {
        name: []
        for name in (
            "release",
            "evidence",
            "change",
            "participant",
            "ticket",
            "approval",
            "waiver",
            "expected",
        )
    }
    for stream in STREAMS:
        for sequence in range(1, draw(st.integers(0, 4)) + 1):
            made = draw(moments)
            common = {"stream": stream, "sequence": sequence, "payload": f"{sequence:064}", "month": made[:7]}
            add(draw, rows, common, made)
    return rows


def add(draw, rows, common, made):
    approvals = draw(
        st.lists(st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(["approved", "denied"])), max_size=3)
    )
    rows["release"].append(common | {
        "environment": "production", "commit_id": draw(st.sampled_from(COMMITS)), "outcome": draw(outcomes),
        "created_at": made, "change_count": 1,
        "approval_count": len({one for one, said in approvals if said == "approved"}),
        "lead_seconds": draw(st.none() | st.integers(0, 10**6)),
        "retention_days": draw(st.none() | st.integers(0, 3000)),
        "retention_mode": draw(st.sampled_from([None, "compliance"])),
        "retain_until": draw(st.none() | moments),
    })  # fmt: skip
    for account, decision in approvals:
        rows["approval"].append(common | {"stage": "cab", "account": account, "decision": decision})
    for stage, name in draw(st.sets(st.tuples(st.sampled_from(STAGES), st.sampled_from(NAMES)), max_size=4)):
        rows["evidence"].append(common | {"stage": stage, "name": name, "outcome": "passed"})
    for stage, name in draw(
        st.sets(st.tuples(st.sampled_from(STAGES), st.sampled_from([*NAMES, None])), max_size=3)
    ):
        rows["expected"].append(common | {"stage": stage, "name": name})
    for commit in draw(st.sets(st.sampled_from(COMMITS))):
        rows["change"].append(common | {"commit_id": commit})
        for part in draw(st.sets(st.sampled_from(["author", "reviewer", "pusher"]))):
            account = draw(st.sampled_from(ACCOUNTS))
            rows["participant"].append(common | {"commit_id": commit, "part": part, "account": account})
        for ticket in draw(st.sets(st.sampled_from(TICKETS))):
            rows["ticket"].append(common | {"commit_id": commit, "ticket": ticket})
    for rule in draw(st.sets(st.sampled_from(["high", "licence"]))):
        rows["waiver"].append(common | {
            "stage": "sca", "waiver": f"CVE-{rule}", "rule": rule, "ticket": None,
            "expires_at": draw(moments),
        })  # fmt: skip


# -- the questions, in Python ------------------------------------------------------------------------------


def of(rows, name, release):
    return [
        one
        for one in rows[name]
        if (one["stream"], one["sequence"]) == (release["stream"], release["sequence"])
    ]


def inside(rows):
    return [one for one in rows["release"] if SINCE <= one["created_at"] <= UNTIL]


def told(release, *values):
    return (release["stream"], release["sequence"], release["payload"], *values)


def lacking(rows, release):
    for want in of(rows, "expected", release):
        found = [one for one in of(rows, "evidence", release) if one["stage"] == want["stage"]]
        if not [one for one in found if want["name"] in (None, one["name"])]:
            yield want["stage"], want["name"]


def incomplete(rows):
    passed = [one for one in inside(rows) if one["outcome"] == "passed"]
    return [told(one, *lack) for one in passed for lack in lacking(rows, one)]


def completeness(rows):
    found = {}
    for one in inside(rows):
        if one["outcome"] == "passed":
            count, bad = found.get(one["stream"], (0, 0))
            found[one["stream"]] = count + 1, bad + bool(list(lacking(rows, one)))
    return [(stream, *counts) for stream, counts in found.items()]


def self_approved(rows):
    return list({
        told(one, a["stage"], a["account"], p["part"], p["commit_id"])
        for one in inside(rows) for a in of(rows, "approval", one) for p in of(rows, "participant", one)
        if a["decision"] == "approved" and p["part"] != "reviewer"
        and a["account"] is not None and a["account"] == p["account"]
    })  # fmt: skip


def unapproved(rows):
    return [
        told(one, one["commit_id"], one["created_at"])
        for one in inside(rows) if one["outcome"] == "passed" and not one["approval_count"]
    ]  # fmt: skip


def releases(rows):
    names = (
        "environment",
        "commit_id",
        "outcome",
        "created_at",
        "approval_count",
        "change_count",
        "lead_seconds",
    )
    return [told(one, *(one[name] for name in names)) for one in inside(rows)]


def short_retention(rows, days):
    return [
        told(one, one["retention_days"], one["retention_mode"], one["retain_until"])
        for one in inside(rows) if one["retention_days"] is None or one["retention_days"] < int(days)
    ]  # fmt: skip


def ticket(rows, value):
    return [
        told(one, t["ticket"], t["commit_id"], one["outcome"], one["created_at"])
        for one in rows["release"] for t in of(rows, "ticket", one) if t["ticket"] == value
    ]  # fmt: skip


def commit(rows, value):
    return [
        told(one, one["commit_id"], one["outcome"], one["created_at"])
        for one in rows["release"]
        if one["commit_id"] == value or value in [c["commit_id"] for c in of(rows, "change", one)]
    ]


def account(rows, value):
    parts = [told(p, p["part"], p["commit_id"]) for p in rows["participant"] if p["account"] == int(value)]
    return parts + [told(a, a["decision"], None) for a in rows["approval"] if a["account"] == int(value)]


def waivers(rows):
    return [
        told(one, w["stage"], w["waiver"], w["rule"], w["ticket"], w["expires_at"])
        for one in inside(rows) for w in of(rows, "waiver", one)
    ]  # fmt: skip


def delivery(rows):
    found = {}
    for one in inside(rows):
        found.setdefault(one["stream"], []).append(one)
    for stream, releases_ in found.items():
        times = sorted(one["lead_seconds"] for one in releases_ if one["lead_seconds"] is not None)
        median = times[(len(times) - 1) // 2] if times else None
        yield stream, len(releases_), sum(one["outcome"] != "passed" for one in releases_), median


ANSWERS = {
    "account": (account, "2"), "commit": (commit, COMMITS[0]), "completeness": (completeness, ""),
    "delivery": (delivery, ""), "incomplete": (incomplete, ""), "releases": (releases, ""),
    "self-approved": (self_approved, ""), "short-retention": (short_retention, "2200"),
    "ticket": (ticket, "o'clock"), "unapproved": (unapproved, ""), "waivers": (waivers, ""),
}  # fmt: skip
