"""Tickets: every change belongs to one that exists, is of the right sort and state, and is its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from counterseal.host.text import one_line
from counterseal.manifest.pseudonym import without_pseudonyms
from counterseal.manifest.types import Outcome, parse_time
from counterseal.policy.branch import Branch, Tickets
from counterseal.policy.change import ChangeFacts
from counterseal.policy.duties import MAKERS
from counterseal.policy.finding import Finding, failed, inconclusive, noted
from counterseal.policy.forge import Push
from counterseal.policy.patterns import found_in
from counterseal.policy.rules.bots import belongs_to
from counterseal.policy.rules.context import Context, TicketAnswer
from counterseal.policy.rules.gaps import unknown
from counterseal.policy.separation import people_of
from counterseal.policy.ticket import Ticket

ID: Final = "tickets"
TITLE: Final = "Ticket linkage"
WHY: Final = (
    "A change without a ticket of its own was asked for by nobody, or was asked for as something else."
)
REMEDY: Final = "name the ticket of this change in the branch, the title or a commit"
SECTION: Final = "tickets"

MOST_KEYS: Final = 50
"""The most different tickets that one change may name."""

_PREFIX = re.compile(r"[A-Z]+")
_NO_PROJECTS = frozenset({"CVE", "CWE", "ISO", "RFC", "SHA", "UTF"})  # unless the policy lists one


def judge(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:
    """Judge the tickets that a change names.

    Where the policy lists projects, every ticket of theirs that is named must be good; else one is enough.

    Args:
        change: the change.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    rules = policy.tickets
    if rules is None or change.deleted or context.kind == "merge-group" or _nothing_new(change):
        return
    exempt = belongs_to(change, context, rules.exempt_bots)
    if exempt:
        yield noted(ID, "this branch is a machine's that needs no ticket", subject=change.head_ref)
        return
    places = keys_by_place(change, rules, context)
    if "commits" in rules.where:
        yield from unknown(ID, change, context, "commits")
    found = {key: tuple(_ticket(key, change, rules, context)) for key in _each(places)}
    good = {key for key, findings in found.items() if not _blocking(findings)}
    lacking = [place for place, keys in places.items() if not good.intersection(keys)]
    enough = len(lacking) < len(places) if rules.any_of else bool(places) and not lacking
    for finding in chain.from_iterable(found.values()):
        yield _softened(finding) if enough and not rules.projects else finding
    if not enough and (places or context.protected is not False):
        bare = [place for place in lacking if not places[place]]
        if not places or (len(bare) == len(places) if rules.any_of else bare):
            yield _nowhere(bare, change, exempt)  # else what is wrong with the tickets has been said


def keys_by_place(change: ChangeFacts, rules: Tickets, context: Context) -> dict[str, tuple[str, ...]]:
    """Return the keys of tickets that a change names, by the place where it does.

    A push has no title; what goes straight to a protected branch has no branch of its own either.

    Args:
        change: the change.
        rules: the policy's section `branch.tickets`.
        context: what was observed beside the change.
    """
    pull = change.pull_request
    texts: dict[str, list[str]] = {"commits": [commit.message for commit in change.commits]}
    if pull or context.protected is False:
        texts["branch"] = [change.head_ref.removeprefix("refs/heads/")]
    if pull:
        texts["title"] = [pull.title]
    return {
        place: tuple(dict.fromkeys(key for text in texts[place] for key in _keys(text, rules)))
        for place in rules.where
        if place in texts
    }


def _keys(text: str, rules: Tickets) -> Iterator[str]:
    for part in found_in(rules.pattern, without_pseudonyms(text)):  # a pseudonym is no ticket's key
        key = part.upper()
        project, listed = _project(key), _upper(rules.projects)
        anything = not listed or rules.tracker == "servicenow"  # where a table is no part of a number
        if project in listed or (anything and project not in _NO_PROJECTS):
            yield key


def _project(key: str) -> str:
    before, dash, _ = key.rpartition("-")
    letters = _PREFIX.match(key)
    return before if dash else letters[0] if letters else key


def _upper(words: tuple[str, ...]) -> set[str]:
    return {word.upper() for word in words}


def _each(places: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(places.values())))


def _nothing_new(change: ChangeFacts) -> bool:
    """Tell whether a push brought no commit that would have to be judged here."""
    unseen = any(gap.topic == "commits" for gap in change.gaps)  # who moved a tag, no forge tells
    return change.pull_request is None and not change.commits and not unseen


def _blocking(findings: tuple[Finding, ...]) -> bool:
    return any(finding.outcome is not Outcome.PASSED for finding in findings)


