"""One request and its answer, through PyGithub's requester, which decides nothing here.

It adds the token and encodes the body. Left to itself it would also repeat requests, follow redirects without
their query, sleep on a 202 and fail on a header that it cannot read; so it is given a connection that hands
each answer to the caller, past the requester.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

from github import Auth, Github
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass
from requests import RequestException

from counterseal import __version__
from counterseal.errors import UsageError

API_VERSION = "2022-11-28"
_LOCAL = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True)
class Raw:
    """An answer as it came.

    Attributes:
        status: its status.
        headers: its headers, by lowercase name.
        text: its body.
    """

    status: int
    headers: Mapping[str, str]
    text: str


class Cut(Exception):
    """No whole answer came: the connection failed, was cut, or took too long.

    Args:
        kind: what kind of failure it was.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Wire:
    """The connection to one API, with one token.

    Args:
        base: the address of the API, without a slash at its end.
        token: the secret that goes along with each request.
        timeout: the longest wait for the next bytes, in seconds.

    Raises:
        UsageError: the address is not an `https` one (or a local one), or the token is not one.
    """

    def __init__(self, base: str, token: str, *, timeout: int = 30) -> None:
        parts = address(base)
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise UsageError("this is not a token", where="token", remedy="hand over the secret itself, only")
        self._requester = Github(
            auth=Auth.Token(token),
            base_url=base,
            timeout=timeout,
            user_agent=f"counterseal/{__version__}",
            per_page=100,
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
            api_version=API_VERSION,
        ).requester
        kind = HTTPSRequestsConnectionClass if parts.scheme == "https" else HTTPRequestsConnectionClass
        self._connection: Any = _Connection(
            kind(str(parts.hostname), parts.port, timeout=timeout, retry=None)
        )

    def exchange(self, verb: str, url: str, body: object = None) -> Raw:
        """Send one request, once.

        Args:
            verb: the method.
            url: the whole address, which the caller has checked to be of this API.
            body: what is sent as JSON.

        Raises:
            Cut: no whole answer came.
        """
        try:
            self._requester.requestJson(verb, url, input=body, cnx=self._connection)
        except _Answered as answered:
            return answered.raw
        except (RequestException, OSError, ValueError) as error:
            raise Cut(type(error).__name__) from None  # its message may tell more than everybody may know
        raise Cut("no answer")


def address(url: str) -> Any:
    """Return the parts of an address that a token may be sent to.

    Raises:
        UsageError: when it is not such an address.
    """
    try:
        parts = urlsplit(url)
        local = parts.scheme == "http" and parts.hostname in _LOCAL
        fit = (parts.scheme == "https" or local) and parts.hostname and not parts.username
        if fit and not parts.query and not parts.fragment and (parts.port is None or parts.port > 0):
            return parts
    except ValueError:
        pass
    raise UsageError(
        "not the address of a forge's interface that a token may be sent to",
        where="api-url",
        remedy="use an https address; http only on this machine",
    )


class _Answered(Exception):
    """An answer on its way past the requester."""

    def __init__(self, raw: Raw) -> None:
        super().__init__(raw.status)
        self.raw = raw


class _Connection:
    """PyGithub's connection, from which each answer goes straight to the caller."""

    def __init__(self, inner: HTTPSRequestsConnectionClass | HTTPRequestsConnectionClass) -> None:
        self._inner = inner

    def request(self, verb: str, url: str, body: Any, headers: dict[str, str], stream: bool = False) -> None:
        self._inner.request(verb, url, body, headers, stream)

    def getresponse(self) -> NoReturn:
        response = self._inner.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        raise _Answered(Raw(response.status, headers, response.read()))
