"""A second opinion: pip-audit, in its strict mode, against the same advisories.

pip-audit asks an OSV service by its address. Where there is only a database, it is served on this machine for
as long as pip-audit runs. It has no severities, so it judges nothing: what it alone finds is told, and keeps
the outcome open.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import msgspec

from counterseal.checks.sca.sources import RULE
from counterseal.clients.advisory_db import AdvisoryDatabase
from counterseal.host.text import one_line
from counterseal.policy.advisory import Advisory, Incomparable, match
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding, inconclusive
from counterseal.policy.problem import Problem

_SECONDS: Final = 300
_QUERY: Final = "/v1/query"


def second_opinion(
    components: Sequence[Component], problems: Sequence[Problem], address: str
) -> Iterator[Finding]:
    """Yield where pip-audit finds what we do not, or cannot tell.

    Args:
        components: the components; only Python's are asked about.
        problems: what we found.
        address: the OSV service that it asks, before `/v1`.
    """
    python = [one for one in components if one.ecosystem == "PyPI" and not one.own]
    if not python:
        return
    told = _ask(python, address)
    if isinstance(told, str):
        yield inconclusive(RULE, f"pip-audit cannot tell: {one_line(told, limit=500)}", subject="pip-audit")
        return
    ours = {(one.subject.rpartition("/")[2], name) for one in problems for name in one.ids}
    for name, version, ids in told:
        if not any((name, one) in ours for one in ids):
            message = f"pip-audit says that {name} {version} has {', '.join(ids[:5])}, and nobody else does"
            yield inconclusive(
                RULE, one_line(message, limit=500), subject=f"pkg:pypi/{name}@{version}"[:1000]
            )


def _ask(components: Sequence[Component], address: str) -> list[tuple[str, str, list[str]]] | str:
    """Return what pip-audit finds (name, version, ids), or why it cannot tell."""
    with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
        wanted, out = Path(folder, "requirements.txt"), Path(folder, "audit.json")
        wanted.write_text("".join(f"{one.name}=={one.version}\n" for one in components))
        command = [
            *(sys.executable, "-c", _START, json.dumps(sys.path)),
            *("--requirement", str(wanted), "--no-deps", "--disable-pip", "--strict"),
            *("--vulnerability-service", "osv", "--osv-url", address + _QUERY, "--aliases", "on"),
            *("--format", "json", "--output", str(out), "--progress-spinner", "off"),
            *("--cache-dir", str(Path(folder, "cache"))),
        ]
        env = {"PATH": "/usr/bin:/bin", "HOME": folder, "NO_PROXY": "127.0.0.1", "LANG": "C.UTF-8"}
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter, and no shell
                command, check=False, cwd=folder, env=env, capture_output=True, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"it took longer than {_SECONDS} seconds"
        if done.returncode not in (0, 1) or not out.is_file():
            return done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it wrote nothing"
        return _read(out.read_bytes(), components)


_START: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); from pip_audit._cli import audit; audit()"
)


def _read(data: bytes, components: Sequence[Component]) -> list[tuple[str, str, list[str]]] | str:
    try:
        listed: Any = json.loads(data)["dependencies"]
        skipped = [one["name"] for one in listed if "skip_reason" in one]
        if skipped or {one["name"] for one in listed} != {one.name for one in components}:
            return f"it left out {', '.join(skipped[:5]) or 'some packages'}"
        return [
            (
                one["name"],
                one["version"],
                [name for vuln in [found] for name in (vuln["id"], *vuln["aliases"])],
            )
            for one in listed
            for found in one["vulns"]
        ]
    except (ValueError, KeyError, TypeError) as cause:
        return f"its answer cannot be read: {cause!r}"


@contextmanager
def served(database: AdvisoryDatabase) -> Iterator[str]:
    """Serve a database as an OSV service on this machine, and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        """Answers as an OSV service does."""

        def do_POST(self) -> None:
            """Answer which advisories a package has."""
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            data = msgspec.json.encode({"vulns": list(_affecting(body, database))})
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _affecting(body: Any, database: AdvisoryDatabase) -> Iterator[Advisory]:
    package = body["package"]
    asked = Component(
        purl="pkg:pypi/x@0", ecosystem=package["ecosystem"], name=package["name"], version=body["version"]
    )
    for advisory in database.about(asked.ecosystem, asked.name):
        try:
            if match(advisory, asked):
                yield advisory
        except Incomparable:
            yield advisory
