"""Jira, Cloud and Data Center, through the REST interface that both have ("Jira REST API", version 2).

Approvals of change requests are those of Jira Service Management ("Approvals" of its REST API).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from counterseal.clients.http import JsonService, NotFound
from counterseal.clients.tracker import (
    MAX_TEXT,
    Verdict,
    candidate_in,
    checked_key,
    count,
    items,
    member,
    moment,
    not_there,
    optional_text,
    text,
    useless,
    when,
)
from counterseal.errors import Inconclusive, MalformedError
from counterseal.policy.ticket import Ticket, TicketChange

_FIELDS = ("project", "issuetype", "status", "created", "updated", "assignee", "summary", "description")
_MOST_PAGES = 200
_CANCELLED = frozenset({"canceled", "cancelled", "withdrawn"})


class Jira:
    """A Jira site.

    Args:
        service: where it is, with our credentials.
        window_fields: the site's own fields with the beginning and end of a change's window
            (`customfield_10050`), where it has some.
    """

    def __init__(self, service: JsonService, window_fields: tuple[str, str] | None = None) -> None:
        self._service = service
        self._window = window_fields or ()

    def ticket(self, key: str) -> Ticket:
        """Return a ticket with its whole change log; see `Tracker.ticket`."""
        return self._read(checked_key(key))

    def change(self, key: str) -> Ticket:
        """Return a change request with its approvals; see `Tracker.change`."""
        found = self._read(checked_key(key))
        approvals = list(self._approvals(found.key))
        verdict = _verdict(found, approvals)
        said = {decision.casefold() for decision, _, _ in approvals}
        return _with(
            found,
            verdict=verdict,
            approval=", ".join(sorted(said)) or None,
            approvers=tuple(dict.fromkeys(person for _, people, _ in approvals for person in people)),
            decided_at=max((at for _, _, at in approvals if at), default=None)
            if verdict != "pending"
            else None,
        )

    def _read(self, key: str) -> Ticket:
        self._require_credentials()
        query = {"fields": ",".join((*_FIELDS, *self._window)), "expand": "changelog"}
        try:
            body = self._service.get(f"/rest/api/2/issue/{key}", query).body
        except NotFound:
            # Credentials can have ended since; wrong ones are answered like a ticket that is not there.
            self._require_credentials()
            raise not_there(key) from None
        return self._ticket(body, key)

    def _require_credentials(self) -> None:
        """Make sure that we are somebody here: an anonymous visitor gets 404 for every ticket."""
        try:
            person = _person(self._service.get("/rest/api/2/myself").body, "myself")
        except NotFound as cause:
            raise Inconclusive("this is not a Jira site", where=self._service.base) from cause
        if person is None:
            raise useless("it does not say whose credentials these are", "myself")

    def _ticket(self, body: Any, key: str) -> Ticket:
        real = text(body, "key", key=key)
        if real.casefold() != key.casefold():
            raise MalformedError(f"this ticket has moved and is now {real[:80]!r}", where=key)
        fields = member(body, "fields", key=key)
        start, end = (
            moment(optional_text(fields, name, key=key), key=key) for name in self._window or ("", "")
        )
        return Ticket(
            key=real,
            project=text(fields, "project", "key", key=key),
            kind=text(fields, "issuetype", "name", key=key),
            state=text(fields, "status", "name", key=key),
            created_at=when(fields, "created", key=key),
            updated_at=moment(optional_text(fields, "updated", key=key), key=key),
            assignee=_person(member(fields, "assignee", key=key), key),
            candidate=candidate_in(
                *(_whole(member(fields, name, key=key)) for name in ("summary", "description"))
            ),
            window_from=start,
            window_until=end,
            log=tuple(sorted(self._log(body, real), key=lambda change: change.at)),
            url=f"{self._service.base}/browse/{real}",
        )

    def _log(self, body: Any, key: str) -> Iterator[TicketChange]:
        """Yield the whole change log; what the first answer leaves out is read page by page."""
        histories = items(body, "changelog", "histories", key=key)
        total = count(body, "changelog", "total", key=key)
        if len(histories) < total:
            histories = self._pages(key, total)
        if len({text(history, "id", key=key) for history in histories}) != total:
            raise useless(f"{len(histories)} entries of a change log of {total}", key)
        for history in histories:
            yield from _changes(history, key)

    def _pages(self, key: str, total: int) -> list[Any]:
        found: list[Any] = []
        for _ in range(_MOST_PAGES):
            query = {"startAt": str(len(found)), "maxResults": "100"}
            page = self._service.get(f"/rest/api/2/issue/{key}/changelog", query).body
            values = items(page, "values", key=key)
            if count(page, "total", key=key) != total or count(page, "startAt", key=key) != len(found):
                raise useless("the change log moved while it was read", key)
            found += values
            if len(found) >= total or not values:
                return found
        raise useless("a change log that does not end", key)

    def _approvals(self, key: str) -> Iterator[tuple[str, list[str], str | None]]:
        """Yield each approval: its final decision, who approved, and when it was completed."""
        start, path = 0, f"/rest/servicedeskapi/request/{key}/approval"
        for _ in range(_MOST_PAGES):
            try:
                page = self._service.get(path, {"start": str(start), "limit": "50"}).body
            except NotFound as cause:
                raise Inconclusive(
                    "its approvals are not there, or hidden from these credentials",
                    where=key,
                    remedy="a change record is a request of Jira Service Management, and we must be an agent",
                ) from cause
            values = items(page, "values", key=key)
            yield from (_approval(value, key) for value in values)
            if member(page, "isLastPage", key=key) is True:
                return
            if not values:
                raise useless("an empty page of approvals that is not the last", key)
            start += len(values)
        raise useless("a list of approvals that does not end", key)


def _verdict(ticket: Ticket, approvals: list[tuple[str, list[str], str | None]]) -> Verdict:
    """Return what the approvals come to: each has to be approved, and by somebody."""
    decisions = [decision.casefold() for decision, _, _ in approvals]
    if ticket.state.casefold() in _CANCELLED:
        return "cancelled"
    if "declined" in decisions:
        return "rejected"
    whole = bool(approvals) and all(decision == "approved" for decision in decisions)
    return "approved" if whole and all(people for _, people, _ in approvals) else "pending"


def _approval(value: Any, key: str) -> tuple[str, list[str], str | None]:
    people = []
    for one in items(value, "approvers", key=key):
        if text(one, "approverDecision", key=key).casefold() == "approved":
            person = _person(member(one, "approver", key=key), key)
            people += [person] if person else []
    decided = moment(optional_text(value, "completedDate", "iso8601", key=key), key=key)
    return text(value, "finalDecision", key=key), people, decided


def _changes(history: Any, key: str) -> Iterator[TicketChange]:
    at, person = when(history, "created", key=key), _person(member(history, "author", key=key), key)
    for item in items(history, "items", key=key):
        yield TicketChange(
            at=at,
            field=text(item, "field", key=key),
            before=_shown(item, "fromString", "from", key),
            after=_shown(item, "toString", "to", key),
            person=person,
        )


def _shown(item: Any, name: str, other: str, key: str) -> str:
    value = member(item, name, key=key) or member(item, other, key=key)
    return _whole(value)[:MAX_TEXT]


def _whole(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _person(value: Any, key: str) -> str | None:
    """Return somebody's id: the account's in the cloud, the key that outlives renaming in a data centre."""
    for name in ("accountId", "key", "name"):
        if found := optional_text(value, name, key=key):
            return found
    return None


def _with(ticket: Ticket, **fields: Any) -> Ticket:
    import msgspec

    return msgspec.structs.replace(ticket, **fields)
