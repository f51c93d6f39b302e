"""Runs real workflows on this machine, offline, through act.

The suite's actions come from the working tree: every `uses: counterseal/counterseal/...@<sha>` is mapped to a
copy of it, so that the very `action.yml` files that users name are run. What act leaves empty (identities) is
filled in here; what it cannot do as the hosted runner does (permissions, limits, masking) is tested apart.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actevents import Run, read_events
from gitrepo import git

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
SUITE = "counterseal/counterseal"

_USES = re.compile(r"uses:\s*([\w.-]+/[\w.-]+)((?:/[\w.-]+)*)@([\w.-]+)")
_LABELS = ("ubuntu-latest", "ubuntu-24.04", "self-hosted")
_GRACE = 5  # seconds in which act may end a run that takes too long
_STUB = """\
name: stand-in
description: Does nothing; what the real action would set up is on this machine already.
runs: {using: composite, steps: [{shell: bash, run: "true"}]}
"""


class HarnessError(Exception):
    """Act could not be run to its end, so nothing is known about the workflow."""


@dataclass(frozen=True)
class Forge:
    """What the hosted service says about the repository and the person, and act leaves empty."""

    repository: str = "meridian-bank/payments"
    repository_id: int = 700100
    owner_id: int = 700001
    actor: str = "rita-release"
    actor_id: int = 41001
    runner_environment: str = "self-hosted"

    def environment(self, workflow: str, ref: str, commit: str, run_id: int) -> dict[str, str]:
        """Return the variables of one run of the workflow file `workflow`."""
        kind, _, name = ref.removeprefix("refs/").partition("/")
        return {
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_REPOSITORY_ID": str(self.repository_id),
            "GITHUB_REPOSITORY_OWNER": self.repository.partition("/")[0],
            "GITHUB_REPOSITORY_OWNER_ID": str(self.owner_id),
            "GITHUB_ACTOR": self.actor,
            "GITHUB_ACTOR_ID": str(self.actor_id),
            "GITHUB_TRIGGERING_ACTOR": self.actor,
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": name,
            "GITHUB_REF_TYPE": "tag" if kind == "tags" else "branch",
            "GITHUB_RUN_ID": str(run_id),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_WORKFLOW_REF": f"{self.repository}/.github/workflows/{workflow}@{ref}",
            "GITHUB_WORKFLOW_SHA": commit,
            "GITHUB_SERVER_URL": "https://github.com",
            "RUNNER_ENVIRONMENT": self.runner_environment,
            "RUNNER_NAME": "release-1",
        }


@dataclass(frozen=True)
class Trigger:
    """Why a workflow runs: the event, the ref, the event's payload, and what the owner has set."""

    event: str = "push"
    ref: str = "refs/heads/main"
    payload: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Runner:
    """A machine on which workflows run.

    Args:
        home: a folder for everything that a run needs and leaves behind.
        forge: what the hosted service says.
        actions: folders with stand-ins for other people's actions, by `owner/name`; the rest do nothing.
        timeout: how long one run may take, in seconds.
    """

    home: Path
    forge: Forge = field(default_factory=Forge)
    actions: Mapping[str, Path] = field(default_factory=dict)
    timeout: float = 120
    runs: int = 0

    def __post_init__(self) -> None:
        self.suite = snapshot(self.home / "suite")
        self.stub = self.home / "stub"
        self.stub.mkdir()
        (self.stub / "action.yml").write_text(_STUB)
        self.base = packages()

    def run(self, repository: Path, workflow: str, trigger: Trigger | None = None) -> Run:
        """Run one workflow file of a git repository, in which nothing is changed, and return what happened.

        Raises:
            HarnessError: act did not finish in time, or no job ran at all.
        """
        trigger = trigger or Trigger()
        self.runs += 1
        place = self.home / f"run-{self.runs}"
        place.mkdir()
        (place / "event.json").write_text(json.dumps({"ref": trigger.ref, **trigger.payload}))
        try:
            command = self._command(repository, workflow, trigger, place)
            exit_code, out, err = _execute(
                command, repository, self._environment(place, trigger), self.timeout
            )
        finally:
            shutil.rmtree(place, ignore_errors=True)
        run = read_events(exit_code, out)
        if not run.jobs:
            raise HarnessError(f"no job ran:\n{out[-4000:]}\n{err[-4000:]}")
        return run

    def _command(self, repository: Path, workflow: str, trigger: Trigger, place: Path) -> list[str]:
        file = repository / ".github" / "workflows" / workflow
        commit = git(repository, "rev-parse", "HEAD")
        identity = self.forge.environment(workflow, trigger.ref, commit, run_id=9000 + self.runs)
        return [
            *(str(TOOLS / "act"), trigger.event, "--json", "--pull=false", "--no-cache-server"),
            *(f"--workflows={file}", f"--eventpath={place / 'event.json'}", f"--actor={self.forge.actor}"),
            *(f"--platform={label}=-self-hosted" for label in _LABELS),
            *(f"--{kind}-file={os.devnull}" for kind in ("env", "secret", "var", "input")),
            *self._mappings(file),
            *(f"--env={name}={value}" for name, value in {**identity, **self.base, **trigger.env}.items()),
            *(f"--var={name}={value}" for name, value in trigger.variables.items()),
            *(f"--secret={name}" for name in trigger.secrets),  # the values come from the environment
        ]

    def _environment(self, place: Path, trigger: Trigger) -> dict[str, str]:
        """Return what act itself sees: of this machine nothing but the tools."""
        return {
            "PATH": os.pathsep.join((str(TOOLS), "/usr/local/bin", "/usr/bin", "/bin")),
            "HOME": str(place),
            "XDG_CACHE_HOME": str(place / "cache"),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            **trigger.secrets,
        }

    def _mappings(self, workflow: Path) -> Iterator[str]:
        """Return where each action is found on this machine; act itself stands in for a plain checkout."""
        texts = (path.read_text() for path in (workflow, *self.suite.rglob("action.yml")))
        named = {(name, ref) for text in texts for name, _, ref in _USES.findall(text)}
        for name, ref in sorted(named):
            folder = self.suite if name == SUITE else self.actions.get(name, self.stub)
            if name != "actions/checkout" or name in self.actions:
                yield f"--local-repository={name}@{ref}={folder}"


