"""A session with the forge: requests that are repeated where that is safe, and answers that can be relied on.

The token goes to the address of the interface and nowhere else: no redirect is followed, and an address that
comes in an answer must lie below the same base. Neither errors nor `repr` hold it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit

from counterseal.clients.github.failures import Forbidden, Missing, Refused, Unclear
from counterseal.clients.github.patience import Patience, is_limit, server_time
from counterseal.clients.github.wire import Cut, Raw, Wire, address
from counterseal.errors import Inconclusive, MalformedError, UsageError
from counterseal.host.text import one_line
from counterseal.manifest.canonical import JsonValue, parse
from counterseal.manifest.types import format_time

_FRESH = 60.0  # seconds for which an answer's time may be taken for now
_SAFE = frozenset({"GET", "PUT", "PATCH", "DELETE"})  # repeating one of these changes nothing more


@dataclass(frozen=True)
class Answer:
    """What the forge answered to a request that succeeded.

    Attributes:
        body: the JSON document; None when there is none.
        headers: the headers, by lowercase name.
    """

    body: JsonValue
    headers: Mapping[str, str]


class Session:
    """The requests of one account to one forge.

    Args:
        api_url: the address of the REST interface.
        token: the secret of the account.
        graphql_url: the address of the GraphQL interface, on the same server; by default below the other.
        budget: how many seconds may be spent waiting, in all.
        sleep: waits so many seconds.
        clock: tells seconds that only grow, to know how old an answer is.
        timeout: the longest wait for the next bytes of an answer, in seconds.

    Attributes:
        requests: how many requests were sent.
        clock: that clock.
    """

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        graphql_url: str = "",
        budget: float = 120.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        timeout: int = 30,
    ) -> None:
        self._base = api_url.rstrip("/")
        self._graphql = graphql_url or f"{self._base.removesuffix('/v3')}/graphql"
        if _origin(self._base) != _origin(self._graphql):
            raise UsageError("the two interfaces of a forge are on one server", where="graphql-url")
        self._wire = Wire(self._base, token, timeout=timeout)
        self._patience, self._sleep, self.clock = Patience(budget), sleep, clock
        self._time: tuple[datetime, float] | None = None
        self.requests = 0

    def __repr__(self) -> str:
        return f"Session({self._base!r})"

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Answer:
        """Read what is at a path (see `path_of`).

        Raises:
            Missing: there is no such thing, or it is hidden.
            Forbidden: the token may not see it.
            Inconclusive: anything else that is not a success.
        """
        return self._request("GET", self._base + path + (f"?{urlencode(query)}" if query else ""))

    def follow(self, url: str) -> Answer:
        """Read what is at an address that the forge gave; errors as for `get`."""
        if _origin(url) != _origin(self._base) or not urlsplit(url).path.startswith(
            urlsplit(self._base).path
        ):
            raise Inconclusive("the forge points to another server", where=self._base)
        return self._request("GET", url)

    def write(self, verb: str, path: str, body: object) -> Answer:
        """Change something; errors as for `get`.

        Raises:
            Unclear: it was sent, and nothing tells whether it was done.
            Refused: it was not done.
        """
        return self._request(verb, self._base + path, body)

    def ask(self, query: str, variables: Mapping[str, object]) -> Answer:
        """Send a GraphQL query, which changes nothing; its errors are left in the answer."""
        return self._request("POST", self._graphql, {"query": query, "variables": variables}, safe=True)

    def pause(self, seconds: float) -> None:
        """Wait for the forge to come to agree with itself."""
        self._sleep(seconds)

    def now(self) -> str:
        """Return the forge's own time, from an answer that is not older than a minute.

        Raises:
            Inconclusive: the forge does not tell the time.
        """
        if self._time is None or self.clock() - self._time[1] > _FRESH:
            self._time = None
            with suppress(Missing):  # where there are no limits; the answer has a time all the same
                self.get("/rate_limit")
        if self._time is None:
            raise Inconclusive("the forge's answers do not tell the time", where=self._base)
        return format_time(self._time[0])

    def _request(self, verb: str, url: str, body: object = None, *, safe: bool = False) -> Answer:
        where = f"{verb} {one_line(urlsplit(url).path, limit=300)}"
        raw = self._settled(verb, url, body, where, safe=safe or verb in _SAFE)
        if not 200 <= raw.status < 300:  # noqa: PLR2004 - the class of success
            raise _failure(raw, where)
        return Answer(_json(raw, where), raw.headers)

    def _settled(self, verb: str, url: str, body: object, where: str, *, safe: bool) -> Raw:
        """Send a request until there is an answer that another try would not change."""
        failures = limits = 0
        while True:
            raw, kind = self._once(verb, url, body)
            if raw and is_limit(raw):
                limits += 1
                wait: float | None = self._patience.for_limit(raw, limits)
            elif raw and raw.status < 500:  # noqa: PLR2004 - the class of failures of a server
                return raw
            else:
                failures += 1
                wait = self._patience.for_failure(raw, failures) if safe else None
            if wait is None:
                raise _unavailable(kind, where, safe=safe)
            self._sleep(wait)

    def _once(self, verb: str, url: str, body: object) -> tuple[Raw | None, str]:
        """Send a request once; return the answer, and otherwise what kind of failure it was."""
        self.requests += 1
        try:
            raw = self._wire.exchange(verb, url, body)
        except Cut as cut:
            return None, cut.kind
        if moment := server_time(raw):
            self._time = (moment, self.clock())
        return raw, f"status {raw.status}"


def path_of(*segments: str | int) -> str:
    """Return a path of the REST interface, each segment escaped.

    Raises:
        MalformedError: a segment that would lead somewhere else.
    """
    for segment in map(str, segments):
        if segment in {"", ".", ".."}:
            raise MalformedError("a name in a request is empty or a dot", where="/".join(map(str, segments)))
    return "".join(f"/{quote(str(segment), safe='')}" for segment in segments)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = address(url.partition("?")[0])
    return parts.scheme, parts.hostname, parts.port


def _json(raw: Raw, where: str) -> JsonValue:
    if not raw.text:
        return None
    try:
        return parse(raw.text.encode(), where=where)
    except (MalformedError, UnicodeEncodeError) as error:
        raise Inconclusive(f"the forge's answer cannot be read: {error}", where=where) from None


def _unavailable(kind: str, where: str, *, safe: bool) -> Inconclusive:
    if safe:
        return Inconclusive(f"the forge does not answer ({kind})", where=where, remedy="run this again later")
    return Unclear(f"the forge does not say whether this was done ({kind})", where=where)


def _failure(raw: Raw, where: str) -> Inconclusive:
    """Return the error for an answer that is no success."""
    said = f"{raw.status}: {_message(raw)}"
    if raw.status in {404, 410}:
        return Missing(f"not there, or hidden from this token ({said})", where=where, remedy=_permission(raw))
    if raw.status in {401, 403}:
        return Forbidden(f"not permitted to this token ({said})", where=where, remedy=_permission(raw))
    if 300 <= raw.status < 400:  # noqa: PLR2004 - the class of redirects
        remedy = "use the present name of the repository, and the address of the interface itself"
        return Inconclusive(f"the forge points elsewhere ({raw.status})", where=where, remedy=remedy)
    return Refused(f"the forge refuses this ({said})", where=where)


def _permission(raw: Raw) -> str | None:
    """Return what the forge says the token lacks (`X-Accepted-GitHub-Permissions`)."""
    needed = raw.headers.get("x-accepted-github-permissions")
    return f"the token needs {one_line(needed, limit=200)}" if needed else None


def _message(raw: Raw) -> str:
    try:
        body = parse(raw.text.encode(), where="answer")
    except (MalformedError, UnicodeEncodeError):
        return "no reason given"
    message = body.get("message") if isinstance(body, dict) else None
    return one_line(message, limit=200) if isinstance(message, str) else "no reason given"
