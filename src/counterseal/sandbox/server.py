"""The sandbox's server: HTTP on this machine, with GitHub's pages, limits, headers and refusals."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from counterseal.sandbox import rest_actions, rest_git, rest_people, rest_pulls, rest_rules  # noqa: F401 - they register
from counterseal.sandbox.control import PREFIX, control
from counterseal.sandbox.faults import Fault, Faults
from counterseal.sandbox.people import Account, Token
from counterseal.sandbox.render import Render
from counterseal.sandbox.request import Refusal, Reply, Request
from counterseal.sandbox.route import find
from counterseal.sandbox.world import World

Observer = Callable[[str, str, str, bytes, int, Mapping[str, str], bytes], None]

_LARGEST = 100
_USUAL = 30


class Sandbox:
    """A running sandbox; use it as a context manager.

    Args:
        world: the world that it shows.
        port: the port; any free one when 0.
        control: whether another process may let people act and time pass, see `control`.

    Attributes:
        faults: what goes wrong.
        log: method, path and status of every request.
        observers: are told of every request and its answer.
    """

    def __init__(self, world: World, port: int = 0, *, control: bool = False) -> None:
        self._control = control
        self.world, self.faults = world, Faults()
        self.log: list[tuple[str, str, int]] = []
        self.observers: list[Observer] = []
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self.show = Render(self.url)

    @property
    def url(self) -> str:
        """The address of the REST interface."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def graphql_url(self) -> str:
        """The address of the GraphQL interface."""
        return f"{self.url}/graphql"

    def token(
        self, account: Account, *, app: int | None = None, permissions: dict[str, str] | None = None
    ) -> str:
        """Make a token, see `World.token`."""
        return self.world.token(account, app=app, permissions=permissions)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self.close()

    def close(self) -> None:
        """Give the port back."""
        self._server.server_close()

    def wait(self) -> None:
        """Serve until it is ended."""
        self._thread.join()

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], data: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of the answer to a request, without any fault."""
        parts = urlsplit(target)
        if self._control and parts.path.startswith(PREFIX):
            return self._controlled(method, parts.path, data)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            token = self._token(headers.get("authorization", ""))
            request = Request(
                self.world, self.show, method, parts.path, query, data, token, headers.get("accept", "")
            )
            if parts.path == "/graphql":
                return self._graphql(request)
            route = find(method, parts.path)
            if route is None:
                raise Refusal(404, "Not Found")  # noqa: TRY301 - as endpoints do
            request.names = route[1]
            with self.lock:
                reply = route[0](request)
            return self._written(reply, parts.path, query)
        except Refusal as refusal:
            return refusal.status, _json_type(), json.dumps(refusal.body).encode()

    def _controlled(self, method: str, path: str, data: bytes) -> tuple[int, dict[str, str], bytes]:
        try:
            with self.lock:
                answer = control(self, method, path, json.loads(data or b"{}"))
            return 200, _json_type(), json.dumps(answer).encode()
        except Refusal as refusal:
            return refusal.status, _json_type(), json.dumps(refusal.body).encode()
        except (LookupError, TypeError, ValueError) as cause:
            return 422, _json_type(), json.dumps({"message": f"not understood: {cause!r}"[:300]}).encode()

    def _graphql(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        from counterseal.sandbox.graphql import execute

        with self.lock:
            status, answer = execute(self.world, request.who, request.data)
        return status, _json_type(), json.dumps(answer).encode()

    def _token(self, text: str) -> Token | None:
        kind, _, secret = text.partition(" ")
        if not text:
            return None
        token = self.world.tokens.get(secret) if kind.lower() in ("token", "bearer") else None
        if token is None:
            raise Refusal(401, "Bad credentials")
        return token

    def _written(self, reply: Reply, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if reply.raw is not None:
            return reply.status, {"content-type": "application/vnd.github.raw; charset=utf-8"}, reply.raw
        headers = {**_json_type(), **reply.headers}
        if reply.status == 204:  # noqa: PLR2004
            return 204, reply.headers, b""
        if reply.items is not None:
            body, link = self._page(reply, path, query)
            headers |= {"link": link} if link else {}
        elif isinstance(reply.wrap, tuple):  # a page that the endpoint has cut itself
            _, total, size = reply.wrap
            body, link = reply.body, self._links(path, query, total, size)
            headers |= {"link": link} if link else {}
        else:
            body = reply.body
        data = json.dumps(body).encode()
        return reply.status, headers | {"etag": f'W/"{hashlib.sha256(data).hexdigest()}"'}, data

    def _page(self, reply: Reply, path: str, query: dict[str, str]) -> tuple[Any, str]:
        items = reply.items or []
        size = max(1, min(int(query.get("per_page", _USUAL)), _LARGEST))
        if reply.cursor:
            return self._cursor(items, path, query, size)
        page = max(1, int(query.get("page", "1")))
        part = items[(page - 1) * size : page * size]
        body = {"total_count": len(items), reply.wrap: part} if reply.wrap else part
        return body, self._links(path, query, len(items), size)

    def _links(self, path: str, query: dict[str, str], total: int, size: int) -> str:
        page, last = max(1, int(query.get("page", "1"))), max(1, -(-total // size))
        wanted = {
            "prev": page - 1 if page > 1 else 0,
            "next": page + 1 if page < last else 0,
            "last": last if page < last else 0,
            "first": 1 if page > 1 else 0,
        }
        return self._link(
            path, [({**query, "page": str(number)}, word) for word, number in wanted.items() if number]
        )

    def _cursor(self, items: list[Any], path: str, query: dict[str, str], size: int) -> tuple[Any, str]:
        numbers = [str(item["id"]) for item in items]
        start = numbers.index(query["after"]) + 1 if query.get("after") in numbers else 0
        part = items[start : start + size]
        rest = {name: value for name, value in query.items() if name not in ("after", "before")}
        more = [({**rest, "after": str(part[-1]["id"])}, "next")] if start + size < len(items) else []
        return part, self._link(path, more)

    def _link(self, path: str, pages: list[tuple[dict[str, str], str]]) -> str:
        return ", ".join(f'<{self.url}{path}?{urlencode(query)}>; rel="{word}"' for query, word in pages)


def _json_type() -> dict[str, str]:
    return {"content-type": "application/json; charset=utf-8"}


def _handler(sandbox: Sandbox) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one small class
    """Return the handler of one sandbox's requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer: two would wait for each other's acknowledgement
        disable_nagle_algorithm = True
        server_version, sys_version = "counterseal-sandbox", ""

        def handle_any(self) -> None:
            """Answer a request, with the fault that meets it."""
            data = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = urlsplit(self.path).path
            headers = {name.lower(): value for name, value in self.headers.items()}
            fault = sandbox.faults.meet(self.command, path)
            if fault and not fault.done and fault.kind in ("status", "cut"):
                status, sent, body = _failed(fault) if fault.kind == "status" else (0, {}, b"")
            else:
                status, sent, body = sandbox.answer(self.command, self.path, headers, data)
                if fault:
                    status, sent, body = _spoilt(fault, status, sent, body)
            sandbox.log.append((self.command, self.path, status))
            if status:
                for observer in list(
                    sandbox.observers
                ):  # first, so that whoever has the answer has been observed
                    observer(self.command, path, urlsplit(self.path).query, data, status, sent, body)
                self._send(status, sent, body, cut=bool(fault and fault.kind == "cut-body"))
            else:
                self._cut()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any  # noqa: N815 - its names

        def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 - its signature
            """Return the sandbox's own time for the header `Date`."""
            return super().date_time_string(sandbox.world.clock.now().timestamp())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Say nothing: the log of the sandbox tells what was asked."""

        def _send(self, status: int, headers: Mapping[str, str], body: bytes, *, cut: bool) -> None:
            reset = int(sandbox.world.clock.now().timestamp()) + 3600
            usual = {
                "x-ratelimit-limit": "5000",
                "x-ratelimit-remaining": "4999",
                "x-ratelimit-used": "1",
                "x-ratelimit-reset": str(reset),
                "x-ratelimit-resource": "core",
                "x-github-request-id": "0000:0000",
            }
            self.send_response(status)
            for name, value in {**usual, **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if cut else body)
            if cut:
                self._cut()

        def _cut(self) -> None:
            self.close_connection = True
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    return Handler


def _failed(fault: Fault) -> tuple[int, dict[str, str], bytes]:
    headers = {**_json_type(), **fault.headers}
    if fault.retry_after is not None:
        headers["retry-after"] = str(fault.retry_after)
    return (
        fault.status,
        headers,
        json.dumps({"message": fault.message, "documentation_url": "https://docs.github.com/rest"}).encode(),
    )


def _spoilt(
    fault: Fault, status: int, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Return an answer as a fault has left it; a change that was asked for has been made."""
    if fault.kind == "status":
        return _failed(fault)
    if fault.kind == "cut":
        return 0, {}, b""
    if fault.kind in ("truncate", "total") and body:
        return status, headers, json.dumps(_less(json.loads(body), fault.kind)).encode()
    if fault.kind == "same-next" and "link" in headers:
        return status, headers | {"link": headers["link"].replace("page=2", "page=1")}, body
    if fault.kind == "empty-next" and isinstance(json.loads(body or b"null"), list):
        return status, headers, b"[]"
    return status, headers, body


def _less(value: Any, kind: str) -> Any:
    """Return an answer in which a list lacks its last item, or a total is one too high."""
    if isinstance(value, list):
        return value[:-1] if kind == "truncate" else value
    if isinstance(value, dict):
        totals = ("total_count", "totalCount", "total_commits", "commits", "changed_files")
        return {
            name: item + 1
            if kind == "total" and name in totals and isinstance(item, int)
            else item[:-1]
            if kind == "truncate"
            and isinstance(item, list)
            and name in ("nodes", "commits", "check_runs", "workflow_runs", "files")
            else _less(item, kind)
            if isinstance(item, dict)
            else item
            for name, item in value.items()
        }
    return value
