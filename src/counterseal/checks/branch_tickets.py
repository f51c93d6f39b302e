"""The tickets that a change names: what the tracker says of them, and which other changes name them too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from counterseal.clients.git import GitRepository
from counterseal.clients.tracker import Tracker
from counterseal.errors import CountersealError, Inconclusive, MalformedError
from counterseal.policy.branch import Tickets
from counterseal.policy.change import ChangeFacts
from counterseal.policy.forge import Gap
from counterseal.policy.patterns import found_in
from counterseal.policy.rules.context import Context, TicketAnswer, TicketUse
from counterseal.policy.rules.tickets import MOST_KEYS, keys_by_place

MOST_HISTORY: Final = 50_000
"""How many commits of the base are looked through for other changes of the same ticket."""

_UNASKED = "no tracker is named by the inputs, and the policy wants one asked"


def named_tickets(change: ChangeFacts, rules: Tickets, context: Context) -> tuple[str, ...]:
    """Return the keys of all tickets that a change names, each once."""
    return tuple(dict.fromkeys(chain.from_iterable(keys_by_place(change, rules, context).values())))


def ask_tracker(keys: Iterable[str], tracker: Tracker | None) -> tuple[TicketAnswer, ...]:
    """Return what the tracker says of each key; a tracker that fails leaves it unknown, never missing.

    Args:
        keys: the keys; more than `MOST_KEYS` are left unknown.
        tracker: the tracker; None when the inputs name none.
    """
    answers = []
    for number, key in enumerate(keys):
        if tracker is None or number >= MOST_KEYS:
            message = _UNASKED if tracker is None else f"the change names more than {MOST_KEYS} tickets"
            answers.append(TicketAnswer(key=key, problem="unknown", message=message))
        else:
            answers.append(_ask(key, tracker))
    return tuple(answers)


def _ask(key: str, tracker: Tracker) -> TicketAnswer:
    try:
        return TicketAnswer(key=key, ticket=tracker.ticket(key))
    except MalformedError as error:
        return TicketAnswer(key=key, problem="missing", message=error.message[:1000])
    except Inconclusive as error:
        return TicketAnswer(key=key, problem="unknown", message=error.diagnosis()[:1000])


def uses_among(
    keys: Sequence[str], own: ChangeFacts, others: Iterable[tuple[str, ChangeFacts]], rules: Tickets
) -> tuple[TicketUse, ...]:
    """Return which other changes of the same event name the same tickets.

    Args:
        keys: the tickets of the change.
        own: the change.
        others: the changes with their names; the change itself is passed over.
        rules: the policy's section `branch.tickets`.
    """
    wanted = set(keys)
    return tuple(
        TicketUse(key=key, by=name)
        for name, change in others
        if change is not own
        for key in named_tickets(change, rules, Context())
        if key in wanted
    )


def uses_before(
    keys: Sequence[str], repository: GitRepository, onto: str, own: ChangeFacts, rules: Tickets
) -> tuple[tuple[TicketUse, ...], Gap | None]:
    """Return which commits of the base name the same tickets, and why that may not be all of them.

    Args:
        keys: the tickets of the change.
        repository: the checkout.
        onto: the commit of the base that the change goes on top of.
        own: the change, whose own commits are passed over.
        rules: the policy's section `branch.tickets`.
    """
    mine = {commit.id for commit in own.commits} | {own.merge.id if own.merge else ""}
    try:
        history = repository.history(onto, limit=MOST_HISTORY)
    except CountersealError as error:
        return (), _gap(error.diagnosis())
    wanted = set(keys)
    uses = tuple(
        TicketUse(key=key, by=commit.id)
        for commit in history.commits
        if commit.id not in mine
        for key in dict.fromkeys(part.upper() for part in found_in(rules.pattern, commit.message))
        if key in wanted
    )
    if history.missing or history.more:
        why = "it is shallow" if history.missing else f"it has more than {MOST_HISTORY} commits"
        return uses, _gap(f"the history of the base is not here as a whole: {why} (fetch-depth: 0)")
    return uses, None


def _gap(message: str) -> Gap:
    return Gap(topic="ticket-uses", message=message[:1000])
