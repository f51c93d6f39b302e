"""Observation: what people did about a request, as it was seen first, and what has become of it since.

A first sight is sealed and kept. What is edited or deleted later is still known: an approval that was touched
counts for nothing, and what spoke against a release still does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec
from msgspec.structs import replace

from counterseal.approval.model import Event, Facts
from counterseal.checks.approvals.comments import comment_events
from counterseal.checks.approvals.environments import environment_events
from counterseal.checks.approvals.reviews import review_events
from counterseal.checks.approvals.signed_files import signed_events
from counterseal.clients.forge import Forge
from counterseal.ledger.requests import Asked, RequestBook, Sighting
from counterseal.manifest.record import Reason
from counterseal.policy.approval import ApprovalPolicy
from counterseal.seal.trust import Trust


def observe(
    asked: Asked,
    book: RequestBook,
    forge: Forge,
    trust: Trust,
    groups: Iterable[tuple[str, frozenset[int]]],
    now: str,
    files: Iterable[bytes] = (),
) -> tuple[tuple[Event, ...], tuple[Reason, ...]]:
    """Return every event of a request, and why some signed file is none.

    Args:
        asked: the request.
        book: where first sights are kept.
        forge: the forge.
        trust: whose keys may approve.
        groups: the accounts of each group, as they are now.
        now: the present moment, by the forge's clock.
        files: signed approvals that were handed over, beside those in the store.

    Raises:
        Inconclusive: the forge cannot tell what people did.
        SealError: a first sight was altered.
    """
    binding, known = asked.request.binding, list(groups)
    signed = list(signed_events(chain(files, book.signed(asked.id)), trust, now))
    found: dict[str, Event] = {}
    for event in chain(
        review_events(forge, binding),
        comment_events(forge, asked.request.issue) if asked.request.issue else (),
        environment_events(forge, binding, now),
        (one for one in signed if isinstance(one, Event)),
    ):
        found[event.id] = _first(asked, book, event, known, now)
    for gone in _vanished(book, asked, found):
        found[gone.id] = gone
    return tuple(found.values()), tuple(one for one in signed if isinstance(one, Reason))


def members_by_group(policy: ApprovalPolicy, facts: Facts) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield the accounts of each group that the policy has: those it lists, and the teams' members."""
    for name, group in policy.groups.items():
        seen = {number for one in facts.members if one.group == name for number in one.accounts}
        yield name, frozenset(seen | set(group.accounts))


def _first(
    asked: Asked, book: RequestBook, event: Event, groups: list[tuple[str, frozenset[int]]], now: str
) -> Event:
    """Return an event as it was seen first; what was changed since is marked as edited."""
    sighting = book.see(asked.id, event.id, lambda: _sight(event, groups, now))
    first = msgspec.convert(sighting.event, Event)
    touched = event.edited or _meaning(first) != _meaning(event)
    return replace(first, edited=first.edited or touched, groups=sighting.groups)


def _sight(event: Event, groups: list[tuple[str, frozenset[int]]], now: str) -> Sighting:
    member = None
    if event.account is not None:
        member = tuple(name for name, accounts in groups if event.account.id in accounts)
    return Sighting(msgspec.to_builtins(event), now, member)


def _vanished(book: RequestBook, asked: Asked, found: dict[str, Event]) -> Iterator[Event]:
    """Yield what was seen once and is gone: a denial stands, an approval counts for nothing."""
    for sighting in book.seen(asked.id):
        first = msgspec.convert(sighting.event, Event)
        if first.id not in found:
            yield replace(first, edited=True, groups=sighting.groups)


def _meaning(event: Event) -> tuple[object, ...]:
    number = event.account.id if event.account else None
    return (
        event.action,
        number,
        event.keyid,
        event.request,
        event.commit,
        event.candidate,
        event.run,
        event.stage,
    )
