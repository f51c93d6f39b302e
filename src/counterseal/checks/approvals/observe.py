"""Observation: what people did about a request, as it was seen first, and what has become of it since.

A first sight is sealed and kept. What is edited or deleted later is still known: an approval that was touched
counts for nothing, and what spoke against a release still does. Where a place cannot be read, what was seen
there stands as it was, beside a gap with which nothing is let through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from counterseal.approval.model import ChangeRecord, Event, Facts
from counterseal.approval.moments import order
from counterseal.checks.approvals.change_records import record_events
from counterseal.checks.approvals.comments import comment_events
from counterseal.checks.approvals.environments import environment_events
from counterseal.checks.approvals.reviews import review_events
from counterseal.checks.approvals.signed_files import signed_events
from counterseal.clients.forge import Forge
from counterseal.errors import Inconclusive, MalformedError, SealError
from counterseal.ledger.requests import Asked, RequestBook
from counterseal.ledger.requests_seen import Sighting
from counterseal.manifest.record import Reason
from counterseal.policy.approval import ApprovalPolicy, ChangeClass
from counterseal.policy.forge import Gap
from counterseal.policy.pseudonyms import Pseudonyms
from counterseal.seal.trust import Trust


@dataclass
class Heard:
    """What people did.

    Attributes:
        events: everything that they did, each once.
        gaps: what could not be found out.
        gone: places that are no more, such as an issue that was deleted.
        notes: why a signed file decides nothing.
    """

    events: dict[str, Event] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    gone: list[Gap] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)


@dataclass(frozen=True)
class Membership:
    """Who belongs to the groups that matter, as it is seen now.

    Attributes:
        groups: the accounts of each group.
        whole: whether no member of any is hidden.
    """

    groups: tuple[tuple[str, frozenset[int]], ...]
    whole: bool

    def of(self, event: Event) -> tuple[str, ...] | None:
        """Return the groups of whoever did something; None when nobody can say.

        Somebody who was not seen in a group approves nothing by it; what speaks against a release is not
        lost because a team could not be seen.
        """
        if event.account is None or (event.action != "approve" and not self.whole):
            return None
        return tuple(name for name, accounts in self.groups if event.account.id in accounts)


@dataclass(frozen=True)
class Ear:
    """Hears what people do about one request.

    Attributes:
        asked: the request.
        book: where first sights are kept.
        forge: the forge.
        trust: whose keys may approve.
        members: who belongs to which group.
        rules: the request's class of change; None where the policy has it no more.
        record: what the external change record says.
        pseudonyms: what names people; None where they are named.
    """

    asked: Asked
    book: RequestBook
    forge: Forge
    trust: Trust
    members: Membership
    rules: ChangeClass | None = None
    record: ChangeRecord | None = None
    pseudonyms: Pseudonyms | None = None

    def hear(self, now: str, files: Iterable[bytes] = ()) -> Heard:
        """Return what people did.

        Args:
            now: the present moment, by the forge's clock.
            files: signed approvals that were handed over; they are kept beside the request.

        Raises:
            SealError: a first sight was altered.
        """
        heard = Heard()
        known = {str(one.event.get("id")): one for one in self.book.sightings.all(self.asked.id)}
        deaf = {source for source, read in self._places(now) if not self._listen(heard, source, read)}
        for signed in self._signed(heard, files, now):
            heard.events[signed.id] = signed
        for name, event in heard.events.items():
            sighting = known.get(name) or self._see(event, now)
            heard.events[name] = _as_first(event, sighting)
        for name, sighting in known.items():
            if name not in heard.events:
                first = _event(sighting)
                heard.events[name] = first if first.source in deaf else replace(first, edited=True)
        return heard

    def _places(self, now: str) -> Iterator[tuple[str, Callable[[], Iterable[Event]]]]:
        binding, issue = self.asked.request.binding, self.asked.request.issue
        yield "review", lambda: review_events(self.forge, binding)
        yield "comment", lambda: comment_events(self.forge, issue) if issue else ()
        yield "environment", lambda: environment_events(self.forge, binding, now)
        yield "change-record", lambda: record_events(self.record, self.rules)

    def _listen(self, heard: Heard, source: str, read: Callable[[], Iterable[Event]]) -> bool:
        """Hear what was done in one place; return whether all of it could be heard."""
        try:
            found = list(read())
        except (Inconclusive, MalformedError) as error:
            gone = isinstance(error, MalformedError)
            gaps = heard.gone if gone else heard.gaps
            gaps.append(Gap(topic="events", message=error.diagnosis()[:1000], subject=source))
            return gone
        heard.events |= {event.id: event for event in found}
        return True

    def _signed(self, heard: Heard, files: Iterable[bytes], now: str) -> Iterator[Event]:
        """Yield what signed files decide, those handed over and those that lie beside the request."""
        kept = list(self.book.signed(self.asked.id))
        for one in signed_events([*kept, *files], self.trust, now, self.pseudonyms):
            if isinstance(one, Reason):
                heard.notes.append(one)
                continue
            if one.event.request == self.asked.id and one.bundle not in kept:
                self.book.sign(self.asked.id, one.bundle)
            yield one.event

    def _see(self, event: Event, now: str) -> Sighting:
        def first() -> Sighting:
            return Sighting(msgspec.to_builtins(event), now, self.members.of(event))

        return self.book.sightings.see(self.asked.id, event.id, first)


def remembered(book: RequestBook, asked: Asked) -> tuple[tuple[Event, ...], str]:
    """Return what was seen of a request until now, and the newest moment that is known from it."""
    seen = book.sightings.all(asked.id)
    events = tuple(_event(one) for one in seen)
    moments = [asked.request.requested_at, *(one.seen_at for one in seen), *(one.at for one in events)]
    return events, max(moments, key=order)


def membership(policy: ApprovalPolicy, facts: Facts) -> Membership:
    """Return who belongs to the groups that matter: those that the policy lists, and the teams' members."""
    return Membership(
        tuple(
            (one.group, frozenset((*one.accounts, *policy.groups[one.group].accounts)))
            for one in facts.members
            if one.group in policy.groups
        ),
        all(one.complete for one in facts.members),
    )


def _as_first(event: Event, sighting: Sighting) -> Event:
    """Return an event as it was seen first; what was changed since is marked as edited."""
    first = _event(sighting)
    touched = event.edited or _meaning(first) != _meaning(event)
    return replace(first, edited=first.edited or touched)


def _event(sighting: Sighting) -> Event:
    try:
        return replace(msgspec.convert(sighting.event, Event), groups=sighting.groups)
    except msgspec.ValidationError as cause:
        raise SealError(f"this sighting is of no event: {str(cause)[:300]}", where="approvals") from cause


def _meaning(event: Event) -> tuple[object, ...]:
    number = event.account.id if event.account else None
    names = (event.request, event.commit, event.candidate, event.run, event.stage)
    return (event.action, number, event.keyid, event.tracker, *names)
