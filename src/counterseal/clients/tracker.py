"""What is asked of a ticket tracker, and what every tracker's answers have in common.

A tracker that cannot be reached, or does not accept our credentials, is inconclusive. Trackers answer alike
for a ticket that does not exist and for one that we may not see, so credentials are proven first, and then
the error says both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, Protocol, TypeAlias

from counterseal.errors import Inconclusive, MalformedError
from counterseal.manifest.types import format_time
from counterseal.policy.ticket import Ticket

Kind: TypeAlias = Literal["jira", "servicenow"]
Verdict: TypeAlias = Literal["approved", "rejected", "pending", "cancelled"]

MAX_TEXT: Final = 16384
"""How much of a value in a change log is kept, in characters."""

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}-?[0-9]{1,20}")
_CANDIDATE = re.compile(r"\bsha256:([0-9a-f]{64})\b")


class Tracker(Protocol):
    """A ticket tracker, as an account with certain rights sees it.

    Both methods may raise `Inconclusive` (not available, credentials not accepted, answer not whole), and
    `MalformedError` when the tracker accepts our credentials and shows no such ticket.
    """

    def ticket(self, key: str) -> Ticket:
        """Return a ticket as it is now, with its change log where the tracker shows one."""

    def change(self, key: str) -> Ticket:
        """Return a change record as it is now, with its own approval, verdict and window."""


def open_tracker(kind: Kind, url: str, credentials: str, env: Mapping[str, str]) -> Tracker:
    """Return the tracker at an address.

    Args:
        kind: which product it is.
        url: its address.
        credentials: the address of its secret, `env:NAME`; there `user:password`, or a token.
        env: the environment.

    Raises:
        UsageError: when one of them is not what it should be.
    """
    from counterseal.clients.http import JsonService, secret_from

    service = JsonService(url, secret_from(credentials, env, where="tracker-credentials"))
    if kind == "jira":
        from counterseal.clients.jira import Jira

        return Jira(service)
    from counterseal.clients.servicenow import ServiceNow

    return ServiceNow(service)


def checked_key(key: str) -> str:
    """Return a ticket's key, which may then stand in a path and in a query.

    Raises:
        MalformedError: it has a form that no tracker's keys have.
    """
    if not _KEY.fullmatch(key):
        raise MalformedError(f"{key[:80]!r} is not a ticket's key", where="ticket")
    return key


def not_there(key: str) -> MalformedError:
    """Return the error for a ticket that the tracker does not show although it accepts our credentials."""
    return MalformedError(
        "the tracker has no such ticket, or does not show it to these credentials",
        where=key,
        remedy="check the key, and what the account of the credentials may see",
    )


def useless(what: str, key: str) -> Inconclusive:
    """Return the error for an answer in which something is not as it should be."""
    return Inconclusive(f"the tracker's answer is not understood: {what}", where=key)


def member(value: Any, *path: str, key: str) -> Any:
    """Return what is inside an answer, None where a value is null or absent on the way.

    Args:
        value: the JSON value.
        path: the names that lead to it.
        key: the ticket, for the error.

    Raises:
        Inconclusive: there is something else than an object on the way.
    """
    for name in path:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise useless(f"no {name!r}", key)
        value = value.get(name)
    return value


def text(value: Any, *path: str, key: str) -> str:
    """Return text inside an answer that has to be there; errors as for `member`."""
    found = member(value, *path, key=key)
    if not isinstance(found, str) or not found:
        raise useless(f"no {'.'.join(path)}", key)
    return found[:1024]


def optional_text(value: Any, *path: str, key: str) -> str | None:
    """Return text inside an answer, or None where there is none; errors as for `member`."""
    return text(value, *path, key=key) if member(value, *path, key=key) else None


def items(value: Any, *path: str, key: str) -> list[Any]:
    """Return a list inside an answer that has to be there; errors as for `member`."""
    found = member(value, *path, key=key)
    if not isinstance(found, list):
        raise useless(f"no list {'.'.join(path)}", key)
    return found


def count(value: Any, *path: str, key: str) -> int:
    """Return a number inside an answer that has to be there; errors as for `member`."""
    found = member(value, *path, key=key)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise useless(f"no number {'.'.join(path)}", key)
    return found


def moment(value: str | None, *, key: str) -> str | None:
    """Return a tracker's date and time in our form, in UTC; without an offset it is in UTC already.

    Raises:
        Inconclusive: it is not a date and time.
    """
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
        return format_time(found if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise useless(f"{value[:60]!r} is not a date and time", key) from None


def candidate_in(*texts: str | None) -> str | None:
    """Return the digest that texts carry as `sha256:...`; None when there is none, or more than one."""
    found = {digest for one in texts if one for digest in _CANDIDATE.findall(one)}
    return found.pop() if len(found) == 1 else None


def when(value: Any, *path: str, key: str) -> str:
    """Return a date and time inside an answer that has to be there, in UTC; errors as for `member`."""
    found = moment(text(value, *path, key=key), key=key)
    assert found is not None  # noqa: S101 - the text is not empty
    return found
