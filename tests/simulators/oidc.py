"""The token service of a job with `id-token: write`, on loopback: unsigned tokens for any audience."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

CLAIMS = {
    "iss": "https://token.actions.githubusercontent.com",
    "sub": "repo:meridian-bank/payments:environment:production",
    "repository": "meridian-bank/payments",
    "repository_id": "700100",
    "run_id": "9001",
    "run_attempt": "1",
    "job_workflow_ref": "meridian-bank/pipelines/.github/workflows/release.yml@refs/tags/v2",
    "runner_environment": "github-hosted",
    "jti": "only-once",
}


@dataclass
class TokenService:
    """The service; use it as a context manager.

    Args:
        claims: the claims of its tokens, beside the audience.
        audience: the audience of its tokens whatever was asked for; by default the one asked for.
        answer: the whole answer instead of a token, as status and body.
    """

    claims: dict[str, Any] = field(default_factory=lambda: dict(CLAIMS))
    audience: str | None = None
    answer: tuple[int, bytes] | None = None
    secret: str = "the-request-token"
    asked: list[dict[str, str]] = field(default_factory=list)
    token: str = ""

    def __enter__(self) -> Self:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
                service.asked.append({**query, "authorization": self.headers.get("Authorization", "")})
                status, body = service.answer or service.issue(query.get("audience", ""))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def issue(self, audience: str) -> tuple[int, bytes]:
        """Return the answer to somebody who asks for a token."""
        claims = {**self.claims, "aud": self.audience or audience}
        self.token = ".".join([_part({"alg": "none"}), _part(claims), "c2lnbmF0dXJl"])
        return 200, json.dumps({"value": self.token}).encode()

    def env(self) -> dict[str, str]:
        """Return what the runner sets for a job that may ask."""
        host, port = self._server.server_address[:2]
        return {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://{host}:{port}/token?api-version=2",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.secret,
        }


def _part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