def packages() -> dict[str, str]:
    """Return the settings with which everything installs itself without a network, from a folder of wheels.

    The suite's installer uses no cache, so the wheels of the tiers are fetched once, by hash, and kept.

    Raises:
        HarnessError: they are neither there nor can be fetched.
    """
    locks = [ROOT / "locks" / f"{tier}.txt" for tier in ("core", "code", "rego", "report")]
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pinned = b"".join(lock.read_bytes() for lock in locks)
    version = "-".join((hashlib.sha256(pinned).hexdigest()[:16], sys.implementation.cache_tag or ""))
    wheels = base / "counterseal-wheels" / version
    if not wheels.is_dir():
        _fetch_wheels(locks, wheels)
    links = {f"{tool}_{name}": value for tool in ("UV", "PIP") for name, value in _from(wheels).items()}
    return {**links, "UV_OFFLINE": "1", "NO_COLOR": "1"}


def _from(wheels: Path) -> dict[str, str]:
    """Return the settings that pip and uv share for a folder of wheels."""
    return {"FIND_LINKS": str(wheels), "NO_INDEX": "1"}


def _fetch_wheels(locks: list[Path], wheels: Path) -> None:
    """Fetch what locks name into a folder that appears only when it is complete."""
    wheels.parent.mkdir(parents=True, exist_ok=True)
    pinned = (f"--requirement={lock}" for lock in locks)
    settings = ("--require-hashes", "--no-deps", "--only-binary=:all:", *pinned)
    with tempfile.TemporaryDirectory(dir=wheels.parent, ignore_cleanup_errors=True) as work:
        new = Path(work, "wheels")
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", *settings, f"--dest={new}"]
        done = subprocess.run(fetch, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise HarnessError(f"the libraries of the suite cannot be had: {done.stderr}")
        with suppress(OSError):  # somebody else was faster
            new.rename(wheels)


def snapshot(target: Path) -> Path:
    """Copy what a runner unpacks of the suite, as it is in the working tree, and return the copy."""
    for name in ("actions", "bin", "src", "locks"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "action.yml", target)
    return target


def _execute(command: list[str], cwd: Path, env: Mapping[str, str], timeout: float) -> tuple[int, str, str]:
    """Run act; a run that takes too long is cancelled, with the steps that act has started."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as cause:
        out = _cancel(process)
        raise HarnessError(f"the workflow did not finish in {timeout:g} s:\n{out[-4000:]}") from cause
    return process.returncode, out, err


def _cancel(process: subprocess.Popen[str]) -> str:
    """End act, which ends its steps when it is asked to, and return what it had printed."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.communicate(timeout=_GRACE)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0]
