"""A team's workspace: a repository with something built in it, a signing key, a trust file, and the CLI."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from counterseal import cli
from counterseal.commands import _forge
from counterseal.seal.keygen import generate_key
from counterseal.seal.signer import open_signer
from counterseal.seal.trust import EMPTY, TrustedKey, add_key
from simulators.changes import CARL, commit, pull
from simulators.fake_forge import FakeForge
from unit.commands.pipeline import BEGUN, LATER, Pipeline

JUNIT = '<testsuites><testsuite tests="2"><testcase name="a"/><testcase name="b"/></testsuite></testsuites>'


@dataclass
class Outcome:
    """What one command came to."""

    code: int
    result: dict[str, Any]
    errors: str

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs that the command announced."""
        return self.result["outputs"]

    @property
    def rules(self) -> list[str]:
        """The rules of the reasons."""
        return [reason["rule"] for reason in self.result["reasons"]]


@dataclass
class Workspace:
    """The workspace and everything beside it."""

    repository: Any
    home: Path
    capture: Any

    @property
    def root(self) -> Path:
        """The checkout."""
        return self.repository.root

    @property
    def store(self) -> Path:
        """The evidence store."""
        return self.home / "store"

    @property
    def trust(self) -> Path:
        """The trust file."""
        return self.home / "trust.json"

    @property
    def key(self) -> str:
        """The address of the signing key."""
        return f"file:{self.home / 'release.pem'}"

    def run(self, command: str, **inputs: str | list[str]) -> Outcome:
        """Run a command of the command line in the checkout."""
        words = command.split()
        for name, value in inputs.items():
            for one in [value] if isinstance(value, str) else value:
                words += [f"--{name.replace('_', '-')}", one]
        self.capture.readouterr()
        code = cli.main([*words, "--format", "json"])
        seen = self.capture.readouterr()
        return Outcome(code, json.loads(seen.out), seen.err)

    def record(self, name: str = "unit-tests", report: str = JUNIT) -> Outcome:
        """Record a JUnit report."""
        (self.root / f"{name}.xml").write_text(report)
        return self.run("record", name=name, files=f"{name}.xml", read_as="junit")

    def sign(self) -> Outcome:
        """Sign what was built."""
        return self.run("sign", artifacts="dist/*", key=self.key)

    def upload(self, **more: str | list[str]) -> Outcome:
        """Seal and store the evidence."""
        given = {"store": str(self.store), "key": self.key, "trust": str(self.trust)}
        return self.run("evidence-upload", **{**given, "environment": "production", **more})

    def verify(self, **more: str | list[str]) -> Outcome:
        """Verify the store."""
        return self.run("verify", trust=str(self.trust), **{"store": str(self.store), **more})

    def release(self, message: str) -> Outcome:
        """Make a whole release of one more commit."""
        self.repository.commit(message)
        self.forget()
        assert self.record().code == 0
        assert self.sign().code == 0
        return self.upload()

    def forget(self) -> None:
        """Begin a new run: the case file of the last one is gone."""
        import shutil

        shutil.rmtree(self.root / "counterseal-evidence", ignore_errors=True)


def new_key(path: Path, *roles: str) -> TrustedKey:
    """Write a new private key and return its entry for a trust file."""
    path.write_bytes(generate_key())
    path.chmod(0o600)
    public = open_signer(f"file:{path}", env={}).public_key
    return TrustedKey(
        keyid=public.keyid, public_key=public.pem, roles=roles, valid_from=datetime(2026, 1, 1, tzinfo=UTC)
    )


@pytest.fixture
def workspace(repository, tmp_path, monkeypatch, capsys) -> Workspace:
    """A workspace with an artifact in `dist/` and an empty store."""
    home = tmp_path / "home"
    home.mkdir()
    made = Workspace(repository, home, capsys)
    trust = add_key(
        EMPTY, new_key(home / "release.pem", "release", "record", "checkpoint", "hold", "incident")
    )
    made.trust.write_bytes(trust.encode())
    (made.root / "dist").mkdir()
    (made.root / "dist" / "payments-1.0.0.whl").write_bytes(b"wheel")
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def pipeline(workspace, monkeypatch):
    """A pipeline that has built and signed a merged change, and has asked nobody."""
    forge = FakeForge(clock=BEGUN)
    made = Pipeline(workspace, forge, monkeypatch)
    forge.add_pull(pull(commit(), pr_state="merged", pr_merge_commit=made.commit, pr_merger=CARL))
    monkeypatch.setattr(_forge, "open_forge", lambda *_: forge)
    made.in_run(100)
    assert workspace.record().code == 0
    assert workspace.sign().code == 0
    return made


@pytest.fixture
def asked(pipeline):
    """A pipeline that has asked, an hour ago."""
    assert pipeline.ask().code == 0
    pipeline.forge.clock = LATER
    return pipeline
