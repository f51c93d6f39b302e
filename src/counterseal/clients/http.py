"""Reading JSON from one web service: whole, from that server and no other, or not at all.

A redirect is never followed, an answer is bounded in size and time, and a page made for people (a login form
with status 200) is no answer. The secret is in no error and in no `repr`.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from counterseal import __version__
from counterseal.errors import Inconclusive, MalformedError, UsageError
from counterseal.host.text import one_line
from counterseal.manifest.canonical import JsonValue, parse

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

MAX_BYTES: Final = 8 * 1024 * 1024
"""The largest answer that is read, in bytes."""

_LOCAL = "127.0.0.1"
_TRIES = 3
_LONGEST_PAUSE = 60.0  # seconds; who wants us to come back later than that is unavailable now
_CHUNK = 65536
_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # what is small on the wire is then small in memory
    "User-Agent": f"counterseal/{__version__}",
}


class Denied(Inconclusive):
    """The service does not accept the credentials, or they may not see this."""


class NotFound(Inconclusive):
    """The service says that there is no such thing; whether it is hidden from us, it does not say."""


@dataclass(frozen=True)
class JsonAnswer:
    """What a service answered.

    Attributes:
        body: the JSON document.
        headers: the headers, by lowercase name.
    """

    body: JsonValue
    headers: Mapping[str, str]


class JsonService:
    """One web service, asked with one credential.

    Args:
        base: its address, `https` (plain `http` on 127.0.0.1 only).
        secret: `user:password`, a token without a colon, or None for a service that asks for none.
        where: the input that the address comes from, for errors.
        seconds: how long one answer may take, from the first byte to the last.
        sleep: waits so many seconds.

    Raises:
        UsageError: the address is not one that a secret may be sent to, or there is no secret.
    """

    def __init__(
        self,
        base: str,
        secret: str | None,
        *,
        where: str = "tracker-url",
        seconds: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base = _checked(base, where, "may be asked" if secret is None else "a secret may be sent to")
        self._authorization = None if secret is None else _authorization(secret)
        self._seconds, self._sleep = seconds, sleep
        self._session: Session | None = None

    def __repr__(self) -> str:
        return f"JsonService({self.base!r})"

    def get(self, path: str, query: Mapping[str, str] | None = None) -> JsonAnswer:
        """Read a document.

        Args:
            path: where it is below the base, made of fixed words and checked names.
            query: parameters, which are encoded here.

        Raises:
            Denied: status 401 or 403.
            NotFound: status 404.
            Inconclusive: anything else that is not one whole JSON document.
        """
        return self._ask(path, f"?{urlencode(query)}" if query else "", None)

    def query(self, path: str, body: JsonValue) -> JsonAnswer:
        """Ask with a document, by a POST that changes nothing; otherwise as `get`."""
        return self._ask(path, "", json.dumps(body).encode())

    def _ask(self, path: str, query: str, body: bytes | None) -> JsonAnswer:
        url = f"{self.base}{path}{query}"
        where = f"{urlsplit(self.base).hostname}{path}"
        for attempt in range(1, _TRIES + 1):
            response, data, failure = self._once(url, body)
            wait = _pause(response, attempt)
            if wait is None:
                break
            if attempt == _TRIES or wait > _LONGEST_PAUSE:
                raise Inconclusive(f"the service is not available ({failure})", where=where)
            self._sleep(wait)
        assert response is not None  # noqa: S101 - otherwise there is a pause
        _require_success(response, where)
        return JsonAnswer(
            _json(response, data, where), {name.lower(): value for name, value in response.headers.items()}
        )

    def _once(self, url: str, body: bytes | None) -> tuple[Response | None, bytes, str]:
        """Ask once; return the answer with its bytes, or what kind of failure it was."""
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        end = time.monotonic() + self._seconds
        try:
            with self._opened().request(
                "GET" if body is None else "POST",
                url,
                data=body,
                headers={} if body is None else {"Content-Type": "application/json"},
                auth=self._sign,
                allow_redirects=False,
                stream=True,
                timeout=min(10.0, self._seconds),
            ) as response:
                data = b""
                while chunk := response.raw.read1(_CHUNK, decode_content=False):  # what is there by now
                    data += chunk
                    if len(data) > MAX_BYTES or time.monotonic() > end:
                        return None, b"", "the answer is too large or too slow"
                return response, data, f"status {response.status_code}"
        except (RequestException, HTTPError, OSError, ValueError) as error:
            return None, b"", type(error).__name__  # its message may tell more than everybody may know

    def _opened(self) -> Session:
        if self._session is None:
            import requests

            self._session = requests.Session()
            self._session.trust_env = urlsplit(self.base).hostname != _LOCAL  # proxies of the firm
            self._session.headers.update(_HEADERS)
        return self._session

    def _sign(self, request: PreparedRequest) -> PreparedRequest:
        """Add the credential; given as `auth`, it also keeps a `.netrc` from replacing it."""
        if self._authorization is not None:
            request.headers["Authorization"] = self._authorization
        return request


def secret_from(address: str, env: Mapping[str, str], *, where: str) -> str:
    """Return the secret that an address names.

    Args:
        address: `env:NAME`; the secret itself is never an input.
        env: the environment.
        where: the input, for the error.

    Raises:
        UsageError: when it is no such address, or nothing is there.
    """
    scheme, _, name = address.partition(":")
    if scheme != "env" or not _NAME.fullmatch(name):  # not repeated: it may be the secret itself
        raise UsageError("not the address of a secret", where=where, remedy="write env:NAME, in capitals")
    if not env.get(name):
        raise UsageError(
            "the variable is empty or not set", where=name, remedy="pass the secret to this step"
        )
    return env[name]


def _checked(base: str, where: str, what: str) -> str:
    try:
        parts = urlsplit(base)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == _LOCAL)
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
        if safe and plain and parts.hostname and parts.port != 0 and base.isascii() and base.isprintable():
            return base.rstrip("/")
    except ValueError:
        pass
    raise UsageError(f"not an address that {what}", where=where, remedy="use an https address")


def _authorization(secret: str) -> str:
    if not secret or not secret.isprintable() or secret != secret.strip():
        raise UsageError("this is not a credential", where="credentials", remedy="user:password, or a token")
    if ":" in secret:  # no token has one, and every user with a password needs one (RFC 7617)
        return "Basic " + base64.b64encode(secret.encode()).decode("ascii")
    if not secret.isascii() or " " in secret:
        raise UsageError("this is not a token", where="credentials", remedy="user:password, or a token")
    return f"Bearer {secret}"


def _pause(response: Response | None, attempt: int) -> float | None:
    """Return how long to wait before asking again, or None when that would not change the answer."""
    if response is not None and response.status_code != 429 and response.status_code < 500:  # noqa: PLR2004
        return None
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    return float(asked) if asked.isascii() and asked.isdigit() else 2.0 ** (attempt - 1)


def _require_success(response: Response, where: str) -> None:
    status = response.status_code
    if status in {401, 403}:
        raise Denied(
            f"the credentials are not accepted, or may not see this (status {status})",
            where=where,
            remedy="check the tracker's credentials and what they may read",
        )
    if status == 404:  # noqa: PLR2004 - "Not Found"
        raise NotFound("not there, or hidden from these credentials (status 404)", where=where)
    if status != 200:  # noqa: PLR2004 - the only success of a read
        raise Inconclusive(f"the service answers with status {status}", where=where)


def _json(response: Response, data: bytes, where: str) -> JsonValue:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Inconclusive(
            f"the answer is {one_line(kind, limit=100) or 'of no kind'}, not JSON: a login page, perhaps",
            where=where,
        )
    try:
        return parse(data, where=where, limit=MAX_BYTES)
    except MalformedError as cause:
        raise Inconclusive(f"the answer cannot be read: {cause.message[:200]}", where=where) from None
