"""A small firm's evidence, all of it valid, made with the real command line; and ways to run that on it."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import counterseal
from counterseal import cli
from counterseal.host.faults import diagnose
from counterseal.seal.keygen import generate_key
from counterseal.seal.sealer import Sealer
from counterseal.seal.signer import open_signer
from counterseal.seal.trust import EMPTY, TrustedKey, add_key

JUNIT = b"""<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="0">
  <testsuite name="payments" tests="3" failures="0" errors="0" skipped="1" time="0.5">
    <testcase classname="test_api" name="test_refund" time="0.1"/>
    <testcase classname="test_api" name="test_charge"><system-out>ok &amp; fast</system-out></testcase>
    <testcase classname="test_ledger" name="test_later"><skipped message="not yet"/></testcase>
  </testsuite>
</testsuites>
"""

POLICY = b"""version: 1
evidence:
  expect:
    - record:unit-tests
    - sign
  retention:
    days: 2555
"""

EVENT = json.dumps(
    {
        "action": "opened",
        "sender": {"id": 7, "login": "ann"},
        "repository": {"id": 11, "full_name": "acme/payments"},
        "pull_request": {"number": 3, "title": "Add refunds", "labels": [{"name": "a"}]},
    }
).encode()

_SOURCE = {b"PYTHONPATH": os.fsencode(Path(counterseal.__file__).parents[1])}
SUBPROCESS_MEMORY = 512 * 1024 * 1024
SUBPROCESS_SECONDS = 60


@dataclass(frozen=True)
class Call:
    """One run of counterseal: words of the command line, or the name of an action and its environment."""

    words: Sequence[str] = ()
    action: str = ""
    env: Mapping[str, bytes] = field(default_factory=dict)

    def as_text(self) -> Call:
        """Return the same run, with its result for people."""
        words = [word for word in self.words if word not in {"--format", "json"}]
        return Call(words, self.action, self.env)


@dataclass(frozen=True)
class Said:
    """What a run came to."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class World:
    """The firm.

    Attributes:
        home: the folder around everything.
        sealer: seals with the key that the trust file believes.
    """

    home: Path
    sealer: Sealer

    @property
    def checkout(self) -> Path:
        """The repository, in which every command runs."""
        return self.home / "checkout"

    @property
    def store(self) -> Path:
        """The store of two releases."""
        return self.home / "store"

    @property
    def trust(self) -> Path:
        """The trust file."""
        return self.home / "trust.json"

    @property
    def key(self) -> str:
        """The address of the signing key."""
        return f"file:{self.home / 'release.pem'}"

    @property
    def case(self) -> Path:
        """A case file that is ready to be uploaded."""
        return self.home / "case"

    def run(self, call: Call) -> Said:
        """Run counterseal in this process, with its streams caught."""
        out, err = io.StringIO(), io.StringIO()
        with _environment(call.env), redirect_stdout(out), redirect_stderr(err):
            code = cli.run_action(call.action) if call.action else cli.main(call.words)
        return Said(code, out.getvalue(), err.getvalue())

    def spawn(self, call: Call) -> Said:
        """Run counterseal in a process of its own, with bounded memory and time."""
        program = "import sys; from counterseal import cli; sys.exit(cli.{})"
        main = f"run_action({call.action!r})" if call.action else "main()"
        done = subprocess.run(
            [sys.executable, "-c", program.format(main), *call.words],
            cwd=self.checkout,
            env={**os.environb, **_SOURCE, **{name.encode(): value for name, value in call.env.items()}},
            capture_output=True,
            check=False,
            timeout=SUBPROCESS_SECONDS,
            preexec_fn=_bound_memory,
        )
        return Said(
            done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        )

    def upload(self, store: Path, case: Path, *more: str) -> Call:
        """Return the call that seals and stores a case file."""
        words = ["evidence-upload", "--store", str(store), "--key", self.key, "--trust", str(self.trust)]
        words += ["--environment", "production", "--evidence-dir", str(case), *more, "--format", "json"]
        return Call(words)

    def verify(self, *what: str, trust: Path | None = None) -> Call:
        """Return the call that verifies something."""
        return Call(["verify", "--trust", str(trust or self.trust), *what, "--format", "json"])


def build(home: Path) -> World:
    """Make the firm, and let it release twice. The process must not have left `home / "checkout"`."""
    (home / "release.pem").write_bytes(generate_key())
    (home / "release.pem").chmod(0o600)
    signer = open_signer(f"file:{home / 'release.pem'}", env={})
    key = TrustedKey(
        keyid=signer.public_key.keyid,
        public_key=signer.public_key.pem,
        roles=("release", "record", "checkpoint"),
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        comment="the release key",
    )
    (home / "trust.json").write_bytes(add_key(EMPTY, key).encode())
    world = World(home, Sealer(signer))
    checkout = world.checkout
    (checkout / "junit.xml").write_bytes(JUNIT)
    (checkout / "policy.yml").write_bytes(POLICY)
    (checkout / "dist").mkdir()
    (checkout / "dist" / "payments-1.0.0.whl").write_bytes(b"whl")
    for number in (1, 2):
        shutil.rmtree(world.case, ignore_errors=True)
        _git(checkout, "commit", "--quiet", "--allow-empty", "--message", f"Change {number}")
        case = ["--evidence-dir", str(world.case)]
        done(world, ["record", "--name", "unit-tests", "--files", "junit.xml", "--read-as", "junit", *case])
        done(world, ["sign", "--artifacts", "dist/*", "--key", world.key, *case])
        done(world, world.upload(world.store, world.case, "--out", str(home / "out")).words)
    return world


def initialise(checkout: Path) -> None:
    """Make an empty repository."""
    checkout.mkdir()
    _git(checkout, "init", "--quiet", "--initial-branch=main")


def done(world: World, words: Sequence[str]) -> None:
    """Run a command that must pass."""
    said = world.run(Call(words))
    assert said.code == 0, said


def read_event(path: Path) -> Said:
    """Read an event file as commands do, with what the command line makes of its errors."""
    from counterseal.host.event import read_event as read

    return reading(lambda: read({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(path)}))


def reading(read: Callable[[], object]) -> Said:
    """Read something, with what the command line makes of its errors."""
    try:
        read()
    except Exception as error:  # noqa: BLE001 - as the command line does it
        fault = diagnose(error)
        return Said(fault.exit_code, "", fault.diagnosis())
    return Said(0, "", "")


def _git(checkout: Path, *words: str) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(checkout), *who, *words], check=True, capture_output=True)


@contextmanager
def _environment(extra: Mapping[str, bytes]) -> Iterator[None]:
    for name, value in extra.items():
        os.environb[name.encode()] = value
    try:
        yield
    finally:
        for name in extra:
            del os.environb[name.encode()]


def _bound_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (SUBPROCESS_MEMORY, SUBPROCESS_MEMORY))
