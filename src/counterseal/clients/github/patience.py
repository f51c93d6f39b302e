"""How long to wait before a request is sent again, and when to give up ("Best practices", "Rate limits").

A request that the forge turned away for its rate did nothing, so it may always be repeated. One that failed
may be repeated when it changes nothing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from counterseal.clients.github.failures import Limited
from counterseal.clients.github.wire import Raw
from counterseal.manifest.types import format_time

_TRIES = 4  # of a request that failed; the waits between them are 1, 2 and 4 seconds
_LEAST = 60.0  # seconds that are waited for a limit of which nothing is told
_MOST = 7 * 86_400.0  # seconds; the forge's limits are by the hour
_WORDS = ("rate limit", "abuse detection")


class Patience:
    """The waiting that one session may do, in all.

    Args:
        budget: how many seconds that is.
    """

    def __init__(self, budget: float) -> None:
        self._left = budget

    def for_limit(self, raw: Raw, tries: int) -> float:
        """Return the seconds to wait because of a rate limit.

        Raises:
            Limited: that is more than is left.
        """
        wait = min(max(1.0, _stated(raw) or _LEAST * 2 ** (tries - 1)), _MOST)
        if wait > self._left:
            back = format_time((server_time(raw) or datetime.now(UTC)) + timedelta(seconds=wait))
            raise Limited("the forge's rate limit is used up", remedy=f"run this again after {back}")
        self._left -= wait
        return wait

    def for_failure(self, raw: Raw | None, tries: int) -> float | None:
        """Return the seconds to wait after a failure, or None to give up."""
        wait = (_retry_after(raw) if raw else None) or 2.0 ** (tries - 1)
        if tries >= _TRIES or wait > self._left:
            return None
        self._left -= wait
        return wait


def is_limit(raw: Raw) -> bool:
    """Return whether an answer turns the request away for its rate, rather than for what it is."""
    if raw.status == 429:  # noqa: PLR2004 - "Too Many Requests"
        return True
    if raw.status == 200:  # noqa: PLR2004 - how the GraphQL interface says it
        return '"RATE_LIMITED"' in raw.text and _graphql_limit(raw.text)
    if raw.status != 403:  # noqa: PLR2004 - how the REST interface says it
        return False
    told = "retry-after" in raw.headers or raw.headers.get("x-ratelimit-remaining") == "0"
    return told or any(word in raw.text.lower() for word in _WORDS)


def server_time(raw: Raw) -> datetime | None:
    """Return when the forge says it answered."""
    try:
        moment = parsedate_to_datetime(raw.headers["date"])
    except (KeyError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _graphql_limit(text: str) -> bool:
    try:
        errors = json.loads(text).get("errors") or []
        return any(error.get("type") == "RATE_LIMITED" for error in errors)
    except (ValueError, AttributeError, TypeError):
        return False


def _stated(raw: Raw) -> float | None:
    """Return the wait that the forge asks for."""
    after = _retry_after(raw)
    if after is not None or raw.headers.get("x-ratelimit-remaining") != "0":
        return after
    reset = _seconds(raw, "x-ratelimit-reset")
    if reset is None:
        return None
    return max(0.0, reset - (server_time(raw) or datetime.now(UTC)).timestamp()) + 1


def _retry_after(raw: Raw) -> float | None:
    return _seconds(raw, "retry-after")


def _seconds(raw: Raw, header: str) -> float | None:
    value = raw.headers.get(header, "")
    return float(value) if value.isascii() and value.isdigit() else None
