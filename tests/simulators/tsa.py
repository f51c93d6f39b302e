"""A real RFC 3161 timestamp authority on loopback: `openssl ts -reply` behind an HTTP server."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {directory}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""

_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Identity:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(repr=False)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


def issue(
    name: str,
    issuer: Identity | None = None,
    *,
    authority: bool = False,
    stamping: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    rsa_key: bool = False,
) -> Identity:
    """Issue a certificate: a root without `issuer`, an intermediate with `authority`, else a leaf."""
    key = rsa.generate_private_key(65537, 2048) if rsa_key else ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since or now - _YEAR)
        .not_valid_after(until or now + _YEAR)
        .add_extension(x509.BasicConstraints(ca=authority or issuer is None, path_length=None), critical=True)
    )
    if stamping:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return Identity(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@dataclass
class Stamper:
    """What stamps: a leaf, and the certificates that its replies carry besides."""

    directory: Path
    leaf: Identity
    chain: tuple[Identity, ...] = ()

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "serial").write_text("01\n")
        (self.directory / "tsa.cnf").write_text(_CONFIG.format(directory=self.directory))
        (self.directory / "leaf.pem").write_text(self.leaf.pem)
        (self.directory / "chain.pem").write_text("".join(one.pem for one in self.chain))
        (self.directory / "leaf.key").write_bytes(
            self.leaf.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def reply(self, query: bytes) -> bytes:
        """Return the DER TimeStampResp that openssl gives to a DER TimeStampReq."""
        (self.directory / "query.tsq").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq"]
        command += ["-signer", "leaf.pem", "-inkey", "leaf.key", "-out", "reply.tsr"]
        command += ["-chain", "chain.pem"] if self.chain else []
        subprocess.run(command, cwd=self.directory, check=True, capture_output=True)
        return (self.directory / "reply.tsr").read_bytes()


@dataclass
class TimestampServer:
    """The authority's HTTP side. `status`, `content_type` and `body` replace what it would answer.

    Use as a context manager; `url` is where it listens and `queries` what it was asked.
    """

    stamper: Stamper
    status: int = 200
    content_type: str = "application/timestamp-reply"
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    queries: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/stamp"


def authority(directory: Path, *, embedded: bool = False) -> tuple[Stamper, Identity]:
    """Return a stamper directly under a fresh root, and the root; `embedded` puts the root in replies."""
    root = issue("Test root")
    leaf = issue("Test stamper", root, stamping=True)
    return Stamper(directory, leaf, (root,) if embedded else ()), root


def _handler(server: TimestampServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            server.queries.append(query)
            body = server.stamper.reply(query) if server.body is None else server.body
            self.send_response(server.status)
            self.send_header("Content-Type", server.content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in server.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            server.queries.append(b"GET")
            self.send_error(405)

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    return Handler