def _softened(finding: Finding) -> Finding:
    """Return what speaks against a ticket beside which another one is good enough."""
    return noted(ID, f"not counted: {finding.reason.message}", subject=finding.reason.subject)


def _nowhere(bare: list[str], change: ChangeFacts, exempt: bool | None) -> Finding:
    message = f"no ticket is named in {' or '.join(bare) or 'a place that this change has'}"
    if exempt is None:
        message += ", and whether the branch is a machine's that needs none is not known"
        return inconclusive(ID, message, subject=change.head_ref, remedy=REMEDY)
    return failed(ID, message, subject=change.head_ref, remedy=REMEDY)


def _ticket(key: str, change: ChangeFacts, rules: Tickets, context: Context) -> Iterator[Finding]:
    """Yield what speaks against a ticket."""
    if rules.one_change_set:
        yield from _uses(key, change, context)
    if rules.tracker is None:
        return
    answer = next(
        (one for one in context.tickets if one.key == key), TicketAnswer(key=key, problem="unknown")
    )
    if answer.ticket is None:
        yield _without(answer)
        return
    for message in _objections(answer.ticket, rules, context):
        yield failed(ID, f"{key} {message}", subject=key, remedy=_remedy(answer.ticket))
    if rules.before_first_commit:
        yield from _age(key, answer.ticket, change, context)


def _without(answer: TicketAnswer) -> Finding:
    said = one_line(answer.message, limit=500) or "nobody asked the tracker"
    if answer.problem == "missing":
        remedy = "check the key, and what the tracker shows to its credentials"
        return failed(ID, f"there is no ticket {answer.key}: {said}", subject=answer.key, remedy=remedy)
    message = f"whether {answer.key} is a ticket is not known: {said}"
    return inconclusive(ID, message, subject=answer.key, remedy="see that the tracker answers, and run again")


def _objections(ticket: Ticket, rules: Tickets, context: Context) -> Iterator[str]:
    projects = _upper(rules.projects)
    if projects and not projects.intersection({ticket.project.upper(), _project(ticket.key.upper())}):
        yield f"belongs to {ticket.project[:100]!r}, which is none of the projects that count"
    if rules.kinds and ticket.kind.casefold() not in {kind.casefold() for kind in rules.kinds}:
        yield f"is of the type {ticket.kind[:100]!r}, which does not count"
    if rules.states and ticket.state.casefold() not in {state.casefold() for state in rules.states}:
        yield f"is in the state {ticket.state[:100]!r}, in which nothing may be changed"
    if ticket.verdict in {"rejected", "cancelled"}:
        yield f"was {ticket.verdict}"
    makers = {
        one
        for actor in context.actors
        if actor.role in MAKERS
        for one in people_of(actor, context.identities)
    }
    for name in ticket.approvers:
        if (person := context.identities.person_of_tracker(name)) in makers:
            yield f"was approved by {person}, who made the change"


def _remedy(ticket: Ticket) -> str:
    return f"see {one_line(ticket.url, limit=300)}" if ticket.url else REMEDY


def _uses(key: str, change: ChangeFacts, context: Context) -> Iterator[Finding]:
    for use in context.uses:
        if use.key == key:
            message = f"{key} is used by another change: {one_line(use.by, limit=200)}"
            yield failed(ID, message, subject=key, remedy="make a ticket for this change")
    yield from unknown(ID, change, context, "ticket-uses")


def _age(key: str, ticket: Ticket, change: ChangeFacts, context: Context) -> Iterator[Finding]:
    """Judge whether a ticket is older than the change, by the forge's clock: commits date themselves."""
    first, sure = _first_push(change, context)
    if first is not None and parse_time(ticket.created_at) > parse_time(first.at):
        message = f"{key} was made at {ticket.created_at}, after the change was pushed first at {first.at}"
        yield failed(ID, message, subject=key, remedy="make a ticket before the change")
    elif not sure:
        message = f"when the change was pushed first is not known, so neither is whether {key} is older"
        yield inconclusive(ID, message, subject=change.head_ref)


def _first_push(change: ChangeFacts, context: Context) -> tuple[Push | None, bool]:
    """Return the oldest known push of the change, and whether there is surely none before it."""
    names = {commit.id for commit in change.commits}
    first: Push | None = None
    known = False
    for push in change.pushes:
        if push.ref == change.head_ref and (not known or push.after in names):
            first, known = push, known or push.kind == "branch_creation"
    alone = change.pull_request is None and first is not None and first.after == change.head
    return first, (known or alone) and not any(context.missing(change, "pushes"))
