"""A bank that releases the sample service with counterseal: its repository, keys, store and runner.

Shared by the demonstration and the tests. Everything lies in one folder; the service, its changes and the
workflows are those of `examples/` and `workflows-examples/`, unaltered.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actevents import Run
from actharness import ROOT, Runner, Trigger
from gitrepo import commit_all, git

TRUST = ".github/counterseal-trust.json"
SIGNING_KEY, CHECKPOINT_KEY = "COUNTERSEAL_SIGNING_KEY", "COUNTERSEAL_CHECKPOINT_KEY"
_ROLES = {SIGNING_KEY: ("release", "record"), CHECKPOINT_KEY: ("checkpoint",)}


@dataclass(frozen=True)
class Answer:
    """What a command answered: its exit code, and the one object that it prints for programs."""

    exit_code: int
    document: Mapping[str, Any]
    stderr: str

    @property
    def reasons(self) -> list[Mapping[str, str]]:
        """The reasons for the outcome: rule, message and subject of each."""
        return list(self.document.get("reasons", []))

    def __str__(self) -> str:
        return f"exit code {self.exit_code}: {json.dumps(self.document)}\n{self.stderr}"


def entry_of(store: Path, sequence: int) -> Path:
    """Return the file of a release in a store that has one chain."""
    return next((store / "streams").glob(f"*/{sequence:012d}.jsonl"))


def read_entry(store: Path, sequence: int) -> list[dict[str, Any]]:
    """Return the predicates of a release's manifest and of its verification summary, without any check."""
    bundle, envelope = (json.loads(line) for line in entry_of(store, sequence).read_bytes().splitlines())
    payloads = (base64.b64decode(sealed["payload"]) for sealed in (bundle["dsseEnvelope"], envelope))
    return [json.loads(payload)["predicate"] for payload in payloads]


class SampleBank:
    """The bank.

    Args:
        home: an empty or missing folder for all of it.
        runner: where its workflows run.
    """

    def __init__(self, home: Path, runner: Runner) -> None:
        self.home = home
        self.runner = runner
        self.repository = home / "repository"
        self.store = home / "store"
        self.keys = home / "keys"
        self.secrets: dict[str, str] = {}

    @property
    def trust(self) -> Path:
        """The trust file, as it is committed."""
        return self.repository / TRUST

    def found(self) -> None:
        """Make keys, the trust file and a repository with the service and the example workflows."""
        service = ROOT / "examples" / "payments-service"
        rubbish = shutil.ignore_patterns("__pycache__", ".pytest_cache", "dist", "reports", "release")
        shutil.copytree(service, self.repository, ignore=rubbish)
        shutil.copytree(ROOT / "workflows-examples", self.repository / ".github" / "workflows")
        for name, roles in _ROLES.items():
            self.secrets[name] = self.make_key(name, roles, self.trust)
        commit_all(self.repository, "PAY-1: Payments 1.0.0")

    def make_key(self, name: str, roles: tuple[str, ...], trust: Path) -> str:
        """Make a key with the command line, put it into a trust file, and return its PEM."""
        self.keys.mkdir(exist_ok=True)
        private, public = self.keys / f"{name}.pem", self.keys / f"{name}.pub"
        self.must("keys", "generate", "--out", str(private), "--public", str(public))
        self.must("keys", "trust", "--trust", str(trust), "--key", str(public), "--role", *roles)
        return private.read_text()

    def change(self, patch: str, message: str, author: str) -> str:
        """Apply one of the example changes, commit it and return the commit."""
        git(self.repository, "apply", str(ROOT / "examples" / "changes" / patch))
        return commit_all(self.repository, message, author)

    def release(
        self, version: str, workflow: str = "release.yml", secrets: Mapping[str, str] | None = None
    ) -> Run:
        """Push a version's tag: run the release workflow and return what happened."""
        trigger = Trigger(
            ref=f"refs/tags/v{version}",
            secrets=self.secrets if secrets is None else secrets,
            variables={"COUNTERSEAL_STORE": f"dir:{self.store}"},
        )
        return self.runner.run(self.repository, workflow, trigger)

    def command(self, *words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Answer:
        """Run a command of counterseal, as a person does, and return what it answered.

        Args:
            words: the command.
            cwd: where; the bank's folder unless stated.
            env: what is in the environment beside what every person has.
        """
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", **(env or {})}
        command = [sys.executable, "-m", "counterseal", *words, "--format", "json"]
        done = subprocess.run(
            command, check=False, cwd=cwd or self.home, env=environment, capture_output=True, text=True
        )
        return Answer(done.returncode, json.loads(done.stdout or "{}"), done.stderr)

    def must(self, *words: str) -> Answer:
        """Run a command that has to pass.

        Raises:
            RuntimeError: it does not.
        """
        answer = self.command(*words)
        if answer.exit_code:
            raise RuntimeError(f"counterseal {' '.join(words)}: {answer}")
        return answer

    def manifest(self, sequence: int) -> dict[str, Any]:
        """Return what the manifest of a release says, without any check."""
        return read_entry(self.store, sequence)[0]

    def verdict(self, sequence: int) -> dict[str, Any]:
        """Return what the verification summary of a release says, without any check."""
        return read_entry(self.store, sequence)[1]

    def verify(self, store: Path | None = None, *words: str) -> Answer:
        """Verify the store, or a copy of it, with the trust file of the repository."""
        return self.command("verify", "--store", str(store or self.store), "--trust", str(self.trust), *words)
