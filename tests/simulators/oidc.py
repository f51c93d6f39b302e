"""A forge on loopback, with the token service of a job with `id-token: write` and the keys of its issuer.

As on a GHES, the issuer is the server itself: what it vouches for is about this forge, and no other.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEYS = "/_services/token/.well-known/jwks"
CLAIMS = {
    "sub": "repo:meridian-bank/payments:environment:production",
    "repository": "meridian-bank/payments",
    "repository_id": "700100",
    "run_id": "9001",
    "run_attempt": "1",
    "sha": "a" * 40,
    "job_workflow_ref": "meridian-bank/pipelines/.github/workflows/release.yml@refs/tags/v2",
    "runner_environment": "github-hosted",
    "jti": "only-once",
}


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Return a key, the same for the same name."""
    return rsa.generate_private_key(65537, 2048)


@dataclass
class TokenService:
    """The service; use it as a context manager.

    Args:
        claims: the claims of its tokens, beside what any token has; one that is callable is called for each.
        audience: the audience of its tokens whatever was asked for; by default the one asked for.
        answer: the whole answer instead of a token, as status and body.
        keys: the whole answer instead of the issuer's keys, as status and body.
        algorithm: that of the tokens.
        signs_with: the name of the key that signs; the issuer's is "own".
    """

    claims: dict[str, Any] = field(default_factory=lambda: dict(CLAIMS))
    audience: str | None = None
    answer: tuple[int, bytes] | None = None
    keys: tuple[int, bytes] | None = None
    algorithm: str = "RS256"
    signs_with: str = "own"
    secret: str = "the-request-token"
    asked: list[dict[str, str]] = field(default_factory=list)
    token: str = ""

    def __enter__(self) -> Self:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply(*(service.published() if self.path == KEYS else self.token()))

            def token(self) -> tuple[int, bytes]:
                query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
                service.asked.append({**query, "authorization": self.headers.get("Authorization", "")})
                return service.answer or service.issue(query.get("audience", ""))

            def reply(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if status // 100 == 3:
                    self.send_header("Location", body.decode())
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

    @property
    def url(self) -> str:
        """The address of the forge."""
        host, port = self._server.server_address[:2]
        return f"http://{host}:{port}"

    def issue(self, audience: str) -> tuple[int, bytes]:
        """Return the answer to somebody who asks for a token."""
        own = {name: value() if callable(value) else value for name, value in self.claims.items()}
        now = int(time.time())
        always = {"iss": f"{self.url}/_services/token", "aud": self.audience or audience, "exp": now + 300}
        claims = {name: value for name, value in {**always, **own}.items() if value != "absent"}
        keys = {"RS256": rsa_key(self.signs_with), "HS256": b"k" * 32, "none": None}
        key = keys[self.algorithm]
        self.token = jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "own"})
        return 200, json.dumps({"value": self.token}).encode()

    def published(self) -> tuple[int, bytes]:
        """Return the answer to somebody who asks for the keys of the issuer."""
        key = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key("own").public_key(), as_dict=True)
        return self.keys or (200, json.dumps({"keys": [{**key, "kid": "own", "use": "sig"}]}).encode())

    def env(self) -> dict[str, str]:
        """Return what the runner of this forge sets for a job that may ask."""
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_SERVER_URL": self.url,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.secret,
        }
