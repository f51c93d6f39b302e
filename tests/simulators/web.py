"""A local web service for tests, with the faults that real ones have."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOGIN_PAGE = b"<!doctype html><html><title>Log in</title></html>"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Say nothing when a client goes away."""


class Web:
    """A service on 127.0.0.1, for as long as the context lasts.

    Attributes:
        faults: what happens to the next requests instead of an answer, first one first: a status, or one of
            `html`, `truncated`, `cut`, `slow`, `drip`, `huge`, `redirect`; None for no fault.
        always: the fault of every request after those.
        retry_after: what a status 429 or 5xx says.
        requests: the paths that were asked for.
        where: where a redirect leads.
    """

    def __init__(self) -> None:
        self.faults: list[int | str | None] = []
        self.always: int | str | None = None
        self.retry_after: str | None = None
        self.requests: list[str] = []
        self.where = ""
        self._released = threading.Event()

    def __enter__(self):
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str, headers) -> tuple:
        """Return status, body and, where there are some, headers."""
        raise NotImplementedError

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request, or fail."""
        self.requests.append(handler.path)
        fault = self.faults.pop(0) if self.faults else self.always
        if isinstance(fault, int):
            extra = {"Retry-After": self.retry_after} if self.retry_after else {}
            _send(handler, fault, b'{"error": "as told"}', extra=extra)
        elif fault is not None:
            self._fail(handler, fault)
        else:
            status, body, *rest = self.answer(handler.path, handler.headers)
            _send(handler, status, json.dumps(body).encode(), extra=rest[0] if rest else {})

    def _fail(self, handler: BaseHTTPRequestHandler, fault: str) -> None:
        if fault == "html":
            _send(handler, 200, LOGIN_PAGE, kind="text/html;charset=UTF-8")
        elif fault == "truncated":
            _send(handler, 200, b'{"key": "PAY-1", "fiel')
        elif fault == "redirect":
            _send(handler, 302, b"{}", extra={"Location": self.where})
        elif fault == "cut":
            _send(handler, 200, b'{"key":', length=1000, close=True)
        elif fault == "huge":
            _send(handler, 200, b" " * (9 * 1024 * 1024) + b"{}")
        elif fault == "drip":
            _send(handler, 200, b"{", length=100_000, close=True)
            _drip(handler, self._released)
        elif fault == "slow":
            _send(handler, 200, b'{"key":', length=1000, close=True)
            self._released.wait(20)


def _send(handler, status, body, *, kind="application/json", extra=None, length=None, close=False) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in (extra or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    try:
        handler.wfile.write(body)
        handler.wfile.flush()
    except OSError:  # the client has seen enough
        close = True
    handler.close_connection = close


def _drip(handler, released: threading.Event) -> None:
    """Send a little now and then, and never all of it."""
    for _ in range(400):
        if released.wait(0.05):
            return
        try:
            handler.wfile.write(b" ")
        except OSError:
            return


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = int(self.headers.get("Content-Length", "0"))
            web.body = json.loads(self.rfile.read(length))
            web.respond(self)

        def do_GET(self):
            web.respond(self)

        def log_message(self, *_):
            """Say nothing."""

    return Handler
