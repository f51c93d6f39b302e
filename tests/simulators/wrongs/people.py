"""Wrongs of people: who approved, when, and of what they were a part."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.policy.duties import Actor
from simulators.bank import CHRIS, DANA, LAX, MAILS, MIA, RITA, SHADOW, later
from simulators.history import History
from simulators.release_plan import Plan
from simulators.wrongs.planted import GAP, MERGED, RELEASED, UNCLEARED, Named, named, newest, publish, wrong


@wrong
def an_author_approves_alone(history: History) -> Named:
    publish(history, approver=DANA, duties=LAX)
    made = history.head(f"{history.source(11)}^2")
    return named("reviewed-by-participant", "changes", made, GAP, *UNCLEARED)


@wrong
def an_author_approves_by_a_second_account(history: History) -> Named:
    name = publish(history, approver=SHADOW, duties=LAX)
    return named("approved-by-participant", "releases", name, GAP, *UNCLEARED)


@wrong
def a_co_author_approves(history: History) -> Named:
    actors = (Actor(role="author", account=DANA), Actor(role="co-author", account=CHRIS))
    name = publish(history, approver=CHRIS, duties=LAX, actors=actors)
    return named("approved-by-participant", "releases", name, GAP, *UNCLEARED)


@wrong
def a_pusher_approves(history: History) -> Named:
    actors = (Actor(role="author", account=DANA), Actor(role="pusher", account=MIA))
    name = publish(history, duties=LAX, actors=actors)
    return named("approved-by-participant", "releases", name, GAP, *UNCLEARED)


@wrong
def nobody_approves(history: History) -> Named:
    publish(history, approver=None)
    return named("not-reviewed", "changes", history.source(11), GAP)


@wrong
def an_author_whom_the_release_leaves_out(history: History) -> Named:
    at, before = MERGED, history.head("main")
    history.git("checkout", "-q", "-b", "feature/211")
    who = f"{MAILS['chris']}"
    hidden = history.commit(f"PAY-211: Together\n\nCo-authored-by: {who}", {"src/211.py": "x"}, at)
    history.git("checkout", "-q", "main")
    history.git(
        "merge", "-q", "--no-ff", "-m", "Merge pull request #211", "feature/211", who=MAILS["rita"], at=at
    )
    commit = history.head("main")
    history.push(before, commit, at, "pr_merge", RITA)
    history.forge.brought[commit] = (211,)
    history.publish(Plan(commit, later(at, days=1), history.source(10), hide=(who,)))
    history.deploy(commit, later(at, days=1, minutes=-3))
    return named("undisclosed-participant", "changes", hidden, GAP)


@wrong
def an_approval_that_came_late(history: History) -> Named:
    publish(history, said_at=later(RELEASED, minutes=-1))
    return named("approved-late", "deployments", newest(history), GAP)


@wrong
def an_approval_that_had_ended(history: History) -> Named:
    publish(history)
    old = history.forge.deployed[0]
    at = later(old.created_at, days=3)
    states = tuple(replace(one, at=at) for one in old.statuses)
    history.forge.deployed[0] = replace(old, created_at=at, statuses=states)
    return named("approval-expired", "deployments", newest(history), GAP)


@wrong
def an_emergency_that_nobody_reviewed(history: History) -> Named:
    name = publish(history, change_class="emergency")
    return named("emergency-unreviewed", "releases", name, GAP)


@wrong
def an_emergency_that_was_reviewed_late(history: History) -> Named:
    name = publish(history, change_class="emergency")
    owed = next(iter(history.debts().unpaid()))
    history.debts().pay(owed.request, later(RELEASED, days=3))
    return named("emergency-reviewed-late", "releases", name, GAP)
